"""Skewing: diagonals become columns, and back."""

import numpy as np

from tfgan_zoo.layers.skewing import skew, unskew

VALUES = np.random.default_rng(0).normal(size=(2, 4, 6, 3)).astype("float32")


def test_each_row_moves_one_place_further_and_zeros_are_beside_it():
    expected = np.zeros((2, 4, 9, 3), "float32")
    for row in range(4):
        expected[:, row, row : row + 6] = VALUES[:, row]
    np.testing.assert_array_equal(skew(VALUES), expected)


def test_unskewing_is_the_inverse_whatever_lies_beside():
    np.testing.assert_array_equal(unskew(skew(VALUES)), VALUES)
    inside = skew(np.ones_like(VALUES)).numpy()
    np.testing.assert_array_equal(unskew(skew(VALUES) + 7.0 * (1.0 - inside)), VALUES)
    tall = VALUES.transpose(0, 2, 1, 3)
    np.testing.assert_array_equal(unskew(skew(tall)), tall)
