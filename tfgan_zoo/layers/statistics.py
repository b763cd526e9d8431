"""What a network remembers of its batches."""

import keras
import tensorflow as tf


def without_trace(network, inputs):
    """A network in training whose moving statistics stay as they are.

    Batch normalisation normalises by the batch, as ever in training, and forgets it. So a
    discriminator that is to read real pictures at inference keeps the statistics of real ones,
    whatever else it is shown.

    Args:
        network: a built `keras.Model`.
        inputs: of the network.

    Returns:
        What `network(inputs, training=True)` returns; gradients reach weights and inputs.
    """
    outputs, _ = network.stateless_call(
        network.trainable_variables, network.non_trainable_variables, inputs, training=True
    )
    return outputs


@keras.saving.register_keras_serializable("tfgan_zoo")
class RunningMean(keras.layers.Layer):
    """The mean of all that it was given to `remember`, the first counting as much as the last.

    Call: anything `[B, *shape]` to the mean `[*shape]`; zeros before the first.
    """

    def build(self, input_shape):
        def weight(name, shape):
            return self.add_weight(
                name=name, shape=shape, initializer="zeros", trainable=False, autocast=False
            )

        self.mean, self.count = weight("mean", tuple(input_shape[1:])), weight("count", ())

    def call(self, inputs):
        return tf.convert_to_tensor(self.mean)

    def remember(self, value):
        """Counts `value [*shape]` in; of several replicas each gives its own."""
        context = tf.distribute.get_replica_context()
        value = context.all_reduce(tf.distribute.ReduceOp.MEAN, value)
        count = self.count + 1.0
        self.mean.assign(self.mean + (value - self.mean) / count)
        self.count.assign(count)
