"""What a network remembers of its batches."""


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
