"""Poisson blending of what was drawn into a hole (Perez et al., SIGGRAPH 2003, section 2)."""

import numpy as np
from scipy.sparse import csr_matrix
from scipy.sparse.linalg import spsolve

# Right and down of a pixel; the other two directions are those of its neighbours.
STEPS = ((0, 1), (1, 0))


def blend(picture, hole):
    """The picture with the hole's colours moved so that no edge is seen around it.

    Inside the hole neighbours keep their differences, by least squares; across its border they are
    asked to be equal, so that a jump in colour there becomes a slope over the hole. What is known
    stays as it is. The edge of the picture asks for nothing.

    Args:
        picture: float `[H, W, C]`, the hole filled.
        hole: bool `[H, W]`.

    Returns:
        float32 `[H, W, C]` in [-1, 1]. A picture of which all is missing stays as it was drawn.
    """
    picture = np.asarray(picture)
    number = np.full(hole.shape, -1)
    number[hole] = np.arange(hole.sum())
    rows, columns, entries = [], [], []
    right = np.zeros((int(hole.sum()), picture.shape[-1]))
    anchored = False
    for down, along in STEPS:
        height, width = hole.shape
        first = np.s_[: height - down, : width - along]
        second = np.s_[down:, along:]
        one, other = number[first], number[second]
        inside = (one >= 0) & (other >= 0)
        a, b = one[inside], other[inside]
        difference = (picture[first] - picture[second])[inside].astype(np.float64)
        np.add.at(right, a, difference)
        np.add.at(right, b, -difference)
        rows += [a, b, a, b]
        columns += [a, b, b, a]
        ones = np.ones(len(a))
        entries += [ones, ones, -ones, -ones]
        for missing, known, colours in (
            (one, other, picture[second]),
            (other, one, picture[first]),
        ):
            border = (missing >= 0) & (known < 0)
            own = missing[border]
            np.add.at(right, own, colours[border].astype(np.float64))
            rows, columns = [*rows, own], [*columns, own]
            entries.append(np.ones(len(own)))
            anchored |= bool(len(own))
    found = np.array(picture, np.float32)
    if not anchored:
        return found
    size = len(right)
    places = (np.concatenate(rows), np.concatenate(columns))
    matrix = csr_matrix((np.concatenate(entries), places), shape=(size, size))
    solved = spsolve(matrix.tocsc(), right).reshape(size, -1)
    found[hole] = np.clip(solved, -1.0, 1.0)
    return found
