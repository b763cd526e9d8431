"""How a camera was held, as EXIF or XMP say it, and the picture turned upright."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export.formats.binary import piece

_TAG, _SHORT, _LONG = 0x0112, (3, 8), (4, 9)
_ENTRIES = 1000  # of a directory that are looked at
# Bytes and not letters: what stands around it need not be text.
_XMP = r"^\C*?tiff:Orientation(?:=\"|>)([0-9])\C*$"


def of_exif(file, start, end):
    """The orientation that an EXIF block says, int32 `[]`; 0 where it says none.

    A block that is damaged says none, as a viewer has it.
    """
    for _ in range(2):  # some programs write the mark twice
        start += 6 * tf.cast(file.says(start, b"Exif\0\0"), tf.int64)
    big = file.says(start, b"MM\0*")
    known = big | file.says(start, b"II*\0")

    def value(offset, count):
        return tf.where(big, file.number(offset, count, True), file.number(offset, count))

    directory = start + value(start + 4, 4)
    room = tf.maximum((end - directory - 2) // 12, 0)
    entries = tf.minimum(tf.minimum(value(directory, 2), room), _ENTRIES)
    # Entries of twelve bytes: tag, type, count, value. Whole columns are read at once.
    starts = directory + 2 + 12 * tf.range(entries)

    def column(offset, count):
        places = starts[:, None] + offset + tf.range(count, dtype=tf.int64)
        inside = tf.cast(tf.gather(file.data, tf.minimum(places, file.size)), tf.int64)
        weights = np.array([256**power for power in range(count)], np.int64)
        return tf.where(
            big,
            tf.reduce_sum(inside * weights[::-1], -1),
            tf.reduce_sum(inside * weights, -1),
        )

    tag, kind, count = column(0, 2), column(2, 2), column(4, 4)
    short = tf.equal(kind, _SHORT[0]) | tf.equal(kind, _SHORT[1])
    long = tf.equal(kind, _LONG[0]) | tf.equal(kind, _LONG[1])
    given = tf.where(short, column(8, 2), column(8, 4))
    # A tag of another form is there, and turns nothing.
    given = tf.where((short | long) & tf.equal(count, 1), given, 1)
    named = tf.equal(tag, _TAG)
    last = tf.maximum(tf.reduce_max(tf.where(named, tf.range(entries), -1)), 0)
    found = known & tf.reduce_any(named)
    given = tf.concat([given, [0]], 0)[last]
    return tf.cast(tf.where(found, tf.clip_by_value(given, 0, 9), 0), tf.int32)


def of_xmp(file, start, end):
    """The orientation that an XMP block says, int32 `[]`; 0 where it says none."""
    block = piece(file.content, start, end)
    digit = tf.strings.regex_replace(block, _XMP, r"\1")
    found = tf.equal(tf.strings.length(digit), 1)
    return tf.strings.to_number(tf.where(found, digit, "0"), tf.int32)


def found(file, exif, xmp):
    """What a reader goes by: EXIF where it says anything, or else XMP."""
    by_exif, by_xmp = of_exif(file, *tf.unstack(exif)), of_xmp(file, *tf.unstack(xmp))
    return tf.where(by_exif > 0, by_exif, by_xmp)


def upright(picture, orientation):
    """A picture `[h, w, c]` turned as its orientation says; values outside 2 to 8 turn nothing."""

    def among(*values):
        return tf.reduce_any(tf.equal(orientation, values))

    picture = tf.cond(among(5, 6, 7, 8), lambda: tf.transpose(picture, [1, 0, 2]), lambda: picture)
    picture = tf.cond(among(2, 3, 6, 7), lambda: tf.reverse(picture, [1]), lambda: picture)
    return tf.cond(among(3, 4, 7, 8), lambda: tf.reverse(picture, [0]), lambda: picture)
