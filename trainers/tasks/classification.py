"""A frozen classifier for scores: data, training in Keras' own loop, accuracy, export and card."""

import json
import pathlib
import shutil
import sys
import time

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.data.examples import DataError
from tfgan_zoo.data.pipeline import to_float, train_batches
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.export import saved_model
from tfgan_zoo.metrics.mnist_cnn import CLASSES, compile_for_training, distort, mnist_cnn
from tfgan_zoo.training import pictures
from tfgan_zoo.training.run_directory import versions, write_atomically

SIZE = (28, 28)
BATCH = 500
SHOWN = 64  # mistakes in the card's picture


def run(data, *, run_dir, export_dir, epochs, batch_size, seed, data_dir, download):
    """Trains `mnist_cnn` on `data`, measures it on the test split and exports it.

    Ends with one sentence and status 2 where the data cannot be used.
    """
    try:
        train, test = (
            open_images(
                data,
                split,
                image_size=SIZE,
                channels=1,
                val_count=0,
                data_dir=data_dir,
                download=download,
            )
            for split in ("train", "test")
        )
    except DataError as error:
        print(f"\nerror: {error}")
        raise SystemExit(2) from error
    run_dir = pathlib.Path(run_dir)
    folder = pathlib.Path(export_dir) if export_dir else run_dir / "mnist_cnn"
    keras.utils.set_random_seed(seed)
    network = mnist_cnn()
    steps = max(1, len(train) // batch_size)
    classifier = compile_for_training(network, steps * epochs)
    stamp = Progress(run_dir / "progress.json")
    classifier.fit(
        batches(train, batch_size, seed, start_step=steps * stamp.epochs),
        epochs=epochs,
        steps_per_epoch=steps,
        shuffle=False,
        verbose=1 if sys.stderr.isatty() else 2,
        # Kept when the run is over, so that the same command exports again without training.
        callbacks=[
            keras.callbacks.BackupAndRestore(str(run_dir / "backup"), delete_checkpoint=False),
            stamp,
        ],
    )
    export(
        network,
        test,
        folder,
        {
            "command": "python -m trainers.mnist_cnn "
            "--flagfile=trainers/flagfiles/mnist_cnn.flags --run_dir=RUN",
            "data": data,
            "examples": len(train),
            "epochs": epochs,
            "batch_size": batch_size,
            "seed": seed,
            "seconds": round(stamp.seconds),
            "versions": versions(),
        },
    )


class Progress(keras.callbacks.Callback):
    """Keeps in a file how many epochs a run has done and how long they took, over its processes."""

    def __init__(self, path):
        super().__init__()
        self.path = path
        done = json.loads(path.read_text()) if path.exists() else {"epochs": 0, "seconds": 0.0}
        self.epochs, self.seconds = done["epochs"], done["seconds"]

    def on_epoch_begin(self, epoch, logs=None):
        self.began = time.monotonic()

    def on_epoch_end(self, epoch, logs=None):
        self.epochs = epoch + 1
        self.seconds += time.monotonic() - self.began
        self.path.parent.mkdir(parents=True, exist_ok=True)
        done = {"epochs": self.epochs, "seconds": self.seconds}
        write_atomically(self.path, json.dumps(done) + "\n")


def batches(train, batch_size, seed, start_step=0):
    """Distorted pictures and their classes; what a step sees follows from its number and `seed`."""

    def distorted(batch, step):
        images = distort(batch["images"], tf.stack([seed, tf.cast(step, tf.int32)]))
        return images, batch["labels"]

    stream = train_batches(train, global_batch_size=batch_size, seed=seed, start_step=start_step)
    steps = tf.data.Dataset.counter(start=start_step)
    return tf.data.Dataset.zip(stream, steps).map(distorted)


def export(network, test, folder, training):
    """Writes SavedModel, card and a picture of the mistakes on the test split; prints the accuracy.

    Args:
        network: the trained `mnist_cnn`.
        test: `Examples` with `images` and `labels`.
        folder: of the classifier, which is written anew.
        training: what the card says about it.
    """
    if folder.exists():
        shutil.rmtree(folder)
    spec = tf.TensorSpec([None, *network.input_shape[1:]], tf.float32, name="images")
    path = saved_model.save(
        folder,
        network=network,
        signatures={
            "serving_default": tf.function(
                lambda images: network(images, training=False), input_signature=[spec]
            )
        },
    )
    classify = tf.saved_model.load(str(path)).signatures["serving_default"]
    examples = test.fetch(np.arange(len(test)))
    images, labels = to_float(examples["images"]).numpy(), examples["labels"]
    found = np.concatenate(
        [
            np.argmax(classify(images=tf.constant(images[i : i + BATCH]))["logits"], axis=1)
            for i in range(0, len(images), BATCH)
        ]
    )
    accuracy = float(np.mean(found == labels))
    wrong = np.flatnonzero(found != labels)
    confusion = np.zeros((CLASSES, CLASSES), int)
    np.add.at(confusion, (labels, found), 1)
    picture = pictures.square_grid(images[wrong[:SHOWN]], scale=2)
    pictures.save(picture, folder / "samples.png")
    card = {
        "name": network.name,
        "kind": "classifier",
        "interface": {"input": list(spec.shape[1:]), "range": [-1, 1], "classes": CLASSES},
        "data": {name: test.info[name] for name in ("name", "description", "licence")},
        "training": training,
        "test": {"examples": len(labels), "accuracy": accuracy, "confusion": confusion.tolist()},
    }
    write_atomically(folder / "card.json", json.dumps(card, indent=2, sort_keys=True) + "\n")
    write_atomically(folder / "README.md", readme(card, len(wrong)))
    print(f"Test accuracy {accuracy:.2%} ({len(wrong)} of {len(labels)} wrong).\nFiles: {folder}")


def readme(card, wrong):
    """The card for a reader."""
    training = card["training"]
    return f"""# A frozen classifier of handwritten digits

![Test digits that it takes for another](samples.png)

*The test digits that it gets wrong.*

Scores of generated digits are taken with its features (64, rectified) and class probabilities:
`python -m tfgan_zoo.metrics.score --extractor=mnist_cnn`. A Frechet distance on these features is
no FID: it is called "Frechet distance, mnist_cnn", and numbers of two classifiers must not be
compared. It maps `images` `[B, 28, 28, 1]` in [-1, 1], light digits on black, to `features`
`[B, 64]` and `logits` `[B, 10]`.

Test accuracy {card["test"]["accuracy"]:.2%} ({wrong} of {card["test"]["examples"]:,} wrong).
Trained on {training["data"]} ({training["examples"]:,} pictures, {training["epochs"]} epochs of
batches of {training["batch_size"]}, seed {training["seed"]}, {training["seconds"] / 60:.0f} minutes
on {training["versions"]["machine"]}, commit {training["versions"]["commit"]}):

    {training["command"]}

The test split had no part in any choice. Licence of the data: {card["data"]["licence"]}
"""
