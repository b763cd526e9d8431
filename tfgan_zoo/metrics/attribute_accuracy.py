"""Does a picture show the attributes that it was drawn to show? A classifier that is trained on
real pictures, beside the generator and without knowledge of it, reads them (StarGAN, arXiv
1711.09020; there a ResNet-18 on the expressions of RaFD).

Scores of two such classifiers must not be compared: the accuracy on real pictures, which belongs
beside them, tells how well one reads.
"""

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo import backend

BATCH = 32
EPOCHS = 12
_WIDTHS = (16, 32, 64)


def attribute_scores(found, wanted, before, exclusive):
    """How many of the attributes that were asked for are read.

    Args:
        found, wanted, before: bool `[N, A]`: what is read of each picture, what was asked for, and
            what the picture that it was drawn from had.
        exclusive: whether exactly one attribute holds, so that a picture is right or wrong as a
            whole.

    Returns:
        dict of floats in [0, 1]: `attribute_accuracy`, the share of attributes that are as asked
        for, of exclusive ones the share of pictures; `worst_attribute_accuracy`, of the attribute
        that fares worst, of exclusive ones where it was asked for; `all_right`, the share of
        pictures of which all are; and `flip_accuracy`, the share of the *changed* attributes, and
        of exclusive ones of the changed pictures, that are: NaN where none was to change.

    Raises:
        ValueError: if shapes disagree.
    """
    found, wanted, before = (np.asarray(one, bool) for one in (found, wanted, before))
    if not found.shape == wanted.shape == before.shape or found.ndim != 2 or not len(found):
        raise ValueError(
            f"Attributes are bool [N, A] of one shape, not {found.shape}, {wanted.shape} and "
            f"{before.shape}."
        )
    right, changed = found == wanted, wanted != before
    whole = right.all(1)
    if exclusive:
        accuracy, moved = whole.mean(), changed.any(1)
        flips = whole[moved]
        each = [whole[wanted[:, i]].mean() for i in range(wanted.shape[1]) if wanted[:, i].any()]
    else:
        accuracy, flips, each = right.mean(), right[changed], right.mean(0)
    return {
        "attribute_accuracy": float(accuracy),
        "worst_attribute_accuracy": float(np.min(each)),
        "all_right": float(whole.mean()),
        "flip_accuracy": float(flips.mean()) if flips.size else float("nan"),
    }


class Reader:
    """A classifier of attributes; `fit_reader` makes one.

    Attributes:
        exclusive: whether it reads exactly one attribute of each picture.
    """

    def __init__(self, network, exclusive):
        self._network, self.exclusive = network, exclusive

    def __call__(self, pictures):
        """The attributes bool `[N, A]` of pictures float `[N, H, W, C]` in [-1, 1]."""
        pictures = np.asarray(pictures, np.float32)
        parts = range(0, len(pictures), BATCH)
        logits = np.concatenate(
            [self._network(pictures[i : i + BATCH], training=False).numpy() for i in parts]
        )
        if self.exclusive:
            return np.eye(logits.shape[1], dtype=bool)[logits.argmax(1)]
        return logits > 0


def fit_reader(pictures, attributes, exclusive, *, epochs=EPOCHS, seed=0):
    """Trains a classifier on real pictures: three 4x4 convolutions of stride 2, means and maxima
    over the last map, and a linear layer; Adam at 1e-3, falling to zero along a cosine.

    Args:
        pictures: float `[N, H, W, C]` in [-1, 1].
        attributes: `[N, A]` of 0 and 1.
        exclusive: whether exactly one holds (a softmax) or each for itself (logistic units).
        epochs: passes through the pictures.
        seed: of weights and orders.

    Returns:
        `Reader`.

    Raises:
        ValueError: if there is not a row of attributes for each picture.
    """
    pictures, attributes = np.asarray(pictures, np.float32), np.asarray(attributes, np.float32)
    if len(pictures) != len(attributes) or not len(pictures):
        raise ValueError(f"{len(pictures)} pictures have {len(attributes)} rows of attributes.")
    backend.settle()
    network = _network(pictures.shape[1:], attributes.shape[1], seed)
    steps = epochs * -(-len(pictures) // BATCH)
    rate = keras.optimizers.schedules.CosineDecay(1e-3, steps)
    optimizer = keras.optimizers.Adam(rate)
    optimizer.build(network.trainable_variables)
    loss = tf.nn.softmax_cross_entropy_with_logits
    if not exclusive:
        loss = tf.nn.sigmoid_cross_entropy_with_logits

    @tf.function(reduce_retracing=True)
    def learn(images, wanted):
        with tf.GradientTape() as tape:
            value = tf.reduce_mean(loss(wanted, network(images, training=True)))
        variables = network.trainable_variables
        optimizer.apply(tape.gradient(value, variables), variables)

    chance = np.random.default_rng(seed)
    for _ in range(epochs):
        order = chance.permutation(len(pictures))
        for first in range(0, len(order), BATCH):
            rows = order[first : first + BATCH]
            learn(tf.constant(pictures[rows]), tf.constant(attributes[rows]))
    return Reader(network, exclusive)


def _network(shape, outputs, seed):
    images = features = keras.Input(shape, name="images")
    for number, width in enumerate(_WIDTHS):
        features = keras.layers.Conv2D(
            width,
            4,
            2,
            padding="same",
            activation="relu",
            kernel_initializer=keras.initializers.HeNormal(seed + number),
            name=f"reader{number + 1}",
        )(features)
    pooled = [
        keras.layers.GlobalAveragePooling2D(name="means")(features),
        keras.layers.GlobalMaxPooling2D(name="maxima")(features),
    ]
    logits = keras.layers.Dense(
        outputs,
        kernel_initializer=keras.initializers.GlorotUniform(seed),
        dtype="float32",
        name="attributes",
    )(keras.layers.Concatenate(name="pooled")(pooled))
    return keras.Model(images, logits, name="attribute_reader")
