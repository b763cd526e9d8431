"""Measures face de-occlusion beside completion, which is told what is covered.

python -m trainers.experiments.deocclusion_beside_completion --deocclusion=runs/a,runs/b
    --completion=runs/c --judges=PEOPLE --output=beside.png

The runs are of `trainers.face_deocclusion` and `trainers.completion`, on the same data at the same
size. The test pictures are covered alike for all. It prints a table, writes it as JSON beside the
picture, and draws the first pictures: covered, restored by each, true. The two do not know the
same: completion gets the true mask and never sees what covers a face.
"""

import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

COLUMNS = 8  # pictures that are drawn

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_list("deocclusion", [], "Folders of runs of trainers.face_deocclusion.")
    flags.DEFINE_list("completion", [], "Folders of runs of trainers.completion.")
    flags.DEFINE_list("judges", ["random"], "Frozen networks, as --judges of face_deocclusion.")
    flags.DEFINE_string(
        "output", None, "The picture to write; the numbers lie beside it, as .json."
    )


def main():
    if not (FLAGS.deocclusion and FLAGS.completion and FLAGS.output):
        raise UsageError("--deocclusion, --completion and --output are needed.")
    from trainers.tasks.deocclusion import recognisers

    models, fillers, splits = opened(FLAGS.deocclusion, FLAGS.completion)
    rows = compared(models, fillers, splits, recognisers(FLAGS.judges))
    for name, scores in rows.items():
        print(f"{name}: {running.said(scores)}")
    output = pathlib.Path(FLAGS.output)
    drawn(models, fillers, splits).save(output)
    running.written(rows, output)


def opened(deocclusion, completion):
    """(models by name, completion models by name, `Splits` of the first run's data)."""
    from trainers.completion import TRAINER as FILLS
    from trainers.face_deocclusion import TRAINER

    first = deocclusion[0]
    values = running.settings(TRAINER, first)
    splits = TRAINER.task(values).open(running.directory_of(first, TRAINER.name))
    size = (*values.image_size, values.channels)
    for trainer, places in ((TRAINER, deocclusion), (FILLS, completion)):
        for place in places:
            own = running.settings(trainer, place)
            if (*own.image_size, own.channels) != size or own.data != values.data:
                raise UsageError(f"{place} and {first} are not of the same data at the same size.")
    return (
        {pathlib.Path(place).name: running.trained(TRAINER, place) for place in deocclusion},
        {pathlib.Path(place).name: running.trained(FILLS, place, splits) for place in completion},
        splits,
    )


def compared(models, fillers, splits, networks):
    """Name -> scores by name (`evaluate.deocclusion`), of each model and of two answers that need
    no training.
    """
    from tfgan_zoo.evaluate import deocclusion

    occlude = next(iter(models.values())).occlude
    found = deocclusion.untrained(splits.test, splits.train, occlude, networks)
    for name, model in models.items():
        answer, find = answer_of(model), model.find
        found[name] = deocclusion.scores_of(answer, splits.test, occlude, find, networks)
    for name, model in fillers.items():
        own = deocclusion.scores_of(model, splits.test, occlude, networks=networks)
        found[f"{name}, told the mask"] = own
    return found


def answer_of(model):
    """(images, masks) -> what a model of face de-occlusion restores without the masks."""
    return lambda images, masks: model(images)


def drawn(models, fillers, splits):
    """The first test pictures, a row each of covered, restored by each model, and true."""
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.evaluate.tables import first_pictures
    from tfgan_zoo.kinds import image
    from trainers.tasks.deocclusion import SEED

    real = first_pictures(splits.test, COLUMNS)
    covered, masks = next(iter(models.values())).occlude(tf.constant(SEED), tf.constant(real))
    restored = [model(covered) for model in models.values()]
    restored += [model(covered, masks) for model in fillers.values()]
    rows = [np.clip(row, -1.0, 1.0) for row in (covered, *restored, real)]
    columns = [np.stack(column) for column in zip(*rows, strict=True)]
    return image.grid(columns, scale=2 if real.shape[1] <= 64 else 1)


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
