"""Bytes of a file inside a graph: numbers out of them, and files put together from pieces.

Offsets and lengths are int64 `[]`. What lies beyond the end reads as zeros, so that a walk through
a truncated file ends instead of failing somewhere inside; the one who walks demands that it came to
the end that it looked for.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards

_BYTES = [bytes([value]) for value in range(256)]
_LONGEST = 64  # bytes that are looked at in one piece
NOWHERE = np.zeros(2, np.int64)  # the ends of what a file does not hold


class File:
    """A file that is read in a graph.

    Args:
        content: string `[]`.

    Attributes:
        content: of the file, or the same after further conditions.
        size: in bytes, int64 `[]`.
        data: uint8 `[size + _LONGEST]`, zeros behind the end.
    """

    def __init__(self, content):
        self.content = content
        self.size = tf.cast(tf.strings.length(content), tf.int64)
        self.data = tf.concat(
            [tf.io.decode_raw(content, tf.uint8), tf.zeros([_LONGEST], tf.uint8)], 0
        )

    def take(self, offset, count: int):
        """`count` bytes from an offset on, uint8 `[count]`."""
        return tf.slice(self.data, tf.minimum(self.size, offset)[None], [count])

    def number(self, offset, count: int, big: bool = False):
        """The whole number in `count` bytes, int64 `[]`; little-endian unless `big`."""
        taken = self.take(offset, count)
        if count == 1:
            return tf.cast(taken[0], tf.int64)
        taken = taken[::-1] if big else taken
        if count in (2, 4):
            return tf.cast(tf.bitcast(taken, {2: tf.uint16, 4: tf.uint32}[count]), tf.int64)
        weights = np.array([256**power for power in range(count)], np.int64)
        return tf.reduce_sum(tf.cast(taken, tf.int64) * weights)

    def says(self, offset, text: bytes):
        """Whether the bytes at an offset are `text`."""
        return tf.reduce_all(tf.equal(self.take(offset, len(text)), np.frombuffer(text, np.uint8)))

    def between(self, start, end):
        """The bytes from `start` to before `end`, which lie in the file."""
        return tf.slice(self.data, start[None], tf.maximum(end - start, 0)[None])


def code(text: bytes, big: bool = False) -> int:
    """What `File.number` gives for a name of four letters."""
    return int.from_bytes(text, "big" if big else "little")


def piece(content, start, end):
    """The bytes of a string from `start` to before `end`."""
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
    sides = (width > 0) & (height > 0) & (width <= guards.PIXELS) & (height <= guards.PIXELS)
    size = sides & (width * height <= guards.PIXELS)
    sentence = f"A {kind} file may have from 1 to {guards.PIXELS} pixels, not width and height"
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
