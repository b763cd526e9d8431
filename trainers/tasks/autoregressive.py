"""Pictures that are drawn one pixel after the other, by models that say how probable each is.

The model has

- `shape`, `classes` (0 for none), `network`, and `distribution` of a pixel (`losses.pixels`);
- `log_prob(pixels, labels)`, `sample(count, seed, temperature, labels)` and `complete(pixels,
  given, seed, temperature, labels)`; see `models.likelihood.pixel_cnn.PixelCNN`.

What is exported draws pictures, from a number or from labels; its SavedModel also says how probable
a picture is and completes pictures of which the upper rows are given.
"""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import pictures

KNOBS = (
    # A discriminator, whose features could be exported, there is none.
    *(item for item in pictures.KNOBS if item.name != "export_features"),
    flags.knob("conditional", False, "Learn the data's classes, and draw each on demand."),
    flags.knob(
        "validated_pictures", 1000, "Validation pictures whose likelihood is asked for.", low=1
    ),
    flags.knob(
        "marginal_pictures",
        1000,
        "Test pictures whose likelihood the export's scores ask for under every class.",
        low=1,
    ),
    flags.knob(
        "per_label",
        100,
        "Pictures of each label that the digit classifier reads for the scores.",
        low=1,
    ),
)
COLUMNS = 8  # of a grid of samples, and rows; where there are classes, a row each
COMPLETED = 2  # completions of each half picture beside the samples


def distribution_knobs():
    """The flags of a pixel's distribution."""
    return (
        flags.knob(
            "output",
            "bernoulli",
            "Distribution of a pixel: black or white (bernoulli; grey levels are drawn afresh in "
            "each step), a number for each level (softmax), or a mixture of logistic densities.",
            choices=("bernoulli", "softmax", "logistic"),
        ),
        flags.knob("levels", 256, "Values of a pixel's channel, for softmax and logistic.", low=2),
        flags.knob("mixtures", 10, "Densities in the mixture of --output=logistic.", low=1),
    )


def distribution(values):
    """Arguments of the model, from these flags."""
    own = values.only("output")
    if values.output != "bernoulli":
        own |= values.only("levels")
    return own | (values.only("mixtures") if values.output == "logistic" else {})


def classes(values, splits):
    """Number of labels; 0 without --conditional."""
    from tfgan_zoo.evaluate.labels import count_classes

    return count_classes(splits.train) if values.conditional else 0


