"""Holes of pictures: masks drawn from a seed, and the squares around them.

A mask is float32 `[B, H, W, 1]`: 1 where a pixel is missing, 0 where it is known.
"""

import math

import tensorflow as tf

SEGMENTS = 5  # of a stroke
TURN = 0.6 * math.pi  # at most, between two segments of a stroke


def rectangles(seed, count, size, low, high):
    """A rectangle in each picture, whose sides are whole numbers from `low` to `high`, each as
    likely; all of it lies inside the picture, at any place that it fits as likely.

    Args:
        seed: int32 [2].
        count: pictures, B.
        size: (height, width) of the pictures, at least `high`.
        low, high: bounds of a side in pixels.

    Returns:
        A mask.
    """
    extents = []
    for stream, length in enumerate(size):
        side, place = (_uniform(seed, 2 * stream + part, [count, 1]) for part in (0, 1))
        side = low + tf.cast(side * (high - low + 1), tf.int32)
        first = tf.cast(place * tf.cast(length - side + 1, tf.float32), tf.int32)
        pixels = tf.range(length)[None]
        extents.append((pixels >= first) & (pixels < first + side))
    rows, columns = extents
    return tf.cast(rows[:, :, None] & columns[:, None, :], tf.float32)[..., None]


def strokes(seed, count, size, low, high):
    """A stroke of a round brush in each picture: `SEGMENTS` straight pieces, each at most `TURN`
    off the direction of the one before and from `low` / 2 to `high` long, held inside the picture;
    the brush is from `low` / 4 to `high` / 4 wide.

    Args:
        seed, count, size, low, high: as for `rectangles`.

    Returns:
        A mask.
    """
    height, width = size
    corner = tf.constant([height - 1, width - 1], tf.float32)
    draws = _uniform(seed, 4, [count, 4 + 2 * SEGMENTS])
    radius = (low + draws[:, 0] * (high - low)) / 8.0
    heading = 2.0 * math.pi * draws[:, 1]
    at = draws[:, 2:4] * corner
    rows, columns = (tf.range(length, dtype=tf.float32) for length in size)
    pixels = tf.stack(tf.meshgrid(rows, columns, indexing="ij"), axis=-1)  # [H, W, 2]
    nearest = tf.fill([count, height, width], math.inf)
    for segment in range(SEGMENTS):
        stretch, turn = draws[:, 4 + 2 * segment], draws[:, 5 + 2 * segment]
        length = low / 2.0 + stretch * (high - low / 2.0)
        step = length[:, None] * tf.stack([tf.sin(heading), tf.cos(heading)], axis=1)
        end = tf.clip_by_value(at + step, 0.0, corner)
        nearest = tf.minimum(nearest, _distances(pixels, at, end))
        heading, at = heading + TURN * (2.0 * turn - 1.0), end
    # A pixel is as far from a stroke as its middle is; the brush touches one at least.
    return tf.cast(nearest <= tf.maximum(radius, 1.0)[:, None, None], tf.float32)[..., None]


def mixed(seed, count, size, low, high):
    """`rectangles` and `strokes`, a coin for each picture."""
    square, free = rectangles(seed, count, size, low, high), strokes(seed, count, size, low, high)
    return tf.where(_uniform(seed, 5, [count, 1, 1, 1]) < 0.5, square, free)


KINDS = {"rectangles": rectangles, "strokes": strokes, "mixed": mixed}


def middles(masks):
    """int32 `[B, 2]`: row and column of the middle of the box around what is missing; of a mask
    without a hole the middle of the picture.
    """
    found = []
    for axis in (1, 2):
        missing = tf.reduce_any(masks > 0.5, axis=[3 - axis, 3])  # [B, length]
        first = tf.argmax(missing, axis=1, output_type=tf.int32)
        last = tf.argmax(tf.reverse(missing, [1]), axis=1, output_type=tf.int32)
        found.append((first + tf.shape(masks)[axis] - last) // 2)
    return tf.stack(found, axis=1)


def squares(images, middles, side):
    """The square of `side` pixels around each middle, moved inside the picture where it would lie
    over the edge.

    Args:
        images: `[B, H, W, C]`, H and W at least `side`.
        middles: int32 `[B, 2]`, of this function's name.
        side: in pixels.

    Returns:
        `[B, side, side, C]`; gradients go back to the pixels they came from.
    """
    bounds = tf.shape(images)[1:3] - side
    first = tf.clip_by_value(middles - side // 2, 0, bounds)
    rows, columns = (first[:, axis, None] + tf.range(side) for axis in (0, 1))
    found = tf.gather(images, rows, axis=1, batch_dims=1)
    found = tf.gather(tf.transpose(found, [0, 2, 1, 3]), columns, axis=1, batch_dims=1)
    channels = images.shape[-1]
    return tf.ensure_shape(tf.transpose(found, [0, 2, 1, 3]), [None, side, side, channels])


def _distances(pixels, start, end):
    """`[B, H, W]`: how far each of the pixels `[H, W, 2]` is from the straight piece between two
    points `[B, 2]`.
    """
    along = (end - start)[:, None, None]
    offset = pixels[None] - start[:, None, None]
    squared = tf.maximum(tf.reduce_sum(along**2, -1), 1e-6)
    share = tf.clip_by_value(tf.reduce_sum(offset * along, -1) / squared, 0.0, 1.0)
    return tf.norm(offset - share[..., None] * along, axis=-1)


def _uniform(seed, stream, shape):
    own = tf.random.fold_in(seed, stream, alg="philox")
    return tf.random.stateless_uniform(shape, own, alg="philox")
