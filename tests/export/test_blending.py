"""Poisson blending, against answers that are known and a least-squares solution."""

import numpy as np
import pytest

from tfgan_zoo.export.blending import blend

SIZE = (9, 11)


def hole_of(*boxes):
    hole = np.zeros(SIZE, bool)
    for top, bottom, left, right in boxes:
        hole[top:bottom, left:right] = True
    return hole


INSIDE, CORNER, TWO = (2, 6, 3, 8), (0, 4, 0, 5), ((1, 3, 1, 4), (5, 9, 6, 9))


@pytest.mark.parametrize("boxes", [(INSIDE,), (CORNER,), TWO])
def test_a_wrong_brightness_is_taken_back(boxes):
    hole = hole_of(*boxes)
    flat = np.full((*SIZE, 3), (0.1, -0.2, 0.3), np.float32)
    drawn = flat + 0.4 * hole[..., None]
    np.testing.assert_allclose(blend(drawn, hole), flat, atol=1e-6)


def test_a_flat_hole_becomes_the_slope_around_it():
    """Without differences inside, the colours are harmonic: a plane's are the plane's."""
    hole = hole_of(INSIDE)
    rows, columns = np.indices(SIZE)
    plane = (0.05 * rows - 0.03 * columns)[..., None].astype(np.float32)
    np.testing.assert_allclose(blend(np.where(hole[..., None], 0.0, plane), hole), plane, atol=1e-6)


def test_it_is_the_least_squares_solution_and_leaves_what_is_known():
    hole = hole_of(*TWO, (0, 2, 8, 11))
    picture = np.random.default_rng(0).uniform(-0.4, 0.4, (*SIZE, 1)).astype(np.float32)
    rows, wanted = [], []
    for r, c in np.ndindex(SIZE):
        for other in ((r, c + 1), (r + 1, c)):
            if other[0] < SIZE[0] and other[1] < SIZE[1] and (hole[r, c] or hole[other]):
                row = np.zeros(SIZE)
                both = hole[r, c] and hole[other]
                aim = picture[r, c, 0] - picture[other][0] if both else 0.0
                for place, sign in (((r, c), 1), (other, -1)):
                    if hole[place]:
                        row[place] = sign
                    else:
                        aim -= sign * picture[place][0]
                rows.append(row.ravel())
                wanted.append(aim)
    solved, *_ = np.linalg.lstsq(np.array(rows)[:, hole.ravel()], np.array(wanted), rcond=None)
    found = blend(picture, hole)
    np.testing.assert_allclose(found[hole, 0], np.clip(solved, -1, 1), atol=1e-5)
    np.testing.assert_array_equal(found[~hole], picture[~hole])


def test_a_picture_without_known_pixels_stays_as_it_was_drawn():
    picture = np.random.default_rng(0).uniform(-1, 1, (*SIZE, 3)).astype(np.float32)
    np.testing.assert_array_equal(blend(picture, np.ones(SIZE, bool)), picture)
