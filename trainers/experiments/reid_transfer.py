"""Measures what translated pictures are worth to a net that recognises people: direct transfer
beside CycleGAN and SPGAN.

python -m trainers.experiments.reid_transfer --output=transfer.json
    --translators=CycleGAN=runs/a/export/cyclegan/a_to_b,SPGAN=runs/b/export/spgan/a_to_b

The people of the street have labels, those of the station have none. A net learns from the street's
pictures as they are (direct transfer) or as a translator draws them in the station, from the same
first weights, and is tested on people of the station, by rank-1 and mAP. A row more learns from the
station's own training people, as if they had labels: what can be reached. Every row is printed and
written when it is there, and a repeated command goes on behind the last.
"""

import functools
import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

SOURCE, TARGET = "people_street", "people_station"
SPLITS = ("test", "validation")
SETTINGS = ("split", "steps", "batch_size", "filters", "dropout", "learning_rate")
DIRECT, LABELLED = "direct transfer", "labelled target"

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("output", None, "The JSON of the rows.")
    flags.DEFINE_list("translators", [], "Exports from street to station, each as NAME=FOLDER.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds of the recognising net, a row for each.")
    flags.DEFINE_enum("split", "test", SPLITS, "Whose people are found.")
    flags.DEFINE_integer("steps", 300, "Steps of a net.", 1)
    flags.DEFINE_integer("batch_size", 32, "Pictures in a step.", 1)
    flags.DEFINE_integer("filters", 16, "Channels of the net's first layer.", 1)
    flags.DEFINE_float("dropout", 0.5, "Share of the features that training sets to zero.", 0.0)
    flags.DEFINE_float("learning_rate", 0.05, "Learning rate; a tenth in the last fifth.", 0.0)
    flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets.")


def main():
    if not FLAGS.output:
        raise UsageError("--output is needed: the JSON of the rows.")
    if not all("=" in word for word in FLAGS.translators):
        raise UsageError("--translators are words NAME=FOLDER with commas between.")
    seeds = running.numbers(FLAGS.seeds)
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate import recognition
    from tfgan_zoo.evaluate.evaluator import served_by
    from tfgan_zoo.metrics.generated import is_generator

    translators = dict(word.split("=", 1) for word in FLAGS.translators)
    for name, folder in translators.items():
        if not is_generator(folder):
            raise UsageError(
                f"--translators={name}={folder} holds no exported translator: name a folder with "
                "a SavedModel, such as RUN/export/spgan/a_to_b."
            )
    request = Request(image_size=(64, 32), data_dir=FLAGS.data_dir)
    source, target = (open_images(spec, "train", request) for spec in (SOURCE, TARGET))
    judged = open_images(TARGET, FLAGS.split, request)
    arms = {DIRECT: lambda: fields(source), LABELLED: lambda: fields(target)}
    for name, folder in translators.items():
        arms[name] = lambda folder=folder: translated(source, folder)
    pixels = recognition.of_features(recognition.pixels(judged), judged)
    print(f"the pixels themselves: {running.said(pixels)}", flush=True)
    settings = {name: FLAGS[name].value for name in SETTINGS}
    learnt_from = functools.lru_cache(1)(lambda name: arms[name]())

    def measure(name, seed):
        model = learnt(*learnt_from(name), seed, settings)
        return recognition.scores(served_by(lambda images: model(images)), judged)

    cells = [
        (name, seed, settings | {"translators": translators.get(name)})
        for name in arms
        for seed in seeds
    ]
    rows = running.recorded(pathlib.Path(FLAGS.output), cells, measure)
    print("\n".join(table(rows, ("rank-1", "mAP"))))


def fields(table):
    """(pictures uint8 `[N, H, W, 3]`, persons int32 `[N]`) of a table of people."""
    from tfgan_zoo.evaluate.tables import first

    found = first(table, len(table))
    return found["images"], found["persons"]


def translated(table, folder):
    """The same with the pictures as an exported translator draws them."""
    import numpy as np

    from tfgan_zoo.metrics.generated import Generator

    images, persons = fields(table)
    batches = (images[start : start + 64] for start in range(0, len(images), 64))
    return np.concatenate(list(Generator(folder).translate(batches))), persons


def learnt(images, labels, seed, settings, arm="none", generated=None):
    """The net that has learnt from pictures with labels, and perhaps from generated ones.

    Args:
        images: uint8 `[N, H, W, C]`.
        labels: int32 `[N]`, from 0.
        seed: of first weights, batches and dropout.
        settings: `steps`, `batch_size`, `filters`, `dropout` and `learning_rate` by name; of the
            arms with generated pictures `generated_batch_size` too.
        arm: of `LSRO`.
        generated: uint8 `[M, H, W, C]`.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.kinds.image import to_float
    from tfgan_zoo.models.recognition.lsro import LSRO

    keras.utils.set_random_seed(seed)  # the same first weights in all arms
    steps = settings["steps"]
    model = LSRO(
        image_size=images.shape[1:3],
        channels=images.shape[3],
        classes=int(labels.max()) + 1,
        arm=arm,
        pseudo_from=round(0.4 * steps) if arm == "pseudo_label" else 0,
        filters=settings["filters"],
        dropout=settings["dropout"],
        seed=seed,
    )
    rate = settings["learning_rate"]
    rates = keras.optimizers.schedules.PiecewiseConstantDecay(
        [round(0.8 * steps)], [rate, 0.1 * rate]
    )
    model.compile(classifier=keras.optimizers.SGD(rates, momentum=0.9, nesterov=True))
    step = tf.function(model.train_step, autograph=False)
    chance = np.random.default_rng(seed)

    def mirrored(pictures):
        turned = chance.random(len(pictures)) < 0.5
        return to_float(np.where(turned[:, None, None, None], pictures[:, :, ::-1], pictures))

    for _ in range(steps):
        rows = chance.choice(len(images), settings["batch_size"], replace=False)
        batch = {"images": mirrored(images[rows]), "labels": tf.constant(labels[rows])}
        if arm != "none":
            drawn = chance.choice(len(generated), settings["generated_batch_size"], replace=False)
            batch["generated"] = mirrored(generated[drawn])
        step(batch)
    return model


def table(rows, names):
    """Lines in Markdown: each arm's means over the seeds, and in brackets each seed's."""
    lines = [f"| arm | {' | '.join(names)} |", "|---|" + "---|" * len(names)]
    for arm in dict.fromkeys(row["arm"] for row in rows):
        own = [row for row in rows if row["arm"] == arm]
        cells = [arm]
        for name in names:
            values = [row[name] for row in own]
            each = ", ".join(f"{value:.3f}" for value in values)
            cells.append(f"{sum(values) / len(values):.3f} ({each})")
        lines.append(f"| {' | '.join(cells)} |")
    return lines


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
