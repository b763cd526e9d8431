"""What every model of the zoo needs and no paper describes.

Players with an optimizer each, and around one training step the arithmetic of mixed precision, of
several replicas and of steps that are not finite. The steps themselves stand in the variants.
"""

import inspect

import keras
import tensorflow as tf


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

    @property
    def latent_dim(self):
        """Length of a latent."""
        return self.prior.size

    @property
    def latent_code(self):
        """NumPy that draws one latent of the prior, for those who have no TensorFlow."""
        return self.prior.code

    def sample_latents(self, count, seed):
        """`count` draws of the prior, float32 `[count, latent_dim]`, from a seed int32 [2]."""
        return self.prior.sample(count, seed)

    def get_config(self):
        """The arguments that `__init__` got, defaults included; nets among them in Keras' form."""
        return {
            name: keras.saving.serialize_keras_object(value)
            if isinstance(value, keras.layers.Layer)
            else value
            for name, value in self.arguments.items()
        }

    @classmethod
    def from_config(cls, config):
        return cls(
            **{name: keras.saving.deserialize_keras_object(v) for name, v in config.items()}
        )

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
        """Refused: what a generative model is worth, no loss on a data set tells.

        Raises:
            NotImplementedError: with what to do instead.
        """
        raise NotImplementedError(
            f"{type(self).__name__} has no loss on a test set that would say how good it is: "
            "export it and score it with `python -m tfgan_zoo.metrics.score`, or call a function "
            "of tfgan_zoo.metrics."
        )

    def export(self, *args, **kwargs):
        """Refused: Keras' export knows neither latents nor pictures.

        Raises:
            NotImplementedError: with what to do instead.
        """
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


def _listed(names):
    return ", ".join(f"'{name}'" for name in names)


