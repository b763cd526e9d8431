"""The jitter of image translation: pictures are loaded larger, cropped at a random place and
mirrored.
"""

from trainers import flags

KNOBS = (
    flags.knob(
        "load_size",
        None,
        "Side in pixels, or HEIGHTxWIDTH, that training pictures are resized to before a random "
        "crop of --image_size; 286/256 of it by default.",
        kind="size",
    ),
    flags.knob("flip", True, "Mirror half of the training pictures, left to right."),
)


def load_size(values):
    """Size (height, width) at which training pictures are decoded: the papers' 286 for 256, or
    --load_size.
    """
    return values.load_size or tuple(round(side * 286 / 256) for side in values.image_size)


def augmentation(values):
    """Options of a training stream."""
    crop = values.image_size
    return {"crop_size": None if crop == load_size(values) else crop, "flip": values.flip}
