"""Pictures of which something covers a part, which is taken away: picture to picture.

The model has `occlude(seed, images)`, which covers pictures; `call(images)`, which is not told
where something is; and `find(images)`, its map of it. It learns from single pictures that nothing
covers.
"""

import functools

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import autoencoder, pictures

KNOBS = (
    *flags.of(Request, family="images"),
    flags.knob("flip", False, "Mirror half of the training pictures, left to right."),
    flags.knob(
        "judges",
        ("random",),
        "Frozen networks by which the export is scored, each as --features and at most one of each "
        "kind: better another than the one that it learnt by.",
    ),
)
COLUMNS = 8  # pictures of a grid
SEED = (0, 1)  # of what covers the pictures of grids and examples


def task(values, phases):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        phases: as `Task.phases`.
    """
    from tfgan_zoo.evaluate import deocclusion, tables
    from tfgan_zoo.training.task import Export, Preview, Task

    networks = recognisers(values.judges)

    def sheet(model, served, examples):
        real = tables.first_pictures(examples, COLUMNS)
        covered = covering(model, real)
        restored = served(images=covered)["images"]
        return real, restored, drawn(covered, restored, model.find(covered), real)

    def preview(model, splits):
        real, restored, picture = sheet(model, interface(model, splits), splits.validation)
        spread = splits.validation.fields["images"].spread
        return Preview(picture, restored, real, spread)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        first, kept = (
            covering(model, tables.first_pictures(examples, count))
            for examples, count in ((splits.test, 8), (splits.train, 100))
        )
        scored = (splits.test, splits.train, model.occlude, model.find, networks)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Takes away what covers a part of a picture of {height}x{width}, and is "
                "not told where it is.",
                examples={"images": first},
                evaluators=[deocclusion.export(*scored)],
                picture=lambda served: sheet(model, served, splits.test)[2],
                calibration={"images": kept},
                shown=shown(model, splits.test),
            )
        ]

    def validated(model, splits):
        return [deocclusion.training(splits.validation, model.occlude, model.find)]

    return Task(
        open=autoencoder.opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(interface, validated),
        batches=pictures.stream(values),
        phases=phases,
        averaged=("autoencoder",),
    )


def interface(model, splits):
    """`images` to `images`, and the function `occlusion`."""
    from tfgan_zoo.export import interface as made

    shape = splits.train.fields["images"].shape
    taken = (made.source_images(shape),)
    occlusion = made.Interface(
        "occlusion",
        taken,
        (made.images((*shape[:2], 1), "occlusion"),),
        call=lambda images: 2.0 * model.find(images) - 1.0,
        about="What the model takes for covered, as a picture: white is covered, black is not.",
    )
    return made.Interface(
        model.name,
        taken,
        (made.images(shape),),
        call=lambda images: model(images),
        networks=(model.autoencoder,),
        also=(occlusion,),
    )


def recognisers(places):
    """Name -> function from pictures `[B, H, W, C]` to features, of what --judges names.

    Raises:
        ValueError: for two of one name, or a network whose weights are missing.
    """
    from tfgan_zoo.networks.frozen_features import find, last_map

    nets = [find(place) for place in places]
    found = {net.name.removesuffix("_features"): functools.partial(last_map, net) for net in nets}
    if len(found) < len(nets):
        raise ValueError("--judges takes one network of each kind: random, vgg19 and one folder.")
    return found


def covering(model, real):
    """Pictures `[B, H, W, C]` that something covers, always the same."""
    import tensorflow as tf

    return model.occlude(tf.constant(SEED), tf.constant(real))[0].numpy()


def shown(model, examples):
    """The `Sheet` of the first examples: covered, and as they were."""
    from tfgan_zoo.evaluate import tables
    from tfgan_zoo.export import sheet

    real = tables.first_pictures(examples, sheet.MOST)
    return sheet.matching({"images": covering(model, real), "real": real})


def drawn(covered, restored, maps, real):
    """What a person looks at: a row each of covered pictures, restored, what was found, and as they
    were; a `PIL.Image`.
    """
    import numpy as np

    from tfgan_zoo.kinds import image

    found = np.broadcast_to(2.0 * np.asarray(maps) - 1.0, real.shape)
    rows = (covered, np.clip(restored, -1.0, 1.0), found, real)
    columns = [np.stack(column) for column in zip(*map(np.asarray, rows), strict=True)]
    return image.grid(columns, scale=2 if real.shape[1] <= 64 else 1)
