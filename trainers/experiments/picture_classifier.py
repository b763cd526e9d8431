"""A small classifier of pictures of any classes, for the label accuracy of generators of classes
that no frozen classifier of the zoo reads.
"""

import functools
import math

import keras

from tfgan_zoo.data.request import Request
from trainers.experiments import digit_classifier

SMALLEST = 8  # pixels a side


def picture_cnn(image_size, channels, classes, width):
    """Three 3x3 convolutions, each followed by a maximum over 2x2, and a dense layer.

    Args:
        image_size: (height, width), at least `SMALLEST` pixels each.
        channels, classes: of the pictures.
        width: of all layers, as a share of 32, 64, 128 and 128.

    Returns:
        A functional model: images `[B, *image_size, channels]` in [-1, 1] to `features` `[B, D]`,
        never negative, and `logits` `[B, classes]`.
    """
    images = features = keras.Input((*image_size, channels), name="images")
    for count in (32, 64, 128):
        features = keras.layers.Conv2D(math.ceil(count * width), 3, padding="same", use_bias=False)(
            features
        )
        features = keras.layers.ReLU()(keras.layers.BatchNormalization(momentum=0.9)(features))
        features = keras.layers.MaxPooling2D()(features)
    features = keras.layers.Flatten()(features)
    features = keras.layers.Dense(math.ceil(128 * width), use_bias=False)(features)
    features = keras.layers.BatchNormalization(momentum=0.9)(features)
    features = keras.layers.ReLU(name="features")(features)
    logits = keras.layers.Dense(classes, name="logits", dtype="float32")(features)
    return keras.Model(images, {"features": features, "logits": logits}, name="picture_cnn")


class PictureClassifier(digit_classifier.Classifier):
    """`picture_cnn` and its cross-entropy.

    Args:
        image_size, channels, classes, width: as for `picture_cnn`.
        seed: of the model, which draws nothing in a step.
    """

    def __init__(
        self, image_size=(32, 32), channels=3, classes=10, width=1.0, seed=0, name="picture_cnn"
    ):
        super().__init__(seed=seed, name=name)
        self.classes = classes
        self.classifier = picture_cnn(image_size, channels, classes, width)


def task(values):
    """The `Task`, from the flags."""
    request = values.filled(Request, "images", val_count=0)
    if min(request.image_size) < SMALLEST:
        raise ValueError(f"--image_size is at least {SMALLEST} pixels a side.")
    batches = functools.partial(digit_classifier.distorted_batches, flip=values.flip)
    command = "python -m trainers.picture_cnn --flagfile=FLAGFILE --data=DATA --run_dir=RUN"
    return digit_classifier.of_classifier(values, request, command, readme, batches, check)


def check(model, splits):
    """Raises `ValueError` for pictures without classes."""
    digit_classifier.check_classes(
        model.classes, splits, "give a folder with one folder a class, or tfds:NAME with labels"
    )


def readme(card, wrong):
    """The card for a reader."""
    training, test, asked = card["training"], card["test"], card["interface"]
    flags = training["flags"]
    return f"""# A classifier of {card["data"]["name"]}

![Test pictures](samples.png)

*{"Test pictures that it gets wrong." if wrong else "Test pictures. It gets none wrong."}*

Reads generated pictures for the label accuracy of generators of classes: `--extractor=FOLDER` of
their trainers, or of `python -m tfgan_zoo.metrics.score`. It maps `images`
`[B, {", ".join(map(str, asked["input"]))}]` in [-1, 1] to `features` and `logits`
`[B, {asked["classes"]}]`. Numbers of two classifiers must not be compared.

Test accuracy {test["accuracy"]:.2%} ({wrong} of {test["examples"]:,} wrong). Trained on
{training["examples"]:,} pictures, {training["steps"]:,} batches of {flags["batch_size"]}, seed
{flags["seed"]}, {training["seconds"] / 60:.0f} minutes on {training["versions"]["machine"]}, commit
{training["versions"]["commit"]}. The test split had no part in any choice. Licence of the data:
{card["data"]["licence"]}
"""
