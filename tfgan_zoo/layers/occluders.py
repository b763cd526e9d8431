"""Things drawn over pictures, from a seed: sunglasses, a mask over the lower part, a hand, a box.

Each has its colours, shading and texture. A mask is float32 `[B, H, W, 1]`: 1 where something
covers the picture. Places are shares of the picture's sides, so that on faces in the middle of a
picture glasses sit where eyes are.
"""

import math

import tensorflow as tf

KINDS = ("glasses", "mask", "hand", "box")
DRAWS = 17  # uniform numbers that a picture takes
FINGERS = 4
GREY = (0.299, 0.587, 0.114)  # of red, green and blue, ITU-R BT.601


def occlude(seed, images):
    """Covers each picture with one thing, each kind as likely.

    Args:
        seed: int32 [2].
        images: float32 `[B, H, W, C]` in [-1, 1], grey or in colours; sides of at least 8 pixels.

    Returns:
        (covered pictures `[B, H, W, C]`, in which all that is not covered is as it was, bit by bit,
        and masks `[B, H, W, 1]`).
    """
    count, (height, width, channels) = tf.shape(images)[0], images.shape[1:]
    draws = tf.random.stateless_uniform([count, DRAWS, 1, 1], seed, alg="philox")
    u = [draws[:, number] for number in range(DRAWS)]  # [B, 1, 1] each
    rows, columns = (
        (tf.range(length, dtype=tf.float32) + 0.5) / length for length in (height, width)
    )
    y, x = rows[None, :, None], columns[None, None, :]
    shapes = tf.stack([draw(y, x, u[8:]) for draw in (_glasses, _mask, _hand, _box)], axis=1)
    kind = tf.cast(u[0][:, 0, 0] * len(KINDS), tf.int32)
    mask = tf.gather(shapes, kind, axis=1, batch_dims=1)[..., None]  # [B, H, W, 1]
    drawn = _coloured(y, x, u, kind)
    if channels == 1:
        drawn = tf.reduce_sum(drawn * tf.constant(GREY), axis=-1, keepdims=True)
    return tf.where(mask, drawn, images), tf.cast(mask, tf.float32)


def _between(draw, low, high):
    return low + (high - low) * draw


def _turned(y, x, at, angle):
    """(down, along): the places in the axes of a thing at the place `at` that is turned."""
    down, along = y - at[0], x - at[1]
    sine, cosine = tf.sin(angle), tf.cos(angle)
    return down * cosine - along * sine, down * sine + along * cosine


def _ellipse(down, along, high, wide):
    return tf.square(down / high) + tf.square(along / wide) < 1.0


def _glasses(y, x, u):
    at = _between(u[0], 0.3, 0.48), _between(u[1], 0.44, 0.56)
    down, along = _turned(y, x, at, _between(u[2], -0.2, 0.2))
    apart, wide = _between(u[3], 0.15, 0.2), _between(u[4], 0.1, 0.16)
    lenses = _ellipse(down, tf.abs(along) - apart, wide * _between(u[5], 0.6, 1.0), wide)
    bridge = (tf.abs(down + 0.02) < 0.025) & (tf.abs(along) < apart + wide + 0.08)
    return lenses | bridge


def _mask(y, x, u):
    at = _between(u[0], 0.72, 0.85), _between(u[1], 0.44, 0.56)
    down, along = _turned(y, x, at, _between(u[2], -0.15, 0.15))
    below = down > -_between(u[3], 0.08, 0.2) + 0.6 * tf.square(along)
    return below & _ellipse(down, along, 0.3, _between(u[4], 0.26, 0.4))


def _hand(y, x, u):
    at = _between(u[0], 0.3, 0.75), _between(u[1], 0.2, 0.8)
    size = _between(u[3], 0.11, 0.17)
    down, along = _turned(y, x, at, _between(u[2], -math.pi, math.pi))
    found = _ellipse(down, along, 1.1 * size, size)
    for finger in range(FINGERS):
        # A finger is what is near a straight piece that begins in the palm.
        lean = (finger - (FINGERS - 1) / 2) * _between(u[4], 0.15, 0.3)
        length = size * (1.5 + _between(u[5 + finger], 0.3, 1.0))
        start = (finger - (FINGERS - 1) / 2) * 0.5 * size
        share = tf.clip_by_value((-down * tf.cos(lean) + (along - start) * tf.sin(lean)), 0, length)
        off = tf.square(down + share * tf.cos(lean))
        off += tf.square(along - start - share * tf.sin(lean))
        found |= off < tf.square(0.24 * size)
    return found


def _box(y, x, u):
    at = _between(u[0], 0.25, 0.8), _between(u[1], 0.25, 0.75)
    down, along = _turned(y, x, at, _between(u[2], -0.8, 0.8))
    high, wide = _between(u[3], 0.09, 0.2), _between(u[4], 0.09, 0.2)
    return (tf.abs(down) < high) & (tf.abs(along) < wide)


def _coloured(y, x, u, kind):
    """`[B, H, W, 3]` in [-1, 1]: what the things look like, everywhere.

    Glasses are dark, hands of the colours of skin; all have shading along a direction and stripes
    or checks, strong ones on masks and boxes.
    """
    base = tf.concat([u[1], u[2], u[3]], axis=2)  # [B, 1, 3]
    light = _between(u[1], 0.25, 0.95)
    skin = light * tf.constant([1.0, 0.78, 0.64])
    by_kind = tf.stack([0.25 * base, base, skin, base], axis=1)[:, :, 0]  # [B, kinds, 3]
    colour = tf.gather(by_kind, kind, axis=1, batch_dims=1)[:, None, None]  # [B, 1, 1, 3]
    angle, waves = 2.0 * math.pi * u[4], _between(u[5], 2.0, 9.0)
    along = y * tf.sin(angle) + x * tf.cos(angle)
    across = y * tf.cos(angle) - x * tf.sin(angle)
    checks = tf.sin(2.0 * math.pi * waves * along) * tf.cos(
        2.0 * math.pi * waves * across * tf.round(u[6])
    )
    strength = tf.gather(tf.constant([0.03, 0.2, 0.04, 0.3]), kind)[:, None, None]
    shading = strength * u[7] * tf.sign(checks) + 0.25 * (along - 0.5)
    return 2.0 * tf.clip_by_value(colour + shading[..., None], 0.0, 1.0) - 1.0
