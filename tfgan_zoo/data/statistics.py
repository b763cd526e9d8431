"""Statistics of a table of examples."""

import numpy as np

_BATCH = 1000


def mean(examples, field):
    """Mean over all examples of a field of pictures or points, float64 of its shape and in its
    units (pixels in [0, 255]).
    """
    total = np.zeros(examples.fields[field].shape)
    for start in range(0, len(examples), _BATCH):
        rows = np.arange(start, min(start + _BATCH, len(examples)))
        total += examples.fetch(rows)[field].sum(0, dtype=np.float64)
    return total / len(examples)
