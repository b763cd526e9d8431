"""Pictures drawn anew with other attributes: picture and label to picture.

The model has `call(images, attributes, sets)` and takes steps on `images`, `attributes` and, with
several data sets, `sets`. Labels are those of the data, of several data sets counted on through
all; `data.attributes` says which attributes a label has.
"""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import pictures

KNOBS = (
    *flags.of(Request, family="images"),
    flags.knob("flip", False, "Mirror half of the training pictures, left to right."),
    flags.knob(
        "beside",
        (),
        "Further data sets, as --data, whose pictures have other attributes: one net learns those "
        "of all, and a mask vector tells it which are meant.",
    ),
)
ROWS = 4  # pictures of a grid
WIDEST = 16  # labels of a grid
ANIMATED = 8  # labels of a grid whose animation is not larger than the model
CALIBRATION = 100  # pictures from which an int8 file takes its ranges


def task(values):
    """The `Task`, from the flags."""
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data import attributes
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate import attributes as scores
    from tfgan_zoo.export import sheet as examples
    from tfgan_zoo.export.interface import Interface, images, labels, source_images
    from tfgan_zoo.kinds import image
    from tfgan_zoo.kinds.image import to_float
    from tfgan_zoo.training.task import Export, Preview, Splits, Task

    specs, cache_dir = (values.data, *values.beside), values.cache_dir
    request = values.filled(Request, "images", progress=pictures.show_reading)
    stream = pictures.stream(values)

    def open_splits(directory):
        own = dataclasses.replace(request, cache_dir=cache_dir or directory.cache)
        return Splits(
            *(
                attributes.joined([open_images(spec, split, own) for spec in specs])
                for split in ("train", "test", "validation")
            )
        )

    def batches(train, **options):
        found = attributes.of(train)
        table, sets = tf.constant(found.table), tf.constant(found.set_of_label)

        def told(batch):
            own = {"images": batch["images"], "attributes": tf.gather(table, batch["labels"])}
            return own if len(found.sets) == 1 else own | {"sets": tf.gather(sets, batch["labels"])}

        return stream(train, **options).map(told)

    def interface(model, splits):
        found = attributes.of(splits.train)
        shape = splits.train.fields["images"].shape

        def call(images, labels):
            return model(
                images,
                tf.gather(tf.constant(found.table), labels),
                tf.gather(tf.constant(found.set_of_label), labels),
            )

        return Interface(
            model.name,
            (source_images(shape), labels(len(found.names), found.names)),
            (images(shape),),
            call=call,
            networks=(model.generator,),
        )

    def chosen(held, count):
        """Examples from all over a held-out table: pictures in [-1, 1], and labels."""
        rows = np.linspace(0, len(held) - 1, min(count, len(held))).astype(np.int64)
        found = held.fetch(rows)
        return to_float(found["images"]).numpy(), found["labels"]

    def sheet(served, splits, held):
        names = attributes.of(splits.train).names[:WIDEST]
        real, _ = chosen(held, ROWS)
        columns = [
            served(images=real, labels=np.full(len(real), number, np.int32))["images"]
            for number in range(len(names))
        ]
        captions = ["input", *(name.replace("+", "\n") for name in names)]
        scale = 2 if real.shape[1] <= 32 else 1
        return real, columns, image.grid([real, *columns], captions, scale=scale)

    def preview(model, splits):
        served = interface(model, splits)
        real, columns, picture = sheet(served, splits, splits.validation)
        spread = splits.validation.fields["images"].spread
        return Preview(picture, np.asarray(columns[0]), real, spread)

    def exports(model, splits):
        found = attributes.of(splits.train)
        height, width, _ = splits.train.fields["images"].shape
        first, _ = chosen(splits.test, 8)
        many, own = chosen(splits.train, CALIBRATION)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws a picture of {height}x{width} anew with chosen attributes: "
                f"{', '.join(word for one in found.sets for word in one.words)}.",
                examples={"images": first, "labels": turns(len(first), len(found.names))},
                evaluators=[scores.export(found, splits.train, splits.test)],
                picture=lambda served: sheet(served, splits, splits.test)[2],
                calibration={"images": many, "labels": turns(len(many), len(found.names))},
                animated=len(found.names) <= ANIMATED,
                shown=examples.matching({"images": chosen(splits.test, examples.MOST)[0]}),
            )
        ]

    def turns(count, classes):
        return (np.arange(count) % classes).astype(np.int32)

    def validated(model, splits):
        return [scores.training(attributes.of(splits.train), splits.train, splits.validation)]

    return Task(
        open=open_splits,
        preview=preview,
        exports=exports,
        validation=pictures.validation(interface, validated),
        batches=batches,
    )
