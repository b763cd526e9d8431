"""Frozen networks whose feature maps say how alike two pictures look: perceptual losses and scores.

| function              | trained on                         | maps                           |
|-----------------------|------------------------------------|--------------------------------|
| `random_features`     | nothing: drawn from a seed         | 3, after each convolution      |
| `classifier_features` | the classes of `picture_cnn`       | 3, after each convolution      |
| `vgg19_features`      | ImageNet, the papers' choice       | 5, before each pooling         |

Each is a functional `keras.Model`: pictures float32 `[B, H, W, 3]` in [-1, 1], of any size from 16
pixels a side on, to the list of its maps, the finest first. None of its weights is trainable.
Numbers of two of these networks must not be compared: say which one was taken.
"""

import os
import pathlib

import keras
import numpy as np
import tensorflow as tf

VGG19 = "vgg19_weights_tf_dim_ordering_tf_kernels_notop.h5"
_MEANS = (103.939, 116.779, 123.68)  # blue, green, red of ImageNet
_EPSILON = 1e-3  # of Keras' batch normalisation


def find(name, convolution="last"):
    """The network that a flag names: `random`, `vgg19`, or the folder of an exported `picture_cnn`.

    Args:
        name: what was given.
        convolution: of `vgg19`.

    Raises:
        ValueError: one sentence, where its weights are missing.
    """
    if name == "random":
        return random_features()
    if name == "vgg19":
        return vgg19_features(convolution=convolution)
    return classifier_features(name)


def last_map(network, images):
    """The coarsest map of a frozen network for images `[B, H, W, 1 or 3]`: grey ones stand in all
    of its three channels.
    """
    if images.shape[-1] == 1:
        images = tf.repeat(images, 3, axis=-1)
    return network(images, training=False)[-1]


def random_features(widths=(32, 64, 128), seed=0):
    """The network of `picture_cnn` without training: 3x3 convolutions of He's normal weights, drawn
    by NumPy from `seed`, so that every machine has the same.

    Args:
        widths: channels of the convolutions.
        seed: of the weights.
    """
    chance, kernels, channels = np.random.default_rng(seed), [], 3
    for width in widths:
        kernel = chance.standard_normal((3, 3, channels, width)) * np.sqrt(2 / (9 * channels))
        kernels.append((kernel, np.zeros(width)))
        channels = width
    return _convolutions(kernels, "random_features")


def classifier_features(folder):
    """The convolutions of a classifier that `python -m trainers.picture_cnn` trained and exported,
    with their normalisations multiplied in.

    Args:
        folder: of the export, or of its version: RUN/export/picture_cnn.

    Raises:
        ValueError: one sentence, for anything else.
    """
    folder = pathlib.Path(folder).expanduser()
    places = [folder, *sorted(folder.glob("*/"))]
    found = [place for place in places if (place / "variables" / "variables.index").is_file()]
    if not found:
        raise ValueError(
            f"{folder} holds no exported classifier: name the folder export/picture_cnn of a run "
            "of python -m trainers.picture_cnn."
        )
    try:
        kernels = _kernels(tf.train.load_checkpoint(str(found[-1] / "variables" / "variables")))
    except (tf.errors.OpError, KeyError) as error:
        raise ValueError(f"{found[-1]} cannot be read: {error}") from error
    if not kernels or kernels[0][0].shape[2] != 3:
        raise ValueError(
            f"{found[-1]} is no classifier of pictures in colour by trainers.picture_cnn: its "
            "weights are others."
        )
    return _convolutions(kernels, "picture_cnn_features")


def vgg19_features(weights=None, convolution="last"):
    """VGG19 (Simonyan & Zisserman 2014, arXiv 1409.1556): the last rectified convolution of each
    block, of which SRGAN takes the fifth, or the first, as pix2pixHD and vid2vid have it. It sees
    what it was trained on: blue, green and red from 0 to 255, less their means.

    Args:
        weights: file of Keras' weights without the top; by default the one in Keras' own folder.
        convolution: `last` or `first` of each block.

    Raises:
        ValueError: one sentence, where the file is missing or another.
    """
    home = pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")
    path = pathlib.Path(weights).expanduser() if weights else home / "models" / VGG19
    if not path.is_file():
        raise ValueError(
            f"The weights of VGG19 are not in {path}: let Keras download them once, "
            'python -c "import keras; keras.applications.VGG19(include_top=False)" (80 MB), or '
            "choose other features: random, or the export of a picture_cnn."
        )
    images = keras.Input((None, None, 3), name="images")
    to_bgr = keras.layers.Conv2D(3, 1, name="to_bgr")
    seen = to_bgr(images)
    to_bgr.set_weights(
        [127.5 * np.eye(3)[::-1].reshape(1, 1, 3, 3), 127.5 - np.array(_MEANS, np.float32)]
    )
    try:
        vgg = keras.applications.VGG19(include_top=False, weights=None)
        vgg.load_weights(str(path))
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} does not hold Keras' VGG19 without its top: {error}") from error
    names = [
        f"block{block}_conv{last if convolution == 'last' else 1}"
        for block, last in enumerate((2, 2, 4, 4, 4), 1)
    ]
    blocks = keras.Model(vgg.input, [vgg.get_layer(n).output for n in names], name="vgg19")
    model = keras.Model(images, blocks(seen), name="vgg19_features")
    model.trainable = False
    return model


def _convolutions(kernels, name):
    """3x3 convolutions with a ReLU each, and a maximum over 2x2 between them."""
    images = features = keras.Input((None, None, 3), name="images")
    maps, layers = [], []
    for number, (kernel, _) in enumerate(kernels, 1):
        if maps:
            features = keras.layers.MaxPooling2D(name=f"pool{number}")(features)
        layers.append(
            keras.layers.Conv2D(
                kernel.shape[-1], 3, padding="same", activation="relu", name=f"conv{number}"
            )
        )
        features = layers[-1](features)
        maps.append(features)
    for layer, weights in zip(layers, kernels, strict=True):
        layer.set_weights(weights)
    model = keras.Model(images, maps, name=name)
    model.trainable = False
    return model


def _kernels(checkpoint):
    """[(kernel, bias)] of the convolutions of a `picture_cnn`, in their order: what follows a
    kernel without bias are scale, offset, mean and variance of its normalisation.
    """
    shapes, values = checkpoint.get_variable_to_shape_map(), []
    while (name := f"weights/{len(values)}/.ATTRIBUTES/VARIABLE_VALUE") in shapes:
        values.append(checkpoint.get_tensor(name).astype(np.float64))
    kernels = []
    for number, kernel in enumerate(values):
        norm = values[number + 1 : number + 5]
        if kernel.ndim != 4 or [v.shape for v in norm] != 4 * [kernel.shape[-1:]]:
            continue
        scale, offset, mean, variance = norm
        scale = scale / np.sqrt(variance + _EPSILON)
        kernels.append((kernel * scale, offset - mean * scale))
    return kernels
