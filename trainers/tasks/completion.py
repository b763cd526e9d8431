"""Pictures with holes, which are filled: picture and mask to picture.

The model has `holes`, `hole_size` and `draw_holes(images, seed)`, what is missing in training, and
`call(images, masks)`, which gives back known pixels as they are. It learns from single pictures;
the holes are drawn in its steps.
"""

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import autoencoder, pictures

KNOBS = (
    *flags.of(Request, family="images"),
    flags.knob("flip", False, "Mirror half of the training pictures, left to right."),
    flags.knob(
        "holes",
        "rectangles",
        "What is missing of training pictures: rectangles, strokes of a brush, or either.",
        choices=("rectangles", "strokes", "mixed"),
    ),
    flags.knob(
        "hole_size",
        (96, 128),
        "Least and greatest side of a hole in pixels, two numbers.",
        low=1,
    ),
)
COLUMNS = 8  # pictures of a grid
SEED = (0, 1)  # of the holes of validations, scores and grids
MASKS = 100  # of calibration and examples


def task(values, phases):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        phases: as `Task.phases`.

    Raises:
        ValueError: for an int8 file, which would round what is known.
    """
    from tfgan_zoo.evaluate import completion, tables
    from tfgan_zoo.export.interface import Interface, images, source_images
    from tfgan_zoo.export.interface import masks as mask_input
    from tfgan_zoo.training.task import Export, Preview, Task

    if "int8" in values.tflite:
        raise ValueError(
            "A TFLite file of int8 would round the known pixels too, which stay as they are here: "
            "leave int8 out of --tflite."
        )

    def masks(model, count):
        return held_masks(model, count, values.image_size)

    def interface(model, splits):
        shape = splits.train.fields["images"].shape
        return Interface(
            model.name,
            (source_images(shape), mask_input(shape[:2])),
            (images(shape),),
            call=lambda images, masks: model(images, masks),
            networks=(model.generator,),
        )

    def sheet(model, served, examples):
        import numpy as np

        real = tables.first_pictures(examples, COLUMNS)
        holes = masks(model, len(real))
        completed = served(images=real, masks=holes)["images"]
        return real, completed, drawn(real, np.asarray(holes), completed)

    def preview(model, splits):
        real, completed, picture = sheet(model, interface(model, splits), splits.validation)
        spread = splits.validation.fields["images"].spread
        return Preview(picture, completed, real, spread)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        low, high = model.hole_size
        about = (
            f"each with a hole ({values.holes} of {low} to {high} pixels, drawn with the seed "
            f"{SEED[1]})"
        )
        first = tables.first_pictures(splits.test, 8)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Fills holes of any shape in pictures of {height}x{width}, and leaves the "
                "rest as it is.",
                examples={"images": first, "masks": masks(model, len(first))},
                evaluators=[
                    completion.export(
                        splits.test, splits.train, lambda count: masks(model, count), about
                    )
                ],
                picture=lambda served: sheet(model, served, splits.test)[2],
                shown=tables.shown(splits.test, {"images": "images"}),
            )
        ]

    def validated(model, splits):
        return [completion.training(splits.validation, lambda count: masks(model, count))]

    return Task(
        open=autoencoder.opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(interface, validated),
        batches=pictures.stream(values),
        phases=phases,
    )


def held_masks(model, count, size):
    """As many holes as the model learns from, always the same: float32 `[count, *size, 1]`."""
    import tensorflow as tf

    return model.draw_holes(tf.zeros([count, *size, 1]), tf.constant(SEED)).numpy()


def drawn(real, masks, completed):
    """What a person looks at: a row each of pictures with white holes, filled, and as they were; a
    `PIL.Image`.
    """
    import numpy as np

    from tfgan_zoo.kinds import image

    rows = (np.where(masks > 0.5, np.float32(1.0), real), completed, real)
    columns = [np.stack(column) for column in zip(*map(np.asarray, rows), strict=True)]
    return image.grid(columns, scale=2 if real.shape[1] <= 64 else 1)
