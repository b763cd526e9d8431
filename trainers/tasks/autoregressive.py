"""Pictures that are drawn one pixel after the other, by models that say how probable each is.

The model has

- `shape`, `classes` (0 for none), `network`, and `distribution` of a pixel (`losses.pixels`);
- `prior`, uniform, of the chance that each pixel is drawn by;
- `log_prob(pixels, labels)`, `draw(latents, temperature, labels)` and `complete(pixels, given,
  latents, temperature, labels)`; see `models.likelihood.pixel_cnn.PixelCNN`.

To such a model the latents of a picture are one number in [0, 1) for each draw of a pixel, which
chooses the level at which the sum of probabilities passes it. So what is exported is a function
from latents to pictures as a GAN's generator is, which may be scored, explored and looked at like
one. Its SavedModel also draws from a seed, says how probable a picture is and completes pictures.
"""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import pictures

UNCONDITIONAL_KNOBS = (
    # A discriminator, whose features could be exported, there is none.
    *(item for item in pictures.KNOBS if item.name != "export_features"),
    flags.knob(
        "validated_pictures", 1000, "Validation pictures whose likelihood is asked for.", low=1
    ),
)
KNOBS = (
    *UNCONDITIONAL_KNOBS,
    flags.knob("conditional", False, "Learn the data's classes, and draw each on demand."),
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
NOTE = (
    "The loop over the pixels is inside the file. A pixel whose chance lies within rounding of a "
    "threshold may fall otherwise than in the SavedModel, and all that come after it with it."
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


def by_class(values):
    """Whether classes are learnt; not by a model that cannot."""
    return values.has("conditional") and values.conditional


def classes(values, splits):
    """Number of labels; 0 without --conditional."""
    from tfgan_zoo.evaluate.labels import count_classes

    return count_classes(splits.train) if by_class(values) else 0


def task(values):
    """The `Task`, from the flags.

    Raises:
        ValueError: for an int8 file, which there cannot be.
    """
    import numpy as np

    from tfgan_zoo.evaluate import autoregressive as scored
    from tfgan_zoo.evaluate import labels, latent, tables
    from tfgan_zoo.training.task import Export, Task

    if "int8" in values.tflite:
        raise ValueError(
            "A TFLite file of int8 needs ranges that TensorFlow cannot take inside a loop over "
            "pixels: leave int8 out of --tflite."
        )
    scores, validated = pictures.monitored(values), values.validated_pictures
    effort = values.only("marginal_pictures", "per_label") if by_class(values) else {}

    def inputs_of(model):
        """(count, seed) -> latents, and labels in turn where there are classes."""
        if model.classes:
            return labels.inputs_of(model.prior, model.classes)
        return latent.inputs_of(model.prior)

    def inputs(model):
        """Those of the grid that a person looks at, a class a row."""
        return inputs_of(model)((model.classes or COLUMNS) * COLUMNS, latent.SEED)

    def validated_scores(model, splits):
        likelihood = scored.training(model, splits.validation, validated)
        return [likelihood, *scores(inputs_of(model), splits)]

    def preview(model, splits):
        samples = sampler(model, splits)(**inputs(model))["images"].numpy()
        return pictures.preview(splits, sheet(samples), samples)

    def judged(model, splits):
        def seen(images):
            return scored.pixels_of(images, model.distribution)

        few = effort.get("marginal_pictures", 0)
        found = [scored.export(model, splits.test, splits.train, few)]
        both = (model.prior, splits.train, splits.test)
        if model.classes:
            return [*found, labels.export(*both, effort["per_label"], seen=seen)]
        return [*found, latent.export(*both, seen)]

    def picture(model, splits):
        """served -> samples, and beside them halves of held-out pictures and how they go on."""
        real, own = held_out(model, splits, model.classes or COLUMNS)
        rows = real.shape[1] // 2
        half = np.concatenate([real[:, :rows], np.zeros_like(real[:, rows:])], axis=1)
        go_on = completion(model, splits)
        completed = [
            go_on(images=real, rows=rows, seed=seed, temperature=1.0, **own)["images"].numpy()
            for seed in range(COMPLETED)
        ]
        return lambda served: sheet(served(**inputs(model))["images"], [real, half, *completed])

    def exports(model, splits):
        height, width, _ = model.shape
        kind = " of a chosen class" if model.classes else ""
        return [
            Export(
                sampler(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws pictures of {height}x{width}{kind}, one pixel after the other, "
                "says how probable a picture is, and completes pictures of which the upper rows "
                "are given.",
                examples=inputs_of(model)(8, latent.SEED),
                evaluators=judged(model, splits),
                picture=lambda served: picture(model, splits)(served),
                shown=tables.shown(splits.test, {"real": "images"}),
            )
        ]

    return Task(
        open=opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(sampler, validated_scores),
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


def sheet(samples, beside=()):
    """The grid that a person looks at: samples `[rows * COLUMNS, H, W, C]`, whose classes are in
    turn, a class a row; and further columns.
    """
    from tfgan_zoo.kinds import image

    rows = len(samples) // COLUMNS
    columns = [samples[column * rows : (column + 1) * rows] for column in range(COLUMNS)]
    return image.grid([*columns, *beside], scale=2 if samples.shape[1] <= 32 else 1)


def opened(values):
    """directory -> the training, test and validation splits of --data."""
    spec, cache_dir, conditional = values.data, values.cache_dir, by_class(values)
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
    """The `Interface` that draws: `latents`, which are the chance of each pixel, and `labels` where
    there are classes -> `images`; with the further functions `draw`, `log_prob` and `complete`.
    """
    from tfgan_zoo.export import interface as made

    return made.Interface(
        model.name,
        (made.latents(model.prior), *label_inputs(model, splits)),
        (made.images(model.shape),),
        call=lambda latents, labels=None: model.draw(latents, labels=labels),
        networks=(model.network,),
        lite_note=NOTE,
        also=(drawing(model, splits), likelihood(model, splits), completion(model, splits)),
    )


def label_inputs(model, splits):
    """The input `labels`, where the model has classes."""
    from tfgan_zoo.export import interface as made

    if not model.classes:
        return ()
    names = splits.info.get("label_names")
    return (made.labels(model.classes, names and tuple(names)),)


def drawing(model, splits):
    """The function `draw`: `num`, or `labels` where there are classes, `seed` and `temperature` ->
    `images`.
    """
    import tensorflow as tf

    from tfgan_zoo.export import interface as made

    counted = label_inputs(model, splits) or (made.count(),)

    def call(seed, temperature, num=None, labels=None):
        count = num if labels is None else tf.shape(labels)[0]
        latents = model.prior.sample(count, tf.stack([seed, 0]))
        return model.draw(latents, temperature, labels)

    return made.Interface(
        "draw",
        (*counted, made.seed(), made.number("temperature", 1.0)),
        (made.images(model.shape),),
        call=call,
        about="Draws pictures from a seed; below a temperature of 1 what is probable becomes more "
        "so.",
    )


def likelihood(model, splits):
    """The function `log_prob`: `images`, and `labels` where there are classes -> `log_prob`."""
    from tfgan_zoo.export import interface as made

    def call(images, labels=None):
        return model.log_prob(levels(model, images), labels)[:, None]

    given = " given its label" if model.classes else ""
    return made.Interface(
        "log_prob",
        (made.source_images(model.shape), *label_inputs(model, splits)),
        (made.vector("log_prob", 1),),
        call=call,
        about=f"The logarithm of a picture's probability{given}, in nats, exact; of pixels in "
        f"{model.distribution.levels} levels.",
    )


def completion(model, splits):
    """The function `complete`: `images`, of which the first `rows` stay, `seed`, `temperature`, and
    `labels` where there are classes -> `images`.
    """
    import tensorflow as tf

    from tfgan_zoo.export import interface as made

    def call(images, rows, seed, temperature, labels=None):
        chance = model.prior.sample(tf.shape(images)[0], tf.stack([seed, 0]))
        stays = (tf.range(model.shape[0]) < rows)[:, None, None]
        # What is not read may be anything.
        pixels = levels(model, tf.where(stays, images, -1.0))
        return model.complete(pixels, rows, chance, temperature, labels)

    rows = made.Input("rows", "number", (), "int32", default=model.shape[0] // 2)
    return made.Interface(
        "complete",
        (
            *(made.source_images(model.shape), rows, made.seed()),
            *(made.number("temperature", 1.0), *label_inputs(model, splits)),
        ),
        (made.images(model.shape),),
        call=call,
        about="Keeps the first rows of each picture and draws the others.",
    )


def levels(model, images):
    """The pixels that the model knows, of pictures in [-1, 1]: refused in the graph where they are
    not black or white, if that is all it knows, and else the nearest levels.
    """
    import tensorflow as tf

    from tfgan_zoo.export import guards

    found = model.distribution.nearest(images)
    if model.distribution.levels > 2:
        return found
    own = tf.reduce_all(tf.abs(found - images) < 1e-3)
    sentence = "images must hold pixels of -1 and 1 alone: this model knows black and white."
    return guards.after([guards.demand(own, sentence)], found)
