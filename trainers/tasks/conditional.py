"""Pictures from latents and a label."""

import dataclasses

from trainers import flags
from trainers.tasks import pictures

KNOBS = (
    *pictures.KNOBS,
    flags.knob(
        "shuffle_labels",
        False,
        "Ablation: give every training picture the label of another, so that labels say nothing.",
    ),
    flags.knob(
        "per_label",
        1000,
        "Pictures of each label that are read for the scores, by mnist_cnn where they are digits, "
        "or by --extractor where it tells as many classes as there are labels.",
        low=1,
    ),
)
COLUMNS = 10  # of the grid with one row per label
BATCH = 250  # pictures whose statistics are taken at a time


def task(values, noisy=None, auxiliary=False):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        noisy: as in `tasks.unconditional`.
        auxiliary: whether the model has `classify(images, network=None)`, whose error on real
            pictures is scored too.
    """
    from tfgan_zoo.evaluate import auxiliary as head
    from tfgan_zoo.evaluate import by_class, tables
    from tfgan_zoo.evaluate import labels as scored
    from tfgan_zoo.evaluate.latent import SEED
    from tfgan_zoo.export.interface import Interface, images, labels, latents

    scores, per_label = pictures.monitored(values), values.per_label
    extractor = values.extractor

    def interface(model, splits):
        names = splits.info.get("label_names")
        return Interface(
            model.name,
            (latents(model.prior), labels(model.classes, names and tuple(names))),
            (images(splits.train.fields["images"].shape),),
            call=lambda latents, labels: model(model.condition(latents, labels)),
            networks=(model.generator,),
            noise=noise_of(model) if noisy and noisy(model) else None,
        )

    def validated(model, splits):
        inputs = scored.inputs_of(model.prior, model.classes)
        chosen = [
            *scores(inputs, splits),
            *scored.training(model.prior, splits.train, extractor),
        ]
        if auxiliary:
            chosen.append(head.training(model.classify, splits.train))
        return chosen

    def examples(model, splits):
        return scored.inputs(model.prior, tables.first(splits.test, 100)["labels"], SEED)

    def judged(model, splits):
        read = (splits.train, splits.test, per_label, extractor)
        chosen = [scored.export(model.prior, *read), by_class.export(model.prior, *read)]
        if auxiliary:
            readers = (model.classify, lambda pictures: reader_of(model, pictures))
            chosen.append(head.export(*readers, splits.train, splits.test))
        return chosen

    return pictures.generator_task(
        values,
        interface=interface,
        validated=validated,
        judged=judged,
        examples=examples,
        summary="Draws pictures of {size} of a chosen class.",
        grid=grid_inputs,
        sheet=sheet,
        opened=opened(values),
    )


def reader_of(model, pictures):
    """The model's `classify` by the statistics of real pictures `[N, H, W, C]`, without dropout:
    those that its discriminator keeps while it learns are of pictures under dropout.
    """
    import numpy as np

    from tfgan_zoo.training.batch_statistics import recomputed

    starts, seed = range(0, len(pictures), BATCH), np.zeros(2, np.int32)
    network = recomputed(
        model.discriminator, lambda: ([pictures[i : i + BATCH], seed] for i in starts)
    )
    return lambda images: model.classify(images, network)


def opened(values):
    """directory -> the training and test splits of --data, with labels."""
    open_pictures = pictures.opened(values)
    shuffle, seed, spec = values.shuffle_labels, values.seed, values.data

    def open_splits(directory):
        from tfgan_zoo.data.errors import DataError

        splits = open_pictures(directory)
        if "labels" not in splits.train.fields:
            raise DataError(
                f"--data={spec} has no labels: give a folder with one folder per class."
            )
        if not shuffle:
            return splits
        return dataclasses.replace(splits, train=with_shuffled_labels(splits.train, seed))

    return open_splits


def with_shuffled_labels(train, seed):
    """The table with its labels in another order."""
    import numpy as np

    from tfgan_zoo.data.examples import Examples

    labels = train.fetch(np.arange(len(train)))["labels"]
    shuffled = np.random.default_rng(seed).permutation(labels)
    return Examples(
        train.fields,
        train.names,
        train.info,
        lambda rows: {**train.fetch(rows), "labels": shuffled[rows]},
    )


def grid_inputs(model):
    """Inputs of the grid, row by row: a label a row, a latent a column."""
    import numpy as np

    latents = np.tile(model.prior.sample(COLUMNS, [0, 0]), [model.classes, 1])
    return {"latents": latents, "labels": np.repeat(np.arange(model.classes), COLUMNS)}


def sheet(samples, model):
    """The grid that a person looks at; small pictures twice as large."""
    from tfgan_zoo.kinds import image

    columns = [samples[column::COLUMNS] for column in range(COLUMNS)]
    return image.grid(columns, scale=2 if samples.shape[1] <= 32 else 1)


def noise_of(model):
    """`Interface.noise` of a model whose call takes a seed."""

    def noise(seed, latents, labels):
        import tensorflow as tf

        return model(model.condition(latents, labels), seed=tf.stack([seed, 0]))

    return noise
