"""Pictures of people, or of classes, that are recognised, with the help of generated pictures."""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks.pictures import show_reading

KNOBS = (
    *flags.of(Request, family="images"),
    flags.knob("flip", False, "Mirror half of the training pictures, left to right."),
    flags.knob(
        "labelled",
        0,
        "Training pictures that are kept, as many of each person or class, chosen by --seed; 0: "
        "all.",
        low=0,
    ),
    flags.knob(
        "generated",
        None,
        "Folder of an exported generator of pictures from latents, such as RUN/export/dcgan, whose "
        "pictures are learnt from too. It is not trained.",
        kind="str",
    ),
    flags.knob(
        "generated_count", 6000, "Pictures that the generator draws, once, by --seed.", low=1
    ),
    flags.knob("generated_batch_size", 32, "Generated pictures in a step.", low=1),
)
ROWS, COLUMNS = 8, 7  # of the sheet of pictures and those that are found
_ORDER = 1 << 60  # added to the seed: the order of the generated pictures


def task(values, arm):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        arm: values -> whether the model learns from generated pictures.
    """
    from tfgan_zoo.data import semi_supervised
    from tfgan_zoo.evaluate import recognition, tables
    from tfgan_zoo.export import interface as made
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training.task import Export, Preview, Splits, Task, Validation

    spec, cache_dir, flip, labelled = values.data, values.cache_dir, values.flip, values.labelled
    request = values.filled(Request, "images", progress=show_reading)
    seed, drawn = values.seed, {}
    if arm(values):
        folder, count = values.generated, values.generated_count
        size = values.generated_batch_size

    def open_splits(directory):
        from tfgan_zoo.data.sources import open_images

        own = dataclasses.replace(request, cache_dir=cache_dir or directory.cache)
        train, test, validation = (open_images(spec, s, own) for s in ("train", "test", "val"))
        train = with_labels(train, spec)
        if labelled:
            train = semi_supervised.choose_labelled(train, labelled, seed)
        if arm(values):
            drawn["table"] = generated(folder, count, seed, train.fields["images"])
        return Splits(train, test, validation)

    def batches(examples, *, global_batch_size, seed, **options):
        import tensorflow as tf

        from tfgan_zoo.data.pipeline import train_batches

        real = train_batches(
            examples,
            global_batch_size=global_batch_size,
            seed=seed,
            flip=flip,
            fields=("images", "labels"),
            **options,
        )
        if not drawn:
            return real
        others = train_batches(
            drawn["table"], global_batch_size=size, seed=seed + _ORDER, flip=flip, **options
        )
        return tf.data.Dataset.zip(real, others).map(lambda a, b: {**a, **b})

    def interface(model, splits):
        shape = splits.train.fields["images"].shape
        features, logits = (model.classifier.output[n].shape[-1] for n in ("features", "logits"))
        embed = made.Interface(
            "embed",
            (made.source_images(shape),),
            (made.vector("embedding", features),),
            call=lambda images: model.embed(images),
            about="The features, divided by their length: two pictures of one person are near.",
        )
        return made.Interface(
            model.name,
            (made.source_images(shape),),
            (made.vector("features", features), made.vector("logits", logits)),
            call=lambda images: model(images),
            networks=(model.classifier,),
            also=(embed,),
        )

    def validation(model, splits):
        from tfgan_zoo.evaluate import evaluator

        own = recognition.training(splits.validation)

        def measure(model):
            return own.measure(evaluator.served_by(interface(model, splits)))

        return Validation(measure, own.better)

    def sheet(served, table):
        found = recognition.nearest(served, table, ROWS, COLUMNS)
        pictures = tables.first_pictures(table, len(table))[found]
        columns = [pictures[:, column] for column in range(COLUMNS + 1)]
        captions = ["picture", "nearest"] + [""] * (COLUMNS - 1)
        return image.grid(columns, captions, scale=max(1, 96 // pictures.shape[2]))

    def preview(model, splits):
        from tfgan_zoo.evaluate import evaluator

        served = evaluator.served_by(interface(model, splits))
        real = tables.first_pictures(splits.validation, 64)
        # It draws nothing: what a person sees are pictures of the set, which cannot collapse.
        spread = splits.validation.fields["images"].spread
        return Preview(sheet(served, splits.validation), real, real, spread)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        first = tables.first_pictures(splits.train, 100)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Gives features of a picture of {height}x{width} by which what it shows "
                "is found again in others.",
                examples={"images": tables.first_pictures(splits.test, 8)},
                evaluators=[recognition.export(splits.test)],
                picture=lambda served: sheet(served, splits.test),
                calibration={"images": first},
                shown=tables.shown(splits.test, {"images": "images"}),
            )
        ]

    return Task(
        open=open_splits,
        preview=preview,
        exports=exports,
        validation=validation,
        batches=batches,
        averaged=("classifier",),
    )


def with_labels(table, spec):
    """The table with `labels`, which persons are too.

    Raises:
        DataError: where there are neither.
    """
    from tfgan_zoo.data.errors import DataError
    from tfgan_zoo.data.examples import Examples

    if "labels" in table.fields:
        return table
    if "persons" not in table.fields:
        raise DataError(
            f"--data={spec} says of no picture whom or what it shows: give people, or a folder "
            "with one folder for each person or class."
        )

    def fetch(rows):
        found = table.fetch(rows)
        return {"images": found["images"], "labels": found["persons"]}

    fields = {"images": table.fields["images"], "labels": table.fields["persons"]}
    return Examples(fields, table.names, table.info, fetch)


def classes(splits):
    """How many persons or classes the training table has."""
    from tfgan_zoo.evaluate.labels import count_classes

    return splits.train.fields["labels"].count or count_classes(splits.train)


def generated(folder, count, seed, kind):
    """What an exported generator draws, as a table with the field `generated`.

    Args:
        folder: of the export.
        count: of the pictures.
        seed: of the latents.
        kind: of the real pictures.

    Raises:
        DataError: for a folder that holds no generator of such pictures.
    """
    import numpy as np

    from tfgan_zoo.data.errors import DataError
    from tfgan_zoo.data.examples import Examples
    from tfgan_zoo.metrics.generated import Generator, is_generator

    if not folder:
        raise DataError(
            "--generated is missing: name the folder of an exported generator, such as "
            "RUN/export/dcgan, or give --arm=none."
        )
    if not is_generator(folder):
        raise DataError(
            f"--generated={folder} holds no exported generator: name a folder with a SavedModel, "
            "such as RUN/export/dcgan."
        )
    try:
        generator = Generator(folder)
        if generator.takes_pictures:
            raise ValueError(f"{folder} makes pictures of pictures, and not of latents.")
        pictures = np.concatenate(list(generator.draw(count, seed)))
    except ValueError as error:
        raise DataError(f"--generated: {error}") from error
    if pictures.shape[1:] != tuple(kind.shape):
        drawn, wanted = ("x".join(map(str, s)) for s in (pictures.shape[1:], kind.shape))
        raise DataError(
            f"--generated={folder} draws pictures of {drawn}, and the real ones are {wanted}: "
            f"give --image_size={pictures.shape[1]}x{pictures.shape[2]} and "
            f"--channels={pictures.shape[3]}, or another generator."
        )
    names = [f"generated-{number:05d}" for number in range(count)]
    info = {"name": "generated pictures", "split": "train"}
    return Examples.from_arrays({"generated": pictures}, {"generated": kind}, names, info)
