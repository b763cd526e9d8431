"""Pictures from smaller ones: each picture is made small, and its own answer is the true one."""

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks.pictures import validation

OF_REQUEST = ("data_dir", "download", "skip_bad", "max_pixels", "validation_count", "test_count")
KNOBS = (
    flags.knob(
        "image_size",
        "256",
        "Size of the pictures that crops are taken from, a side in pixels or HEIGHTxWIDTH: drawn "
        "and prepared sets have it, and the pictures of a folder are cut into tiles of it, never "
        "resized. TFLite files take pictures of a quarter of it.",
        kind="size",
    ),
    flags.knob(
        "crop_size",
        "96",
        "Size of the large pictures of a training step, a side in pixels or HEIGHTxWIDTH: random "
        "crops, which are made small by a bicubic filter.",
        kind="size",
    ),
    *(item for item in flags.of(Request, family="images") if item.name in OF_REQUEST),
    flags.knob("flip", True, "Mirror half of the training pictures, left to right."),
    flags.knob("validated", 20, "Validation pictures that a validation enlarges, at most.", low=1),
    flags.knob(
        "benchmarks",
        None,
        "Folders of further pictures that the export is scored on, such as Set5,Set14; none by "
        "default.",
        kind="str",
    ),
)
ROWS = 4  # of a sample grid
KEPT = 100  # tiles for the ranges of int8


def task(values, scale, networks, phases):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        scale: pixels a side that the model makes of one.
        networks: () -> name -> frozen network from pictures to a list of maps, for the perceptual
            scores of the export.
        phases: `Task.phases`.
    """
    from tfgan_zoo.data import cuttings, resampling
    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.evaluate import super_resolution, tables
    from tfgan_zoo.export.interface import AnySize, Interface, images, source_images
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training.task import Export, Preview, Splits, Task

    spec, size, crop, flip = values.data, values.image_size, values.crop_size, values.flip
    request, skip_bad = values.filled(Request, "images"), values.skip_bad
    validated, further = values.validated, names_of(values.benchmarks)
    check_size(size, scale)
    benchmarks = {
        f"{name.lower()}_": cuttings.open_folder(place) for name, place in further.items()
    }

    def open_splits(directory):
        train, test, held_out = (
            cuttings.open_pictures(spec, split, request)
            for split in ("train", "test", "validation")
        )
        return Splits(cuttings.cut(train, size, skip_bad), test, held_out.first(validated))

    def batches(examples, **stream):
        def pair(batch):
            target = batch["images"]
            return {"source": resampling.shrunk(target, scale), "target": target}

        whole = crop if crop != size else None
        return train_batches(examples, crop_size=whole, flip=flip, **stream).map(pair)

    def interface(model, splits):
        return Interface(
            model.name,
            (source_images((size[0] // scale, size[1] // scale, 3)),),
            (images((*size, 3)),),
            call=lambda images: model(images),
            networks=(model.generator,),
            any_size=AnySize(scale, model.reach),
        )

    def grid(served, pictures):
        target = middles(pictures, size, ROWS)
        source = resampling.resize(target, 1 / scale)
        fake = served(images=image.to_float(source).numpy())["images"]
        dots = source.repeat(scale, axis=1).repeat(scale, axis=2)
        dots, cubic, target = (
            image.to_float(p).numpy() for p in (dots, resampling.resize(source, scale), target)
        )
        names = ["input", "bicubic", "generated", "true"]
        sheet = image.grid([dots, cubic, fake, target], names)
        return Preview(sheet, fake, target, image.Image((*size, 3)).spread)

    def exports(model, splits):
        true = middles(splits.test, size, 8)
        small = image.to_float(resampling.resize(true, 1 / scale)).numpy()
        kept = tables.first(splits.train, KEPT)["images"]
        found = {n: maps_by(net) for n, net in networks().items()}
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Enlarges pictures of any size {scale} times a side.",
                examples={"images": small},
                evaluators=[super_resolution.export({"": splits.test, **benchmarks}, scale, found)],
                picture=lambda served: grid(served, splits.test).picture,
                calibration={"images": image.to_float(resampling.resize(kept, 1 / scale)).numpy()},
                shown=tables.sheet.matching({"real": image.to_float(true).numpy()}),
            )
        ]

    return Task(
        open=open_splits,
        preview=lambda model, splits: grid(interface(model, splits).__call__, splits.validation),
        exports=exports,
        validation=validation(
            interface, lambda model, splits: [super_resolution.training(splits.validation, scale)]
        ),
        batches=batches,
        phases=phases,
    )


def check_size(size, scale):
    """Raises `ValueError` for pictures that cannot be made so many times smaller."""
    if size[0] % scale or size[1] % scale:
        raise ValueError(
            f"--image_size={size[0]}x{size[1]}: give sides that are multiples of {scale}, by which "
            "pictures are made smaller."
        )


def names_of(places):
    """Name -> folder, of folders between commas; raises `ValueError` for two of one name."""
    from tfgan_zoo.data.places import home

    found = {}
    for place in filter(None, (part.strip() for part in (places or "").split(","))):
        name = home(place).name
        if name in found:
            raise ValueError(f"--benchmarks names two folders {name}: rename one of them.")
        found[name] = place
    return found


def middles(pictures, size, count):
    """The middle of the first pictures that are large enough: uint8 `[N, *size, 3]`, N at most
    `count`.

    Raises:
        ValueError: where none is.
    """
    import numpy as np

    found = []
    for number, shape in enumerate(pictures.shapes):
        top, left = ((have - want) // 2 for have, want in zip(shape[:2], size, strict=True))
        if min(top, left) >= 0 and len(found) < count:
            found.append(pictures[number][top : top + size[0], left : left + size[1]])
    if not found:
        raise ValueError(
            f"No picture of the split '{pictures.info['split']}' has --image_size="
            f"{size[0]}x{size[1]} or more, which is what is drawn: give a smaller --image_size."
        )
    return np.stack(found)


def maps_by(network):
    """Pictures float32 `[B, H, W, 3]` -> the list of their maps, as arrays."""
    import tensorflow as tf

    # One graph for pictures of all sizes: a small one is done many times sooner than op by op.
    open_sizes = tf.TensorSpec([None, None, None, 3], tf.float32)
    maps = tf.function(lambda pictures: network(pictures, training=False), [open_sizes])
    return lambda pictures: [np_of(one) for one in maps(pictures)]


def np_of(tensor):
    """A tensor as an array."""
    return tensor.numpy()
