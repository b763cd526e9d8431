"""What every model of the zoo needs and no paper describes: players with an optimizer each, a
configuration that tells the truth, and a file that training goes on from. The training steps stand
in the variants; what surrounds one is in `step.py`.
"""

import inspect

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo import backend
from tfgan_zoo.step import Step

# Before a network is built: layers take Keras' settings when they are made.
backend.settle()


class Trained(keras.Model):
    """A model with one player or several: parts that learn, each with an optimizer of its own.

    A variant builds its sub-models in `__init__`, names its players in `players`, is compiled with
    `compile(generator=optimizer, ...)` by these names, and writes `train_step` in this shape::

        real = self.fields(data, "images")
        step = self.begin_step()
        with tf.GradientTape(persistent=True) as tape:
            ...
        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)

    A model that learns in stages has a method of this kind for each; see `take_steps_by`.

    Args:
        seed: of the noise that `Step.seed` hands out.
    """

    # A player is a sub-model of that name, unless `trained_layers` says otherwise.
    players = ("generator", "discriminator")
    # What the card cites: strings `title`, `authors`, `arxiv` (None of a paper that is not there),
    # and `code`, the address of the authors' or None. A model that is exported must say it.
    paper = {}

    def __new__(cls, *args, **kwargs):
        model = super().__new__(cls)
        signature = inspect.signature(cls.__init__)
        try:
            bound = signature.bind(model, *args, **kwargs)
        except TypeError:  # __init__ is about to say so itself
            return model
        bound.apply_defaults()
        _, *arguments = bound.arguments.items()
        # Past Keras, which would take nets among the arguments for sub-models.
        object.__setattr__(model, "arguments", dict(arguments))
        return model

    def __init_subclass__(cls, **kwargs):
        super().__init_subclass__(**kwargs)
        keras.saving.register_keras_serializable("tfgan_zoo")(cls)

    def __init__(self, seed=0, name=None):
        super().__init__(name=name)
        self.noise_seed = seed
        self.optimizers = {}
        self.trackers = {}
        self.step = self._counter("step")
        self.skipped = self._counter("skipped")
        self.skipped_in_a_row = self._counter("skipped_in_a_row")
        # The sub-models exist when a variant's __init__ returns; `fit` need not call the model to
        # build it.
        self.built = True

    @staticmethod
    def _counter(name):
        once = tf.VariableAggregation.ONLY_FIRST_REPLICA
        return tf.Variable(0, trainable=False, dtype=tf.int64, aggregation=once, name=name)

    def trained_layers(self, player):
        """The layers whose weights the optimizer of `player` moves."""
        return [getattr(self, player)]

    def trained_variables(self, player):
        """The variables that the optimizer of `player` moves."""
        return [v for layer in self.trained_layers(player) for v in layer.trainable_variables]

    def updates_in(self, player, steps):
        """How many updates `player` gets in `steps` training steps: what its schedules count."""
        return steps

    def compile(
        self,
        optimizer=None,
        *,
        jit_compile=False,
        steps_per_execution=1,
        run_eagerly=False,
        **optimizers,
    ):
        """Gives each player its optimizer, by the player's name, and builds the optimizer's state.

        Under the policy `mixed_float16` each optimizer gets dynamic loss scaling of its own.

        Args:
            optimizer: of the only player, where there is one.
            jit_compile, steps_per_execution, run_eagerly: as in `keras.Model.compile`.
            optimizers: player -> Keras optimizer, or the name of one.

        Raises:
            ValueError: if a name is not a player of this variant, or for a setting that TensorFlow
                cannot run on several replicas.
        """
        if self.distribute_strategy.num_replicas_in_sync > 1 and (
            jit_compile or steps_per_execution > 1
        ):
            raise ValueError(
                "jit_compile and steps_per_execution work on one device only; leave them off under "
                "a strategy with several."
            )
        if optimizer is not None:
            if len(self.players) > 1:
                raise ValueError(
                    f"{type(self).__name__} has {len(self.players)} players, each with an "
                    f"optimizer of its own: call {self._compile_call()}."
                )
            optimizers = {self.players[0]: optimizer, **optimizers}
        unknown = [name for name in optimizers if name not in self.players]
        if unknown:
            raise ValueError(
                f"{type(self).__name__} has no player '{unknown[0]}' to optimise, and its losses "
                f"are its paper's: call {self._compile_call()}."
            )
        super().compile(
            optimizer=None,
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
            run_eagerly=run_eagerly,
        )
        scaled = keras.mixed_precision.dtype_policy().name == "mixed_float16"
        for player, given in optimizers.items():
            own = keras.optimizers.get(given)
            if scaled and not isinstance(own, keras.optimizers.LossScaleOptimizer):
                own = keras.optimizers.LossScaleOptimizer(own)
            own.build(self.trained_variables(player))
            self.optimizers[player] = own

    def _compile_call(self):
        return f"compile({', '.join(f'{player}=...' for player in self.players)})"

    def make_train_function(self, force=False):
        missing = [player for player in self.players if player not in self.optimizers]
        if missing:
            raise ValueError(
                f"{type(self).__name__}'s {' and '.join(missing)} got no optimizer: call "
                f"{self._compile_call()}."
            )
        return super().make_train_function(force)

    def take_steps_by(self, method):
        """Lets `fit` take its steps by the method of this name from now on."""
        # Past Keras: the method is this model's own, and no part of it.
        object.__setattr__(self, "train_step", getattr(type(self), method).__get__(self))
        self.train_function = None

    @staticmethod
    def fields(data, *names):
        """Entries of a batch: of a dict by name, of a tuple or list in order, of a bare tensor the
        only one.

        Returns:
            For one name a tensor, for several a list. Numbers that are not integers are float32.

        Raises:
            ValueError: if an entry is not there, or holds the bytes of pictures.
        """
        if isinstance(data, dict):
            missing = [name for name in names if name not in data]
            if missing:
                raise ValueError(
                    f"A batch must hold {_listed(names)}, and this one holds {_listed(data)}."
                )
            values = [data[name] for name in names]
        else:
            values = list(data) if isinstance(data, tuple | list) else [data]
            if len(values) < len(names):
                raise ValueError(
                    f"A batch must hold {_listed(names)}: give a dict with these names, or a tuple "
                    "in this order."
                )
            values = values[: len(names)]
        values = [tf.convert_to_tensor(value) for value in values]
        for name, value in zip(names, values, strict=True):
            if value.dtype == tf.uint8:
                raise ValueError(
                    f"The batch's '{name}' are bytes, and models take float32 in [-1, 1]: map the "
                    "data set with `tf.cast(pixels, tf.float32) / 127.5 - 1`."
                )
        values = [tf.cast(v, tf.float32) if v.dtype.is_floating else v for v in values]
        return values[0] if len(names) == 1 else values

    def begin_step(self):
        """Call first in `train_step`: remembers what a step that is not finite must leave as it
        was.
        """
        return Step(self)

    def get_config(self):
        """The arguments that `__init__` got, defaults included; nets among them in Keras' form, and
        arrays as lists.
        """
        return {name: _serialised(value) for name, value in self.arguments.items()}

    @classmethod
    def from_config(cls, config):
        return cls(**{name: keras.saving.deserialize_keras_object(v) for name, v in config.items()})

    def get_compile_config(self):
        if not self.compiled:
            return {}
        serialize = keras.saving.serialize_keras_object
        return {
            "jit_compile": self.jit_compile,
            "steps_per_execution": self.steps_per_execution,
            "run_eagerly": self.run_eagerly,
            "optimizers": {name: serialize(own) for name, own in self.optimizers.items()},
        }

    def compile_from_config(self, config):
        optimizers = config.pop("optimizers")
        deserialize = keras.saving.deserialize_keras_object
        self.compile(**config, **{name: deserialize(own) for name, own in optimizers.items()})

    def save_own_variables(self, store):
        for name in ("step", "skipped", "skipped_in_a_row"):
            store[name] = getattr(self, name).numpy()

    def load_own_variables(self, store):
        for name in ("step", "skipped", "skipped_in_a_row"):
            getattr(self, name).assign(store[name][()])

    def evaluate(self, *args, **kwargs):
        """Refused in a sentence: what a generative model is worth, no loss on a data set tells."""
        raise NotImplementedError(
            f"{type(self).__name__} has no loss on a test set that would say how good it is: "
            "export it and score it with `python -m tfgan_zoo.metrics.score`, or call a function "
            "of tfgan_zoo.metrics."
        )

    def export(self, *args, **kwargs):
        """Refused in a sentence: Keras' export knows neither latents nor pictures."""
        raise NotImplementedError(
            f"{type(self).__name__} is exported with its signatures, TFLite files and card by "
            "`tfgan_zoo.export.ship`, as its trainer does; `save('model.keras')` keeps it for "
            "further training."
        )

    def _maybe_symbolic_build(self, iterator=None, data_batch=None):
        """Keras calls this in `fit` to build a model from its first batch. This one is built, and
        Keras' way of looking at a batch fails for a dict of tensors on several workers.
        """

    @property
    def metrics(self):
        return list(self.trackers.values())

    def tracker(self, name):
        """The running mean that `Step.report` keeps under `name`; made on first use."""
        if name not in self.trackers:
            # Lifted out of the step, and told so: otherwise TensorFlow takes it for a variable that
            # only the first call makes, and traces the whole step a second time.
            with tf.init_scope(), tf.variable_creator_scope(_unlifted):
                self.trackers[name] = keras.metrics.Mean(name=name)
        return self.trackers[name]


def _serialised(value):
    """An argument as JSON can hold it."""
    if isinstance(value, keras.layers.Layer):
        return keras.saving.serialize_keras_object(value)
    if isinstance(value, list | tuple):
        return type(value)(_serialised(part) for part in value)
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else value


def _listed(names):
    return ", ".join(f"'{name}'" for name in names)


def _unlifted(next_creator, **arguments):
    return next_creator(**{**arguments, "experimental_enable_variable_lifting": False})


def minibatches(values, count):
    """`values [count * b, ...]` in `count` equal parts, in their order: what a step with several
    updates learns from. The size of the batch may be known only when the step runs.

    Raises:
        ValueError: for a batch that does not split evenly; where its size is known only when the
            step runs, TensorFlow's InvalidArgumentError with the same sentence.
    """
    size = values.shape[0]
    sentence = (
        f"A step learns from {count} equal parts of its batch, whose size must be a multiple of "
        f"{count}"
    )
    if size is None:
        tf.debugging.assert_equal(
            tf.shape(values)[0] % count,
            0,
            f"{sentence}; batch with drop_remainder=True.",
        )
    elif size % count:
        raise ValueError(f"{sentence}, not {size}.")
    return tf.split(values, count)
