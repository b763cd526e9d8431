"""The generator of one frame of a clip, of vid2vid (Wang et al. 2018, arXiv 1808.06601)."""

import keras

from tfgan_zoo.layers.initializers import normal_scale, normal_weights
from tfgan_zoo.layers.normalization import BatchStatisticsNormalization
from tfgan_zoo.layers.padding import ReflectionPadding2D


def composite_generator(
    image_size,
    label_channels,
    past_channels,
    picture_channels=3,
    filters=128,
    halvings=3,
    blocks=9,
    flow_scale=20.0,
    name="generator",
):
    """Two ways down, of labels and of pictures, whose sum goes two ways up, to the raw picture and
    to flow and mask (`CompositeGenerator` in the code).

    Args:
        image_size: (height, width), multiples of 2 ** halvings, at least 4 at the narrowest.
        label_channels: of the label maps of all frames that are seen.
        past_channels: of all pictures drawn before.
        picture_channels: of one picture.
        filters: channels of the first layers.
        halvings: how often the picture is halved.
        blocks: residual blocks on each way from labels to picture.
        flow_scale: what the flow's last layer is multiplied by, pixels.

    Returns:
        A functional model: `[labels [B, H, W, .], pictures [B, H, W, .]]` to the raw picture in
        [-1, 1], the flow `[B, H, W, 2]` in pixels and the mask `[B, H, W, 1]` in [0, 1].

    Raises:
        ValueError: for a size that cannot be halved so often.
    """
    height, width = image_size
    factor = 2**halvings
    if height % factor or width % factor or min(height, width) < 4 * factor:
        raise ValueError(
            f"The generator halves frames {halvings} times: give sides that are multiples of "
            f"{factor}, at least {4 * factor}, not {height}x{width}, or fewer halvings."
        )
    given = [
        keras.Input((height, width, label_channels), name="labels"),
        keras.Input((height, width, past_channels), name="pictures"),
    ]
    ways = []
    for way, features in zip(("labels", "pictures"), given, strict=True):
        features = ReflectionPadding2D(3, name=f"{way}_pad")(features)
        features = _convolution(features, filters, 7, f"{way}_first")  # [B, H, W, f]
        for level in range(1, halvings + 1):  # ... [B, H / 8, W / 8, 8f]
            features = _convolution(
                features, filters * 2**level, 3, f"{way}_down{level}", 2, "same"
            )
        for block in range(blocks - blocks // 2):
            features = _block(features, f"{way}_block{block}")
        ways.append(features)
    shared = keras.layers.Add(name="shared")(ways)
    ends = []
    for way in ("picture", "flow"):
        features = shared
        for block in range(blocks // 2):
            features = _block(features, f"{way}_block{block}")
        for level in range(halvings - 1, -1, -1):
            features = keras.layers.Conv2DTranspose(
                filters * 2**level,
                3,
                2,
                padding="same",
                use_bias=False,
                kernel_initializer=normal_weights(),
                name=f"{way}_up{level}",
            )(features)
            features = _normalised(features, f"{way}_up{level}")
        ends.append(ReflectionPadding2D(3, name=f"{way}_pad_last")(features))
    raw = _last(ends[0], picture_channels, "tanh", "raw")
    flow = _last(ends[1], 2, "linear", "flow")
    flow = keras.layers.Rescaling(flow_scale, dtype="float32", name="flow_in_pixels")(flow)
    mask = _last(ends[1], 1, "sigmoid", "mask")
    return keras.Model(given, [raw, flow, mask], name=name)


def _convolution(features, channels, kernel, name, strides=1, padding="valid"):
    """A convolution of this name, its normalisation and a ReLU."""
    features = keras.layers.Conv2D(
        channels,
        kernel,
        strides,
        padding=padding,
        use_bias=False,  # the normalisation would take it away again
        kernel_initializer=normal_weights(),
        name=name,
    )(features)
    return _normalised(features, name)


def _normalised(features, name, active=True):
    features = BatchStatisticsNormalization(
        gamma_initializer=normal_scale(), each=True, name=f"{name}_norm"
    )(features)
    return keras.layers.ReLU(name=f"{name}_relu")(features) if active else features


def _block(features, name):
    """Two 3x3 convolutions beside the identity; nothing after the sum."""
    channels = features.shape[-1]
    inner = ReflectionPadding2D(1, name=f"{name}_pad1")(features)
    inner = _convolution(inner, channels, 3, f"{name}_first")
    inner = ReflectionPadding2D(1, name=f"{name}_pad2")(inner)
    inner = keras.layers.Conv2D(
        channels, 3, use_bias=False, kernel_initializer=normal_weights(), name=f"{name}_second"
    )(inner)
    inner = _normalised(inner, f"{name}_second", active=False)
    return keras.layers.Add(name=f"{name}_sum")([features, inner])


def _last(features, channels, activation, name):
    return keras.layers.Conv2D(
        channels,
        7,
        activation=activation,
        kernel_initializer=normal_weights(),
        dtype="float32",
        name=name,
    )(features)