class Step:
    """One training step in one replica. Made by `Trained.begin_step`."""

    def __init__(self, model):
        self.model = model
        self.strategy = model.distribute_strategy
        self.replicas = self.strategy.num_replicas_in_sync
        self.finite = tf.constant(True)
        self.gradient_norms = {}
        self._statistics = [
            (variable, tf.identity(variable))
            for variable in model.non_trainable_weights
            if variable.dtype.startswith("float")
        ]

    def seed(self, stream=0):
        """Seed int32 [2] for `tf.random.stateless_*`: another in each step, replica and `stream`.

        It is a function of the model's seed and step, so that a resumed run draws what an
        uninterrupted one would have drawn, and replicas draw different noise.
        """
        seed = tf.constant([self.model.noise_seed, stream])
        seed = tf.random.fold_in(seed, self.model.step.read_value(), alg="philox")
        replica = tf.distribute.get_replica_context().replica_id_in_sync_group
        return tf.random.fold_in(seed, replica, alg="philox")

    def update(self, tape, **losses):
        """One optimizer step for each named player against its loss (scalars, a mean over the
        replica's batch).

        All gradients are taken before any weight moves. If one of them, or a loss, is not finite in
        any replica, no player moves, and the loss scale of the player whose gradient it is, if it
        has one, is halved. Of several updates in one step those before the broken one stand.
        """
        gradients = {}
        broken = []
        for player, loss in losses.items():
            if player not in self.model.optimizers:
                raise ValueError(
                    f"train_step updates '{player}', which got no optimizer: call compile("
                    f"{player}=...)."
                )
            optimizer = self.model.optimizers[player]
            variables = self.model.trained_variables(player)
            # Scaling the upstream gradient instead of the loss keeps the loss readable. Optimizers
            # sum gradients over replicas, hence the division.
            scale = optimizer.scale_loss(tf.ones_like(loss))
            values = tape.gradient(
                loss,
                variables,
                output_gradients=scale / self.replicas,
                unconnected_gradients=tf.UnconnectedGradients.ZERO,
            )
            # An embedding's sparse gradient may name a row twice, which norms and Keras' optimizers
            # take for two rows.
            gradients[player] = [tf.convert_to_tensor(value) for value in values]
            norm = tf.linalg.global_norm(gradients[player]) * self.replicas / scale
            self.gradient_norms[player] = norm
            if self.replicas > 1:
                gradients[player] = self._bounded(optimizer, gradients[player], scale)
            broken.append(~(tf.math.is_finite(norm) & tf.math.is_finite(loss)))

        context = tf.distribute.get_replica_context()
        broken = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(broken, tf.float32)) > 0
        self.finite = self.finite & ~tf.reduce_any(broken)
        # Optimizers merge the replicas, which TensorFlow allows around a condition, not inside one.
        context.merge_call(self._update_all_replicas, args=(self.finite, broken, gradients))

    def _bounded(self, optimizer, gradients, scale):
        """An equal share of the gradient summed over the replicas, within the optimizer's bounds.

        Keras holds each replica's part to a bound, so that their sum may be as many times as long
        as there are replicas. Of what this returns it has nothing to cut.
        """
        if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
            optimizer = optimizer.inner_optimizer
        bounds = (optimizer.clipnorm, optimizer.global_clipnorm, optimizer.clipvalue)
        if bounds == (None, None, None):
            return gradients
        context = tf.distribute.get_replica_context()
        summed = context.all_reduce(tf.distribute.ReduceOp.SUM, gradients)
        if optimizer.clipnorm is not None:
            summed = [tf.clip_by_norm(value, optimizer.clipnorm * scale) for value in summed]
        elif optimizer.global_clipnorm is not None:
            summed, _ = tf.clip_by_global_norm(summed, optimizer.global_clipnorm * scale)
        else:
            bound = optimizer.clipvalue * scale
            summed = [tf.clip_by_value(value, -bound, bound) for value in summed]
        return [value / self.replicas for value in summed]

    def _update_all_replicas(self, strategy, finite, broken, gradients):
        # The flags were summed over replicas, so any one of them speaks for all.
        finite, broken = (strategy.experimental_local_results(v)[0] for v in (finite, broken))
        tf.cond(
            finite,
            lambda: strategy.extended.call_for_each_replica(self._apply, args=(gradients,)),
            lambda: self._lower_scales(gradients, broken),
        )

    def _apply(self, gradients):
        for player, values in gradients.items():
            variables = self.model.trained_variables(player)
            self.model.optimizers[player].apply(values, variables)

    def _lower_scales(self, players, broken):
        """What Keras' optimizer does itself about a gradient that is not finite, without asking it
        to apply one.
        """
        for index, player in enumerate(players):
            optimizer = self.model.optimizers[player]
            if isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                scale, since = optimizer.dynamic_scale, optimizer.step_counter
                scale.assign(tf.where(broken[index], scale * 0.5, scale))
                since.assign(tf.where(broken[index], tf.zeros_like(since), since))

    def report(self, **scalars):
        """Ends the step: call last. Returns running means of `scalars` and of each player's
        gradient norm.

        Means over the replicas (a norm is that of the gradient on a replica's part of the batch),
        and over the steps since `reset_metrics`. A step that was not finite is not averaged; it
        restores the statistics of normalisation layers and is counted in `skipped` (since the
        start) and `skipped_in_a_row`.
        """
        model = self.model
        for variable, before in self._statistics:
            variable.assign(tf.where(self.finite, tf.convert_to_tensor(variable), before))

        scalars |= {f"{name}_gradient_norm": norm for name, norm in self.gradient_norms.items()}
        values = tf.stack([tf.cast(value, tf.float32) for value in scalars.values()])
        values = tf.distribute.get_replica_context().all_reduce(
            tf.distribute.ReduceOp.MEAN, tf.where(self.finite, values, 0.0)
        )
        logs = {}
        for name, value in zip(scalars, tf.unstack(values), strict=True):
            tracker = model.tracker(name)
            tracker.update_state(value, sample_weight=tf.cast(self.finite, tf.float32))
            logs[name] = tracker.result()

        skipped = tf.cast(~self.finite, tf.int64)
        model.skipped.assign_add(skipped)
        model.skipped_in_a_row.assign((model.skipped_in_a_row.read_value() + 1) * skipped)
        model.step.assign_add(1)
        logs["skipped"] = model.skipped.read_value()
        logs["skipped_in_a_row"] = model.skipped_in_a_row.read_value()
        if isinstance(self.strategy, tf.distribute.MultiWorkerMirroredStrategy):
            # Keras reduces the logs of several workers over their first axis; a scalar has none.
            logs = {name: tf.reshape(tf.cast(v, tf.float32), [1]) for name, v in logs.items()}
        return logs


def _unlifted(next_creator, **arguments):
    return next_creator(**{**arguments, "experimental_enable_variable_lifting": False})
