"""One training step: gradients, bounds, updates and what is reported, in one replica or several,
under mixed precision, and for steps that are not finite.
"""

import keras
import tensorflow as tf


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

    def mean(self, value):
        """The mean over the replicas of a scalar float32."""
        context = tf.distribute.get_replica_context()
        return context.all_reduce(tf.distribute.ReduceOp.MEAN, value)

    def update(self, tape, when=None, **losses):
        """One optimizer step for each named player against its loss (scalars, a mean over the
        replica's batch).

        `when` has players that may stand still: for each a bool scalar, the same in all replicas
        (of what `mean` gives), whether it moves. One that stands still keeps its weights, and its
        optimizer all that it knows.

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
            values = tape.gradient(loss, variables, output_gradients=scale / self.replicas)
            # A loss need not depend on each variable: TensorFlow's own zeros fail for Keras'
            # variables. An embedding's sparse gradient may name a row twice, which norms and Keras'
            # optimizers take for two rows.
            gradients[player] = [
                tf.zeros_like(tf.convert_to_tensor(variable))
                if value is None
                else tf.convert_to_tensor(value)
                for value, variable in zip(values, variables, strict=True)
            ]
            norm = tf.linalg.global_norm(gradients[player]) * self.replicas / scale
            self.gradient_norms[player] = norm
            if self.replicas > 1:
                gradients[player] = self._bounded(optimizer, gradients[player], scale)
            broken.append(~(tf.math.is_finite(norm) & tf.math.is_finite(loss)))

        context = tf.distribute.get_replica_context()
        broken = context.all_reduce(tf.distribute.ReduceOp.SUM, tf.cast(broken, tf.float32)) > 0
        self.finite = self.finite & ~tf.reduce_any(broken)
        # Optimizers merge the replicas, which TensorFlow allows around a condition, not inside one.
        parts = (self.finite, broken, when or {}, gradients)
        context.merge_call(self._update_all_replicas, args=parts)

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

    def _update_all_replicas(self, strategy, finite, broken, when, gradients):
        # The flags are the same in all replicas, so any one of them speaks for all.
        finite, broken, *moving = (
            strategy.experimental_local_results(v)[0] for v in (finite, broken, *when.values())
        )
        moving = dict(zip(when, moving, strict=True))

        def apply(values):
            strategy.extended.call_for_each_replica(self._apply, args=(values,))

        def apply_all():
            apply({p: values for p, values in gradients.items() if p not in moving})
            for player, moves in moving.items():
                own = {player: gradients[player]}
                tf.cond(moves, lambda own=own: apply(own), lambda: None)

        tf.cond(finite, apply_all, lambda: self._lower_scales(gradients, broken))

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
