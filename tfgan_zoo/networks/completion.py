"""The networks of Globally and Locally Consistent Image Completion (Iizuka et al., SIGGRAPH 2017):
a completion network with dilated convolutions, and two discriminators that judge as one.
"""

import keras
import tensorflow as tf

from tfgan_zoo.layers.normalization import BatchStatisticsNormalization

DILATIONS = (2, 4, 8, 16)
MULTIPLE = 4  # of which sides are, since two convolutions halve them
MOMENTUM = 0.9  # of the moving statistics, as Torch has it; Keras' 0.99 is slow to forget the start


def completion_network(channels, filters=64, dilations=DILATIONS, mean=(0.0,), name="generator"):
    """Draws all pixels of a picture from those that are known.

    Seventeen convolutions with the paper's four dilations. The sides are halved twice, no more, so
    that what is drawn stays sharp; the dilated layers make up for it in what a pixel sees
    (`reach`). All but the last have batch normalisation and ReLU.

    Args:
        channels: of the picture.
        filters: width of the first layer (64); the middle has four times as many.
        dilations: of the middle's 3x3 layers.
        mean: colour in [-1, 1] that is subtracted from what is known, one number a channel or one
            for all; missing pixels are 0 behind that.

    Returns:
        A functional model: `[images [B, H, W, channels] in [-1, 1], masks [B, H, W, 1]]`, 1 where a
        pixel is missing, to images `[B, H, W, channels]` in [-1, 1], float32. H and W are any
        multiples of 4.
    """
    images = keras.Input((None, None, channels), name="images")
    masks = keras.Input((None, None, 1), name="masks")
    features = KnownPixels(mean, name="known")([images, masks])

    conv, up = keras.layers.Conv2D, keras.layers.Conv2DTranspose
    middle = [(conv, 4, 3, {"dilation_rate": rate}) for rate in (1, 1, *dilations, 1, 1)]
    layers = (
        (conv, 1, 5, {}),  # [B, H, W, f]
        (conv, 2, 3, {"strides": 2}),  # [B, H / 2, W / 2, 2f]
        (conv, 2, 3, {}),
        (conv, 4, 3, {"strides": 2}),  # [B, H / 4, W / 4, 4f]
        *middle,
        (up, 2, 4, {"strides": 2}),  # [B, H / 2, W / 2, 2f]
        (conv, 2, 3, {}),
        (up, 1, 4, {"strides": 2}),  # [B, H, W, f]
        (conv, 0.5, 3, {}),  # [B, H, W, f / 2]
    )
    for number, (layer, widening, kernel, options) in enumerate(layers):
        width = max(1, int(widening * filters))
        features = layer(
            width, kernel, padding="same", use_bias=False, name=f"convolution_{number}", **options
        )(features)
        features = keras.layers.BatchNormalization(
            momentum=MOMENTUM, epsilon=1e-5, name=f"normalization_{number}"
        )(features)
        features = keras.layers.ReLU(name=f"relu_{number}")(features)
    features = keras.layers.Conv2D(channels, 3, padding="same", name="colours")(features)
    features = keras.layers.Activation("sigmoid", dtype="float32", name="sigmoid")(features)
    drawn = keras.layers.Rescaling(2.0, -1.0, dtype="float32", name="drawn")(features)
    return keras.Model([images, masks], drawn, name=name)


def reach(dilations=DILATIONS):
    """How many pixels up, down, left and right each drawn pixel of `completion_network` sees at
    least: 147 with the paper's dilations. (Depending on its place among four it sees from 299 to
    303 in a row.)
    """
    # Half of each kernel in pixels of the picture: those of the middle, at a quarter of its size,
    # count fourfold. The others add 11 on the shorter side: kernels of 4 pixels have two sides.
    return 11 + 4 * sum((1, 1, *dilations, 1, 1))


def context_discriminator(
    image_size, patch_size, channels, filters=64, features=1024, name="discriminator"
):
    """Judges a picture and a square of it together: 5x5 convolutions of stride 2 with batch
    normalisation over each, down to four pixels or fewer; a dense layer; and one logit of both
    vectors side by side.

    Args:
        image_size: (height, width) of the picture: for (256, 256) six convolutions.
        patch_size: side of the square: for 128 five convolutions.
        channels: of the picture.
        filters: width of the first layer (64); doubled up to eight times as many.
        features: length of either vector (1024).

    Returns:
        A functional model: `[images [B, *image_size, channels], squares [B, patch_size, patch_size,
        channels]]` to logits `[B, 1]`, float32.
    """
    images = keras.Input((*image_size, channels), name="images")
    square = keras.Input((patch_size, patch_size, channels), name="squares")
    both = [
        _judged(images, filters, features, "global"),
        _judged(square, filters, features, "local"),
    ]
    joined = keras.layers.Concatenate(name="both")(both)
    logits = keras.layers.Dense(1, dtype="float32", name="logits")(joined)
    return keras.Model([images, square], logits, name=name)


def _judged(images, filters, features, name):
    shortest, level, found = min(images.shape[1:3]), 0, images
    while shortest > 4:
        found = keras.layers.Conv2D(
            filters * 2 ** min(level, 3),
            *(5, 2),
            padding="same",
            use_bias=False,
            name=f"{name}_convolution_{level}",
        )(found)
        found = BatchStatisticsNormalization(name=f"{name}_normalization_{level}")(found)
        found = keras.layers.ReLU(name=f"{name}_relu_{level}")(found)
        shortest, level = -(-shortest // 2), level + 1
    found = keras.layers.Flatten(name=f"{name}_pixels")(found)
    return keras.layers.Dense(features, activation="relu", name=f"{name}_features")(found)


@keras.saving.register_keras_serializable("tfgan_zoo")
class KnownPixels(keras.layers.Layer):
    """What the completion network sees: `[images, masks]` to the picture less a mean colour, zero
    where it is missing, with the mask as a further channel: `[B, H, W, C + 1]`.

    Args:
        mean: in the units of the picture, one number a channel or one for all.
    """

    def __init__(self, mean=(0.0,), **kwargs):
        super().__init__(**kwargs)
        self.mean = tuple(map(float, mean))

    def call(self, inputs):
        images, masks = inputs
        masks = tf.cast(masks, images.dtype)
        known = (images - tf.constant(self.mean, images.dtype)) * (1.0 - masks)
        return tf.concat([known, masks], axis=-1)

    def compute_output_shape(self, input_shape):
        images, _ = input_shape
        return (*images[:-1], images[-1] + 1)

    def get_config(self):
        return {**super().get_config(), "mean": list(self.mean)}
