"""GIF: the first frame, with its transparent colour.

TensorFlow's decoder sees a file of our own with that frame alone, in which colour number i is the
grey level i, so that it gives back the numbers and never touches the frames behind.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats.binary import NOWHERE, piece, sized, walk

SIGNATURES = (b"GIF87a", b"GIF89a")
_BLOCKS = 2**16  # of up to 255 bytes, to the end of the first frame
_GREYS = bytes(value for level in range(256) for value in [level] * 3)
# Behind the frame follows one of a single pixel. The decoder passes over a frame that is cut off
# and fills it with whatever lies in memory; it then comes to no second one.
_SECOND = b",\0\0\0\0\1\0\1\0\0\2\2\x44\1\0;"


def decode(file, *, indices: bool, labels: bool):
    """The picture uint8 `[h, w, 1, 3 or 4]` of the first frame, which says no orientation.

    Args:
        file: `binary.File`.
        indices: whether the numbers of the colours are given instead of the colours.
    """
    del labels
    blocks = _blocks(file)
    frame, start = blocks["frame"], blocks["start"]
    width, height = file.number(frame + 5, 2), file.number(frame + 7, 2)
    whole = tf.equal(file.number(frame + 1, 4), 0)
    whole &= tf.equal(file.number(6, 2), width) & tf.equal(file.number(8, 2), height)
    palette = blocks["palette"]
    conditions = [
        guards.demand(
            blocks["ended"], "A GIF file is cut off, damaged or in more than 65536 pieces."
        ),
        guards.demand(whole, "The first frame of a GIF file must fill the picture."),
        guards.demand(palette[0] > 0, "A GIF file lacks its palette."),
    ]
    palette = guards.after(conditions, palette)
    content = sized("GIF", width, height, guards.after(conditions, file.content))
    size = piece(content, frame + 5, frame + 9)
    interlaced = tf.cast(file.number(frame + 9, 1) & 64 > 0, tf.int32)
    clean = tf.strings.join(
        [
            *(b"GIF89a", size, b"\xf7\0\0" + _GREYS, b",\0\0\0\0", size),
            tf.gather([b"\0", b"\x40"], interlaced),
            *(piece(content, start, blocks["place"]), _SECOND),
        ]
    )
    frames = tf.io.decode_gif(clean)
    conditions = [
        guards.demand(
            tf.equal(tf.shape(frames)[0], 2), "The first frame of a GIF file is cut off or damaged."
        )
    ]
    numbers = tf.cast(guards.after(conditions, frames)[0, ..., 0], tf.int32)
    table = tf.reshape(file.between(palette[0], palette[1]), [-1, 3])
    inside = tf.reduce_max(numbers) < tf.shape(table)[0]
    conditions = [guards.demand(inside, "A GIF file uses colours that are not in its palette.")]
    numbers = guards.after(conditions, numbers)
    if indices:
        return tf.cast(numbers, tf.uint8)[..., None], NOWHERE, NOWHERE
    hidden = tf.equal(tf.range(tf.shape(table)[0]), blocks["hidden"])
    alpha = 255 * tf.cast(tf.logical_not(hidden), tf.uint8)[:, None]
    picture = tf.cond(
        blocks["hidden"] >= 0,
        lambda: tf.gather(tf.concat([table, alpha], -1), numbers),
        lambda: tf.gather(table, numbers),
    )
    return picture, NOWHERE, NOWHERE


def _blocks(file):
    """Where the first frame and its palette lie, and which colour is transparent, -1 for none.

    `frame` is its descriptor, `start` and `place` are the ends of its picture data.
    """
    size = file.size

    def table(place, flags):
        """(start and end of a palette at a place, or [0, 0]; the place behind it)."""
        length = tf.bitwise.left_shift(np.int64(6), tf.bitwise.bitwise_and(flags, 7))
        has = tf.bitwise.bitwise_and(flags, 128) > 0
        ends = tf.stack([place, place + length])
        return tf.where(has, ends, tf.zeros_like(ends)), tf.where(has, place + length, place)

    palette, place = table(tf.constant(13, tf.int64), file.number(10, 1))

    def step(state):
        place = state["place"]
        first = file.number(place, 1)
        inside = state["inside"]
        ends = inside & tf.equal(first, 0)
        extension = tf.logical_not(inside) & tf.equal(first, ord("!"))
        image = tf.logical_not(inside) & tf.equal(first, ord(","))
        # A graphic control: its flags, a delay, and the number of the transparent colour.
        control = extension & file.says(place + 1, b"\xf9") & (file.number(place + 2, 1) >= 4)
        control &= tf.bitwise.bitwise_and(file.number(place + 3, 1), 1) > 0
        own, start = table(place + 10, file.number(place + 9, 1))
        behind = tf.where(extension, place + 2, tf.where(image, start + 1, size))
        return {
            "frame": tf.where(image, place, state["frame"]),
            "start": tf.where(image, start, state["start"]),
            "palette": tf.where(image & (own[0] > 0), own, state["palette"]),
            "hidden": tf.where(
                control, tf.cast(file.number(place + 6, 1), tf.int32), state["hidden"]
            ),
            "inside": tf.logical_not(ends) & (inside | extension | image),
            "ended": ends & (state["frame"] > 0),
            "place": tf.where(inside, place + 1 + first, behind),
        }

    start = {
        **{"frame": tf.constant(0, tf.int64), "start": tf.constant(0, tf.int64)},
        **{"palette": palette, "hidden": tf.constant(-1), "inside": False, "ended": False},
        "place": place,
    }

    def going(state):
        return tf.logical_not(state["ended"]) & (state["place"] < size)

    return walk(step, start, going, _BLOCKS)