def task(values):
    """The `Task`, from the flags."""
    import numpy as np

    from tfgan_zoo.evaluate import autoregressive as scored
    from tfgan_zoo.evaluate import labels, tables
    from tfgan_zoo.training.task import Export, Task

    scores, validated = pictures.monitored(values), values.validated_pictures
    conditional = values.conditional
    effort = values.only("marginal_pictures", "per_label") if conditional else {}

    def asked(model, count, seed):
        """Inputs of the sampler, where it takes classes each in turn; `seed` is a number."""
        given = {"seed": np.int32(seed), "temperature": np.float32(1)}
        if model.classes:
            return {"labels": (np.arange(count) % model.classes).astype(np.int32), **given}
        return {"num": np.int32(count), **given}

    def validation_scores(model, splits):
        found = [scored.training(model, splits.validation, validated)]
        if values.metrics:
            found += scores(None, splits)
        return found

    def preview(model, splits):
        rows = model.classes or COLUMNS
        inputs = asked(model, rows * COLUMNS, 0)
        samples = sampler(model, splits)(**inputs)["images"].numpy()
        return pictures.preview(splits, sheet(samples, rows), samples)

    def judged(model, splits):
        found = [scored.export(model, splits.test, splits.train, effort.get("marginal_pictures", 0))]
        if not model.classes:
            return [*found, scored.closeness(splits.train, splits.test, model.distribution)]

        def draw(served, wanted, seed):
            return scored.drawn(served, len(wanted), 10 * seed[0] + seed[1], wanted)

        def seen(images):
            return scored.pixels_of(images, model.distribution)

        own = labels.of_classes(draw, splits.train, splits.test, effort["per_label"], seen)
        return [*found, own]

    def picture(model, splits):
        """served -> samples, and beside them halves of held-out pictures and how they go on."""
        rows = model.classes or COLUMNS
        real, own = held_out(model, splits, rows)
        completed = [
            complete(model)(images=real, rows=real.shape[1] // 2, seed=seed, **own)
            for seed in range(COMPLETED)
        ]

        def drawn(served):
            samples = served(**asked(model, rows * COLUMNS, 0))["images"]
            half = np.concatenate(
                [real[:, : real.shape[1] // 2], np.zeros_like(real[:, real.shape[1] // 2 :])], 1
            )
            beside = [real, half, *(np.asarray(found) for found in completed)]
            return sheet(samples, rows, beside)

        return drawn

    def exports(model, splits):
        height, width, _ = model.shape
        kind = " of a chosen class" if model.classes else ""
        return [
            Export(
                sampler(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws pictures of {height}x{width}{kind}, pixel by pixel, says how "
                "probable a picture is, and completes pictures.",
                examples=asked(model, 8, 0),
                evaluators=judged(model, splits),
                picture=lambda served: picture(model, splits)(served),
                shown=tables.shown(splits.test, {"real": "images"}),
            )
        ]

    return Task(
        open=opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(sampler, validation_scores),
        batches=pictures.stream(values),
        averaged=("network",),
    )


def held_out(model, splits, rows):
    """Held-out pictures as the model's levels, one of each class where it has classes, and the
    label of each by the name of the input.
    """
    import numpy as np

    from tfgan_zoo.evaluate import autoregressive as scored
    from tfgan_zoo.evaluate import tables

    if not model.classes:
        real = tables.first_pictures(splits.test, rows)
        return scored.pixels_of(real, model.distribution), {}
    first = tables.first(splits.test, 1000)["labels"]
    places = [int(np.argmax(first == label)) for label in range(model.classes)]
    real = tables.first_pictures(splits.test, 1000)[places]
    return scored.pixels_of(real, model.distribution), {"labels": first[places].astype(np.int32)}


def sheet(samples, rows, beside=()):
    """The grid that a person looks at: samples `[rows * COLUMNS, H, W, C]`, whose classes are in
    turn, a class a row; and further columns.
    """
    from tfgan_zoo.kinds import image

    columns = [samples[column * rows : (column + 1) * rows] for column in range(COLUMNS)]
    return image.grid([*columns, *beside], scale=2 if samples.shape[1] <= 32 else 1)


def opened(values):
    """directory -> the training, test and validation splits of --data."""
    spec, cache_dir, conditional = values.data, values.cache_dir, values.conditional
    request = values.filled(Request, "images", progress=pictures.show_reading)

    def open_splits(directory):
        from tfgan_zoo.data.errors import DataError
        from tfgan_zoo.data.sources import open_images
        from tfgan_zoo.training.task import Splits

        own = dataclasses.replace(request, cache_dir=cache_dir or directory.cache)
        names = ("train", "test", "validation")
        splits = Splits(*(open_images(spec, name, own) for name in names))
        if conditional and "labels" not in splits.train.fields:
            raise DataError(
                f"--data={spec} has no labels: leave out --conditional, or give a folder with one "
                "folder per class."
            )
        return splits

    return open_splits


def sampler(model, splits):
    """The `Interface` that draws: `num` or `labels`, `seed`, `temperature` -> `images`."""
    import tensorflow as tf

    from tfgan_zoo.export import interface as made

    inputs = (made.seed(), made.number("temperature", 1.0))
    if model.classes:
        names = splits.info.get("label_names")
        first = made.labels(model.classes, names and tuple(names))

        def call(labels, seed, temperature):
            own = tf.stack([seed, 0])
            return model.sample(tf.shape(labels)[0], own, temperature, labels)
    else:
        first = made.count()

        def call(num, seed, temperature):
            return model.sample(num, tf.stack([seed, 0]), temperature)

    return made.Interface(
        model.name,
        (first, *inputs),
        (made.images(model.shape),),
        call=call,
        networks=(model.network,),
    )


def complete(model):
    """(images, rows, seed, labels) -> pictures whose other rows are drawn."""
    import tensorflow as tf

    @tf.function
    def completed(images, rows, seed, labels=None):
        return model.complete(images, rows, tf.stack([seed, 0]), 1.0, labels)

    return completed
