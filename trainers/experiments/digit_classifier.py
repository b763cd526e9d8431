"""The frozen classifier of digits as a model with one player: data, training step, card."""

import json
import shutil

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.data.pipeline import train_batches
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.evaluate.evaluator import in_batches, served_by
from tfgan_zoo.evaluate.tables import first
from tfgan_zoo.export import guards, interface, places, saved_model
from tfgan_zoo.kinds.image import square_grid, to_float
from tfgan_zoo.metrics.mnist_cnn import CLASSES, distort, mnist_cnn
from tfgan_zoo.training import pictures
from tfgan_zoo.training.run_directory import RunDirectory, versions, write_atomically
from tfgan_zoo.training.task import Splits, Task

SIZE = (28, 28)
BATCH = 500
SHOWN = 64  # mistakes in the card's picture


class Classifier(Trained):
    """A network from images to features and logits, `classifier`, and its cross-entropy.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1], and `labels [B]`,
    int.
    """

    players = ("classifier",)

    def call(self, images):
        """Features `[B, D]` and logits `[B, classes]` by name."""
        return self.classifier(images, training=False)

    def train_step(self, data):
        images, labels = self.fields(data, "images", "labels")
        step = self.begin_step()
        with tf.GradientTape() as tape:
            logits = self.classifier(images, training=True)["logits"]
            loss = tf.reduce_mean(
                keras.losses.sparse_categorical_crossentropy(labels, logits, from_logits=True)
            )
        step.update(tape, classifier=loss)
        right = tf.argmax(logits, axis=1, output_type=labels.dtype) == labels
        return step.report(loss=loss, accuracy=tf.reduce_mean(tf.cast(right, tf.float32)))


class DigitClassifier(Classifier):
    """`mnist_cnn` and its cross-entropy."""

    def __init__(self, seed=0, name="mnist_cnn"):
        super().__init__(seed=seed, name=name)
        self.classifier = mnist_cnn()


def task(values):
    """The `Task`, from the flags. What is exported has a card of its own, since it draws nothing
    and has no paper.
    """
    request = values.filled(Request, image_size=SIZE, channels=1, val_count=0)
    command = (
        "python -m trainers.mnist_cnn --flagfile=trainers/flagfiles/mnist_cnn.flags --run_dir=RUN"
    )
    return of_classifier(values, request, command, readme, distorted_batches, check)


def of_classifier(values, request, command, describe, batches, check):
    """The `Task` of any `Classifier`, from the flags.

    Args:
        values: the flags.
        request: `Request` of the pictures.
        command: that the card names.
        describe: (card, number of mistakes) -> the card for a reader.
        batches, check: as in `Task`.
    """
    spec, export_told, run_dir = values.data, values.told(), values.run_dir

    def export_classifier(model, splits, folder, say):
        training = {
            "command": command,
            "flags": export_told,
            "examples": len(splits.train),
            "steps": int(model.step),
            "seconds": round(RunDirectory(run_dir).add_seconds(0.0)),
            "versions": versions(),
        }
        accuracy, wrong = export(model.classifier, splits.test, folder, training, describe)
        say(
            f"\nTest accuracy {accuracy:.2%} ({wrong} of {len(splits.test)} wrong).\n"
            f"Files: {folder}"
        )

    return Task(
        open=lambda directory: Splits(
            *(open_images(spec, split, request) for split in ("train", "test"))
        ),
        batches=batches,
        averaged=("classifier",),
        extras=export_classifier,
        check=check,
    )


def check(model, splits):
    """Raises `ValueError` for pictures without the classes that the network tells."""
    check_classes(CLASSES, splits, "give a folder with one folder a digit, or tfds:mnist")


def check_classes(classes, splits, remedy):
    """Raises `ValueError` unless all pictures have one of so many classes.

    Args:
        classes: how many the network tells.
        splits: `Splits`.
        remedy: what a person should do.
    """
    for split in (splits.train, splits.test):
        labels = first(split, len(split)).get("labels")
        if labels is None or labels.max() >= classes:
            found = "no classes" if labels is None else f"the class {labels.max()}"
            raise ValueError(
                f"The classifier learns {classes} classes, from 0 on, and --data has {found}: "
                f"{remedy}."
            )


