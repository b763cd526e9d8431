"""WebP: the picture, or the first frame of an animation.

TensorFlow's decoder frees memory twice on an animation without alpha. It sees a still file of our
own with that one frame, so that no animation ever reaches it.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats.binary import code, piece, sized, walk, written

SIGNATURE = b"RIFF"
KIND = b"WEBP"  # eight bytes behind the signature
_CHUNKS = 2**10
_NAMES = {
    **{"lossy": b"VP8 ", "lossless": b"VP8L", "alpha": b"ALPH"},
    **{"exif": b"EXIF", "xmp": b"XMP ", "frame": b"ANMF"},
}
_ANIMATED, _TRANSPARENT = 2, 16  # flags of the extended header


def decode(file, *, indices: bool, labels: bool):
    """The picture uint8 `[h, w, 3 or 4]` of a WebP file; where its EXIF lies, and its XMP."""
    del indices, labels
    end = 8 + file.number(4, 4)
    is_extended = file.says(12, b"VP8X")
    whole = (end <= file.size) & (end >= 20)
    flags = file.number(20, 1)
    outer = _chunks(file, tf.constant(12, tf.int64), end)
    animated = tf.bitwise.bitwise_and(flags, _ANIMATED) > 0
    # A frame of an animation: its place and size in 16 bytes, then chunks like those of a still.
    frame = outer["frame"]
    moves = is_extended & animated
    inner = _chunks(
        file,
        tf.where(moves & (frame[0] > 0), frame[0] + 16, end),
        tf.where(moves & (frame[0] > 0), frame[1], end),
    )
    found = {
        name: tf.where(moves, inner[name], outer[name]) for name in ("lossy", "lossless", "alpha")
    }
    lossy, lossless = found["lossy"], found["lossless"]
    is_lossy = lossy[0] > 0
    alpha = tf.where(is_lossy, found["alpha"], tf.zeros_like(found["alpha"]))
    # Without an extended header the one chunk is the first.
    first = is_extended | tf.equal(tf.maximum(lossy[0], lossless[0]), 20)
    sound = whole & outer["sound"] & inner["sound"] & first
    sound &= tf.not_equal(is_lossy, lossless[0] > 0)
    start = tf.where(is_lossy, lossy[0], lossless[0])
    bits = file.number(start + 1, 4)
    mark = file.says(start + 3, b"\x9d\x01\x2a")
    key = tf.equal(tf.bitwise.bitwise_and(file.number(start, 1), 1), 0)
    sound &= tf.where(is_lossy, mark & key, file.says(start, b"\x2f"))

    def side(offset, shift):
        low = tf.bitwise.bitwise_and(file.number(start + offset, 2), 0x3FFF)
        return tf.where(
            is_lossy,
            low,
            1 + tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, np.int64(shift)), 0x3FFF),
        )

    width, height = side(6, 0), side(8, 14)
    has_alpha = tf.where(
        is_lossy,
        alpha[0] > 0,
        tf.bitwise.bitwise_and(tf.bitwise.right_shift(bits, np.int64(28)), 1) > 0,
    )
    canvas = tf.equal(file.number(24, 3) + 1, width) & tf.equal(file.number(27, 3) + 1, height)
    canvas &= tf.logical_not(moves) | tf.equal(file.number(frame[0], 6), 0)
    may = tf.bitwise.bitwise_and(flags, _TRANSPARENT) > 0
    conditions = [
        guards.demand(sound, "A WebP file is cut off, damaged or of a kind that is not read."),
        guards.demand(
            tf.logical_not(is_extended) | canvas,
            "The first frame of a WebP file must fill the picture.",
        ),
        guards.demand(
            tf.logical_not(is_extended & has_alpha) | may,
            "The header of a WebP file says opaque, and its picture is transparent.",
        ),
    ]
    content = sized("WebP", width, height, guards.after(conditions, file.content))
    clean = _still(content, start, tf.where(is_lossy, lossy, lossless)[1], alpha, [width, height])
    picture = tf.io.decode_image(clean, expand_animations=False)
    picture.set_shape([None, None, None])
    return picture, outer["exif"], outer["xmp"]


def _still(content, start, end, alpha, sides):
    """A still file of the chunks whose contents lie in `start` to `end` and in `alpha`.

    Args:
        sides: width and height, for what a lossy picture with alpha needs beside it.
    """

    def chunk(start, end):
        return tf.strings.join(
            [piece(content, start - 8, end), tf.where((end - start) % 2 > 0, b"\0", b"")]
        )

    picture = chunk(start, end)

    def with_alpha():
        size = [  # both sides less one, of three bytes each
            written(side - 1, 3) for side in sides
        ]
        header = tf.strings.join([b"VP8X", written(10, 4), b"\x10\0\0\0", *size])
        return tf.strings.join([header, chunk(alpha[0], alpha[1]), picture])

    body = tf.cond(alpha[0] > 0, with_alpha, lambda: picture)
    size = tf.strings.length(body) + 4
    return tf.strings.join([b"RIFF", written(size, 4), b"WEBP", body])


def _chunks(file, start, end):
    """Name -> (start, end) of the contents of the first chunk of each kind, [0, 0] for none; and
    `sound`, whether they lie one behind the other up to the end.
    """

    def step(state):
        place = state["place"]
        name, length = file.number(place, 4), file.number(place + 4, 4)
        begins, ends = place + 8, place + 8 + length
        fits = ends <= end
        found = {}
        for key, letters in _NAMES.items():
            here = fits & tf.equal(name, code(letters)) & tf.equal(state[key][0], 0)
            found[key] = tf.where(here, tf.stack([begins, ends]), state[key])
        padded = tf.minimum(ends + length % 2, tf.maximum(end, ends))
        return {
            **found,
            "sound": state["sound"] & fits,
            "place": tf.where(fits, padded, end),
        }

    nowhere = tf.zeros([2], tf.int64)
    state = {**{name: nowhere for name in _NAMES}, "sound": True, "place": start}
    return walk(step, state, lambda state: state["place"] + 8 <= end, _CHUNKS)
