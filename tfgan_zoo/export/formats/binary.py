"""Bytes of a file inside a graph: numbers out of them, and files put together from pieces.

A file is held as `data`, uint8 `[n]`; offsets and lengths are int64 `[]`. What lies beyond the end
reads as zeros, so that a walk through a truncated file ends instead of failing somewhere inside;
the one who walks demands that it came to the end that it looked for.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards

PIXELS = 2**24  # of one file, 4096 x 4096: about 0.5 GB while it is read
_BYTES = [bytes([value]) for value in range(256)]


def take(data, offset, count: int):
    """`count` bytes from an offset on, uint8 `[count]`."""
    places = tf.cast(offset, tf.int64) + tf.range(count, dtype=tf.int64)
    size = tf.size(data, tf.int64)
    inside = (places >= 0) & (places < size)
    values = tf.gather(data, tf.clip_by_value(places, 0, tf.maximum(size - 1, 0)))
    return tf.where(inside, values, tf.zeros_like(values))


def number(data, offset, count: int, big: bool = False):
    """The whole number in `count` bytes, int64 `[]`; little-endian unless `big`."""
    order = range(count - 1, -1, -1) if big else range(count)
    weights = np.array([256**power for power in order], np.int64)
    return tf.reduce_sum(tf.cast(take(data, offset, count), tf.int64) * weights)


def says(data, offset, text: bytes):
    """Whether the bytes at an offset are `text`."""
    return tf.reduce_all(tf.equal(take(data, offset, len(text)), np.frombuffer(text, np.uint8)))


def code(text: bytes, big: bool = False) -> int:
    """What `number` gives for a name of four letters."""
    return int.from_bytes(text, "big" if big else "little")


def between(data, start, end):
    """The bytes from `start` to before `end`, which lie in the file."""
    return data[start : tf.maximum(start, end)]


def piece(content, start, end):
    """The same of the file as a string."""
    return tf.strings.substr(content, start, tf.maximum(end - start, 0))


def written(value, count: int):
    """A number as a string of `count` little-endian bytes."""
    shifts = tf.range(0, 8 * count, 8, dtype=tf.int64)
    values = tf.bitwise.bitwise_and(tf.bitwise.right_shift(tf.cast(value, tf.int64), shifts), 255)
    return tf.strings.reduce_join(tf.gather(_BYTES, values))


def sized(kind: str, width, height, value):
    """`value`, once a picture's size is one that is decoded here."""
    width, height = tf.cast(width, tf.int64), tf.cast(height, tf.int64)
    # Each side by itself first: the product of two of 32 bits does not fit into 63.
    sides = (width > 0) & (height > 0) & (width <= PIXELS) & (height <= PIXELS)
    size = sides & (width * height <= PIXELS)
    sentence = f"A {kind} file may have from 1 to {PIXELS} pixels, not width and height"
    return guards.after([guards.demand(size, sentence, width, height)], value)


def walk(step, state, going, most: int):
    """The last of the states that `step` makes one of another, as long as `going` says so.

    Args:
        step: dict of tensors -> the same of the next state.
        state: the first.
        going: dict of tensors -> bool `[]`.
        most: steps, after which the walk ends wherever it is.
    """
    names = list(state)

    def body(*values):
        found = step(dict(zip(names, values, strict=True)))
        return [found[name] for name in names]

    values = tf.while_loop(
        lambda *values: going(dict(zip(names, values, strict=True))),
        body,
        [tf.convert_to_tensor(state[name]) for name in names],
        parallel_iterations=1,
        maximum_iterations=most,
    )
    return dict(zip(names, values, strict=True))
