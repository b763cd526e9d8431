"""BMP without compression, of 1, 4, 8, 24 and 32 bits: read here, bottom row first or last.

TensorFlow's decoder takes the palette of eight bits for grey, knows no fewer bits and takes
compressed rows for plain ones.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats.binary import NOWHERE, sized

SIGNATURE = b"BM"
_HEADERS = (40, 52, 56, 64, 108, 124)
_RED_GREEN_BLUE, _ALPHA = (0xFF0000, 0xFF00, 0xFF), 0xFF000000
_BITFIELDS = 3


def decode(file, *, indices: bool, labels: bool):
    """The picture uint8 `[h, w, 1, 3 or 4]` of a BMP file, which says no orientation.

    Args:
        file: `binary.File`.
        indices: whether the numbers of a palette's colours are given instead of the colours.
    """
    del labels
    header, bits = file.number(14, 4), file.number(28, 2)
    width, height = file.number(18, 4), file.number(22, 4)
    first_row_first = height >= 0xFF000000  # a negative height
    height = tf.where(first_row_first, 2**32 - height, height)
    fields = tf.equal(file.number(30, 4), _BITFIELDS) & tf.equal(bits, 32)
    masks = [tf.equal(file.number(54 + 4 * i, 4), mask) for i, mask in enumerate(_RED_GREEN_BLUE)]
    alpha = tf.where(header >= 56, file.number(66, 4), 0)
    known = tf.reduce_any(tf.equal(header, _HEADERS))
    known &= tf.reduce_any(tf.equal(bits, (1, 4, 8, 24, 32)))
    known &= tf.equal(file.number(30, 4), 0) | (
        fields & tf.reduce_all(masks) & (tf.equal(alpha, 0) | tf.equal(alpha, _ALPHA))
    )
    few = bits <= 8
    colours = file.number(46, 4)
    # Beyond 32 bits nothing is shifted: such a file is refused above.
    colours = tf.where(tf.equal(colours, 0), tf.bitwise.left_shift(np.int64(1), bits % 32), colours)
    palette = 14 + header
    start = file.number(10, 4)
    masked = 12 * tf.cast(fields & (header < 52), tf.int64)
    behind = palette + tf.where(few, 4 * colours, masked)
    # Training takes two colours of more than one bit for something else.
    sound = (start >= behind) & (
        tf.logical_not(few)
        | ((colours <= 256) & (colours > 0) & (tf.equal(bits, 1) | (colours > 2)))
    )
    row = (width * bits + 31) // 32 * 4
    conditions = [
        guards.demand(
            known,
            "A BMP file must be uncompressed, of 1, 4, 8, 24 or 32 bits in the usual order.",
        ),
        guards.demand(
            sound & (start + row * height <= file.size),
            "A BMP file is cut off or damaged.",
        ),
    ]
    start = sized("BMP", width, height, guards.after(conditions, start))
    palette = guards.after(conditions, palette)
    rows = tf.reshape(file.between(start, start + row * height), tf.stack([height, row]))
    rows = tf.cond(first_row_first, lambda: rows, lambda: tf.reverse(rows, [0]))
    table = file.between(palette, palette + tf.where(few, 4 * colours, 0))
    picture = tf.cond(
        few,
        lambda: _coloured(_numbers(rows, bits)[:, :width], tf.reshape(table, [-1, 4]), indices),
        lambda: _levels(rows, width, bits, fields & tf.equal(alpha, _ALPHA)),
    )
    return picture, NOWHERE, NOWHERE


def _levels(rows, width, bits, has_alpha):
    """Rows of blue, green, red and perhaps a fourth byte -> colour, with alpha if that is it."""
    count = bits // 8
    shape = tf.stack([tf.shape(rows, tf.int64)[0], width, count])
    pixels = tf.reshape(rows[:, : width * count], shape)
    colour = tf.reverse(pixels[..., :3], [-1])
    return tf.cond(has_alpha, lambda: tf.concat([colour, pixels[..., 3:4]], -1), lambda: colour)


def _numbers(rows, bits):
    """Rows of bytes that hold one, two or eight numbers each -> numbers int32 `[h, many]`."""

    def apart(own):
        shifts = tf.range(8 - own, -1, -own)
        shifted = tf.bitwise.right_shift(tf.cast(rows, tf.int32)[..., None], shifts)
        numbers = tf.bitwise.bitwise_and(shifted, 2**own - 1)
        return tf.reshape(numbers, tf.stack([tf.shape(rows)[0], -1]))

    branch = tf.where(tf.equal(bits, 8), 0, tf.where(tf.equal(bits, 4), 1, 2))
    return tf.switch_case(branch, [lambda own=own: apart(own) for own in (8, 4, 1)])


def _coloured(numbers, table, indices):
    """The colours of a picture of colour numbers, or the numbers, by a palette `[n, 4]`."""
    inside = tf.reduce_max(numbers) < tf.shape(table)[0]
    conditions = [guards.demand(inside, "A BMP file uses colours that are not in its palette.")]
    numbers = guards.after(conditions, numbers)
    table = tf.reverse(table[:, :3], [-1])
    if not indices:
        return tf.gather(table, numbers)
    # Two colours, black and white in this order, are levels and not a palette.
    black_and_white = tf.equal(tf.shape(table)[0], 2) & tf.reduce_all(
        tf.equal(tf.cast(table[:2], tf.int32), [[0], [255]])
    )
    levels = tf.where(black_and_white, 255 * numbers, numbers)
    return tf.cast(levels, tf.uint8)[..., None]
