"""What every adversarial model needs and no paper describes.

Two optimizers in `compile`, and around one training step the arithmetic of mixed precision, of
several replicas and of steps that are not finite. The steps themselves stand in the variants.
"""

import keras
import tensorflow as tf


class Trained(keras.Model):
    """A model with players (`generator`, `discriminator`, ...), each a sub-model with an optimizer
    of its own.

    A variant builds its sub-models in `__init__`, calls `compile(generator=optimizer, ...)` by the
    names of its players, and writes `train_step` in this shape::

        step = self.begin_step()
        with tf.GradientTape(persistent=True) as tape:
            ...
        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)

    One whose generator takes latents sets `prior`, of those in `networks/priors.py`.

    Args:
        seed: of the noise that `Step.seed` hands out.
    """

    def __init__(self, seed=0, name=None):
        super().__init__(name=name)
        self.noise_seed = seed
        self.optimizers = {}
        self.trackers = {}
        once = tf.VariableAggregation.ONLY_FIRST_REPLICA
        self.step = tf.Variable(0, trainable=False, dtype=tf.int64, aggregation=once, name="step")
        self.skipped = tf.Variable(
            0, trainable=False, dtype=tf.int64, aggregation=once, name="skipped"
        )
        self.skipped_in_a_row = tf.Variable(
            0, trainable=False, dtype=tf.int64, aggregation=once, name="skipped_in_a_row"
        )
        # The sub-models exist when a variant's __init__ returns; `fit` need not call the model to
        # build it.
        self.built = True

    def compile(self, *, jit_compile=False, steps_per_execution=1, run_eagerly=False, **optimizers):
        """Gives each player its optimizer, by the player's name, and builds the optimizer's state.

        Under the policy `mixed_float16` each optimizer gets dynamic loss scaling of its own.

        Raises:
            ValueError: if a name is not a sub-model of this variant, or for a setting that
                TensorFlow cannot run on several replicas.
        """
        if self.distribute_strategy.num_replicas_in_sync > 1 and (
            jit_compile or steps_per_execution > 1
        ):
            raise ValueError(
                "jit_compile and steps_per_execution work on one device only; leave them off under "
                "a strategy with several."
            )
        super().compile(
            optimizer=None,
            jit_compile=jit_compile,
            steps_per_execution=steps_per_execution,
            run_eagerly=run_eagerly,
        )
        scaled = keras.mixed_precision.dtype_policy().name == "mixed_float16"
        for player, optimizer in optimizers.items():
            network = getattr(self, player, None)
            if not isinstance(network, keras.layers.Layer):
                raise ValueError(f"{type(self).__name__} has no sub-model '{player}' to optimise.")
            if scaled and not isinstance(optimizer, keras.optimizers.LossScaleOptimizer):
                optimizer = keras.optimizers.LossScaleOptimizer(optimizer)
            optimizer.build(network.trainable_variables)
            self.optimizers[player] = optimizer

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
            variables = getattr(self.model, player).trainable_variables
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
            broken.append(~(tf.math.is_finite(norm) & tf.math.is_finite(loss)))

        context = tf.distribute.get_replica_context()
        broken = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(broken, tf.float32)) > 0
        self.finite = self.finite & ~tf.reduce_any(broken)
        # Optimizers merge the replicas, which TensorFlow allows around a condition, not inside one.
        context.merge_call(self._update_all_replicas, args=(self.finite, broken, gradients))

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
            variables = getattr(self.model, player).trainable_variables
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
