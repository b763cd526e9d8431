"""A discriminator's features: what `python -m tfgan_zoo.explore features` measures.

Radford et al. 2015 (DCGAN, arXiv 1511.06434), section 5.1: the activated maps of every convolution,
max-pooled to 4x4, flattened and concatenated. As a SavedModel they are an extractor like any other,
which `python -m tfgan_zoo.metrics.score --extractor` takes too.
"""

import keras
import tensorflow as tf

from tfgan_zoo.export import guards, interface

SIDE = 4  # of the pooled maps
_ACTIVATIONS = (
    keras.layers.Activation,
    keras.layers.ELU,
    keras.layers.LeakyReLU,
    keras.layers.PReLU,
    keras.layers.ReLU,
)


def pooled_maps(network, side=SIDE):
    """The features of a functional network of pictures.

    Args:
        network: `keras.Model` with one input, images `[B, H, W, C]`.
        side: maps are pooled to `side x side`. Where `side` does not divide that of a map, windows
            of the next larger side leave a little less; a map that is smaller stays as it is.

    Returns:
        `keras.Model`, on the network's own weights: images to features `[B, N]`, the maps in the
        order of the layers.

    Raises:
        ValueError: if there is no such input, or no convolution with an activation behind it.
    """
    try:
        inputs = network.inputs
    except AttributeError as error:  # Keras gives it to functional networks alone
        raise ValueError("it is no functional network, whose layers can be looked into.") from error
    shapes = [tuple(tensor.shape) for tensor in inputs]
    if len(shapes) != 1 or len(shapes[0]) != 4:
        raise ValueError(f"it takes {shapes}, and features are those of pictures [B, H, W, C].")
    maps = [layer.output for layer in network.layers if _is_activated_map(layer)]
    if not maps:
        raise ValueError("it has no convolution with an activation behind it.")
    pooled = []
    for tensor in maps:
        window = [max(1, -(-length // side)) for length in tensor.shape[1:3]]
        pool = keras.layers.MaxPooling2D(window, window, padding="same", dtype="float32")
        pooled.append(keras.layers.Flatten(dtype="float32")(pool(tensor)))
    features = keras.layers.Concatenate(dtype="float32")(pooled) if len(pooled) > 1 else pooled[0]
    return keras.Model(network.input, features, name="features")


def _is_activated_map(layer):
    if isinstance(layer, keras.layers.InputLayer) or len(layer.output.shape) != 4:
        return False
    if isinstance(layer, _ACTIVATIONS):
        return True
    convolves = isinstance(layer, keras.layers.Conv2D)
    return convolves and layer.activation is not keras.activations.linear


def signatures(network):
    """Signatures of a network from pictures to features, for `saved_model.save`.

    serving_default: {"images": float32 [B,H,W,C] in [-1,1]} -> {"features": float32 [B,N]}.
    """
    item = interface.source_images(network.input.shape[1:])

    def serving_default(images):
        features = network(guards.checked_input(item, images), training=False)
        return guards.finite({"features": features})

    return {"serving_default": tf.function(serving_default, input_signature=[item.spec()])}