def distorted_batches(examples, *, global_batch_size, seed, start_step, **options):
    """`Task.batches`: distorted pictures and their classes; what a step sees follows from its
    number and `seed`.
    """

    def distorted(batch, step):
        images = distort(batch["images"], tf.stack([seed, tf.cast(step, tf.int32)]))
        return {"images": images, "labels": batch["labels"]}

    stream = train_batches(
        examples,
        global_batch_size=global_batch_size,
        seed=seed,
        start_step=start_step,
        **options,
    )
    steps = tf.data.Dataset.counter(start=start_step)
    return tf.data.Dataset.zip(stream, steps).map(distorted)


def export(network, test, folder, training, describe):
    """Writes SavedModel, card and a picture of the mistakes on the test split.

    Args:
        network: trained, from images to features and logits.
        test: `Examples` with `images` and `labels`.
        folder: of the classifier. What an earlier export wrote there is replaced once all is
            written, and what else lies there stays.
        training: what the card says about it.
        describe: as for `of_classifier`.

    Returns:
        (accuracy, how many of `test` are wrong).
    """
    item = interface.source_images(network.input_shape[1:])
    places.remove_leftovers(folder)
    staging = places.partial(folder / ".export")
    try:
        accuracy, wrong = _write(network, item, test, staging, training, describe)
        if (folder / "1").exists():
            (folder / "1").replace(staging / "before")
        for name in ("samples.png", "card.json", "README.md", "1"):
            (staging / name).replace(folder / name)
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return accuracy, wrong


def _write(network, item, test, folder, training, describe):
    """(accuracy, number of mistakes); writes SavedModel, picture and card."""
    path = saved_model.save(
        folder,
        network=network,
        signatures={
            "serving_default": tf.function(
                lambda images: network(guards.checked_input(item, images), training=False),
                input_signature=[item.spec()],
            )
        },
    )
    signature = tf.saved_model.load(str(path)).signatures["serving_default"]
    classify = served_by(lambda images: signature(images=tf.constant(images)))
    examples = first(test, len(test))
    images, labels = to_float(examples["images"]).numpy(), examples["labels"]
    found = np.argmax(in_batches(classify, "logits", BATCH, {"images": images}), axis=1)
    accuracy = float(np.mean(found == labels))
    wrong = np.flatnonzero(found != labels)
    classes = network.output["logits"].shape[-1]
    confusion = np.zeros((classes, classes), int)
    np.add.at(confusion, (labels, found), 1)
    shown = wrong if len(wrong) else np.arange(len(images))
    pictures.save(square_grid(images[shown[:SHOWN]], scale=2), folder / "samples.png")
    card = {
        "name": network.name,
        "kind": "classifier",
        "interface": {"input": list(item.shape), "range": [-1, 1], "classes": classes},
        "data": {name: test.info[name] for name in ("name", "description", "licence")},
        "training": training,
        "test": {"examples": len(labels), "accuracy": accuracy, "confusion": confusion.tolist()},
    }
    write_atomically(folder / "card.json", json.dumps(card, indent=2, sort_keys=True) + "\n")
    write_atomically(folder / "README.md", describe(card, len(wrong)))
    return accuracy, len(wrong)


def readme(card, wrong):
    """The card for a reader."""
    training = card["training"]
    flags = training["flags"]
    return f"""# A frozen classifier of handwritten digits

![Test digits](samples.png)

*{"The test digits that it gets wrong." if wrong else "Test digits. It gets none wrong."}*

Scores of generated digits are taken with its features (64, rectified) and class probabilities:
`python -m tfgan_zoo.metrics.score --extractor=mnist_cnn`. A Frechet distance on these features is
no FID: it is called "Frechet distance, mnist_cnn", and numbers of two classifiers must not be
compared. It maps `images` `[B, 28, 28, 1]` in [-1, 1], light digits on black, to `features`
`[B, 64]` and `logits` `[B, 10]`.

Test accuracy {card["test"]["accuracy"]:.2%} ({wrong} of {card["test"]["examples"]:,} wrong).
Trained on {flags["data"]} ({training["examples"]:,} pictures, {training["steps"]:,} batches of
{flags["batch_size"]}, seed {flags["seed"]}, {training["seconds"] / 60:.0f} minutes on
{training["versions"]["machine"]}, commit {training["versions"]["commit"]}):

    {training["command"]}

The test split had no part in any choice. Licence of the data: {card["data"]["licence"]}
"""
