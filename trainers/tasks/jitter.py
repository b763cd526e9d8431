"""The jitter of image translation: pictures are loaded larger, cropped at a random place and
mirrored.
"""

from absl import flags

from trainers import common

FLAGS = flags.FLAGS
flags.DEFINE_string(
    "load_size",
    None,
    "Side, or HEIGHTxWIDTH, from which training crops are cut; default 286/256 of --image_size.",
)
flags.DEFINE_bool("flip", True, "Mirror half of the training pictures.")

flags.register_validator(
    "load_size",
    lambda value: value is None or common.is_size(value),
    "must be a side in pixels, such as 286, or HEIGHTxWIDTH",
)


def load_size():
    """Size (height, width) at which training pictures are decoded: the papers' 286 for 256, or
    --load_size.
    """
    if FLAGS.load_size is not None:
        return common.size(FLAGS.load_size)
    return tuple(round(side * 286 / 256) for side in common.image_size())


def augmentation():
    """For `data.pipeline.train_batches`."""
    crop = common.image_size()
    return {"crop_size": None if crop == load_size() else crop, "flip": FLAGS.flip}
