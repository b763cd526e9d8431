"""What evaluators read of a table of examples."""

import numpy as np

from tfgan_zoo.export import sheet
from tfgan_zoo.kinds.image import to_float
from tfgan_zoo.kinds.label_map import LabelMap


def first_pictures(examples, count, field="images"):
    """The first pictures of a table, or clips, at most `count` of them: float32 `[N, H, W, C]`, or
    `[N, T, H, W, C]`, in [-1, 1].
    """
    return to_float(first(examples, count)[field]).numpy()


def first(examples, count):
    """The first examples as they are stored, at most `count` of them: arrays by field."""
    return examples.fetch(np.arange(min(count, len(examples))))


def shown(examples, rows):
    """The `Sheet` of the first examples, for an export.

    Args:
        examples: the held-out table; its labels, if it has any, go with the pictures.
        rows: what a row is called -> the field of its pictures.
    """
    found = first(examples, sheet.MOST)
    pictures = {name: to_float(found[field]).numpy() for name, field in rows.items()}
    return sheet.matching(pictures, found.get("labels"))


def is_label_map(field):
    """Whether a field of `Examples` holds label maps, whose colours must never be mixed."""
    return isinstance(field, LabelMap)


def independent(train, test, levels):
    """log p `[N]` of the pictures `test` under independent numbers, each as often of each level as
    in those of `train`, one picture more of each level counted.

    Args:
        train, test: whole numbers from 0 to `levels - 1`, `[M, ...]` and `[N, ...]`.
    """
    found = np.zeros(len(test))
    for place in np.ndindex(train.shape[1:]):
        counts = np.bincount(train[(slice(None), *place)], minlength=levels) + 1.0
        found += np.log(counts / counts.sum())[test[(slice(None), *place)]]
    return found
