"""Image-to-image translation with pairs."""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import jitter
from trainers.tasks.pictures import show_reading, validation

KNOBS = (*flags.of(Request, family="pairs"), *jitter.KNOBS)
ROWS = 4  # of a sample grid


def task(values):
    """The `Task`, from the flags."""
    import tensorflow as tf

    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.data.sources import open_pairs
    from tfgan_zoo.evaluate import pairs, tables
    from tfgan_zoo.export.interface import Interface, images, source_images
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training.task import Export, Preview, Splits, Task

    size, larger, options = values.image_size, jitter.load_size(values), jitter.augmentation(values)
    spec, cache_dir = values.data, values.cache_dir
    request = values.filled(Request, "pairs", progress=show_reading)
    places = {}

    def split(name, image_size):
        own = dataclasses.replace(request, image_size=image_size, cache_dir=places["cache"])
        return open_pairs(spec, name, own)

    def open_splits(directory):
        places["cache"] = cache_dir or directory.cache
        return Splits(split("train", larger), split("test", size), split("validation", size))

    def interface(model, splits):
        source, target = (splits.test.fields[name] for name in ("source", "target"))
        return Interface(
            model.name,
            (source_images(source.shape, label_map=tables.is_label_map(source)),),
            (images(target.shape),),
            call=lambda images: model(images),
            networks=(model.generator,),
            noise=lambda seed, images: model(images, seed=tf.stack([seed, 0])),
        )

    def grid(served, examples):
        source, target = (tables.first_pictures(examples, ROWS, f) for f in ("source", "target"))
        fake = served(images=source)["images"]
        sheet = image.grid([source, fake, target], ["input", "generated", "target"])
        return Preview(sheet, fake, target, examples.fields["target"].spread)

    def exports(model, splits):
        train = split("train", size)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws the target picture of a pair from its source, {size[0]}x{size[1]}.",
                examples={"images": tables.first_pictures(splits.test, 8, "source")},
                evaluators=[pairs.export(splits.test, train)],
                picture=lambda served: grid(served, splits.test).picture,
                calibration={"images": tables.first_pictures(train, 100, "source")},
                shown=tables.shown(splits.test, {"images": "source", "real": "target"}),
            )
        ]

    return Task(
        open=open_splits,
        preview=lambda model, splits: grid(interface(model, splits).__call__, splits.validation),
        exports=exports,
        validation=validation(interface, lambda model, splits: [pairs.training(splits.validation)]),
        batches=lambda examples, **stream: train_batches(examples, **options, **stream),
    )
