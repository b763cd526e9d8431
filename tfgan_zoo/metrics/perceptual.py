"""How far apart two pictures look: the distance of their feature maps in a frozen network.

The distance of LPIPS (Zhang et al. 2018, arXiv 1801.03924, equation 1) without its learnt weights:
in each map the channels of a pixel are scaled to length one, and squared differences are summed
over the channels, averaged over the pixels and over the maps. Of which network the maps are belongs
to the score's name: two networks' numbers do not compare, nor do they with published LPIPS.
"""

import numpy as np

_TINY = 1e-10  # as in the authors' code


def distance(maps, others):
    """float64 `[B]`: 0 for equal maps, at most 4; under 2 where maps are rectified.

    Args:
        maps, others: of the two batches of pictures, a list of arrays `[B, h, w, C]` each.

    Raises:
        ValueError: where their shapes differ.
    """
    shapes, other_shapes = ([np.shape(m) for m in one] for one in (maps, others))
    if shapes != other_shapes or not shapes:
        raise ValueError(f"Maps of two batches must be alike in shape: {shapes}, {other_shapes}.")
    return np.mean(
        [
            np.square(_unit(one) - _unit(other)).sum(-1).mean((1, 2))
            for one, other in zip(maps, others, strict=True)
        ],
        axis=0,
    )


def cosine(features, others):
    """float64 `[B]`: the cosine of the features `[B, ...]` of two batches, flattened, from -1 to 1;
    of one that is zero it is 0.
    """
    features, others = (np.reshape(one, (len(one), -1)) for one in (features, others))
    return (_unit(features) * _unit(others)).sum(-1)


def _unit(values):
    values = np.asarray(values, np.float64)
    return values / (np.sqrt(np.square(values).sum(-1, keepdims=True)) + _TINY)
