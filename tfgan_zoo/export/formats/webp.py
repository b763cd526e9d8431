"""WebP: the picture, or the first frame of an animation.

TensorFlow's decoder frees memory twice on an animation without alpha. It sees a still file of our
own with that one frame, so that no animation ever reaches it.
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats import orientation
from tfgan_zoo.export.formats.binary import code, number, piece, says, sized, walk, written

SIGNATURE = b"RIFF"
KIND = b"WEBP"  # eight bytes behind the signature
_CHUNKS = 2**10
_NAMES = {
    **{"lossy": b"VP8 ", "lossless": b"VP8L", "alpha": b"ALPH"},
    **{"exif": b"EXIF", "xmp": b"XMP ", "frame": b"ANMF"},
}
_ANIMATED, _TRANSPARENT = 2, 16  # flags of the extended header


def decode(content, data, *, indices: bool, labels: bool):
    """(picture uint8 `[h, w, 3 or 4]`, orientation int32 `[]`) of a WebP file."""
    del indices, labels
    end = 8 + number(data, 4, 4)
    is_extended = says(data, 12, b"VP8X")
    whole = (end <= tf.size(data, tf.int64)) & (end >= 20)
    flags = number(data, 20, 1)
    outer = _chunks(data, tf.constant(12, tf.int64), end)
    animated = tf.bitwise.bitwise_and(flags, _ANIMATED) > 0
    # A frame of an animation: its place and size in 16 bytes, then chunks like those of a still.
    frame = outer["frame"]
    moves = is_extended & animated
    inner = _chunks(
        data,
        tf.where(moves & (frame[0] > 0), frame[0] + 16, end),
        tf.where(moves & (frame[0] > 0), frame[1], end),
    )
    found = {
        name: tf.where(moves, inner[name], outer[name]) for name in ("lossy", "lossless", "alpha")
    }
    lossy, lossless, alpha = found["lossy"], found["lossless"], found["alpha"]
    is_lossy = lossy[0] > 0
    # Without an extended header the one chunk is the first.
    first = is_extended | tf.equal(tf.maximum(lossy[0], lossless[0]), 20)
    sound = whole & outer["sound"] & inner["sound"] & first
    sound &= tf.not_equal(is_lossy, lossless[0] > 0)
    start = tf.where(is_lossy, lossy[0], lossless[0])
    bits = number(data, start + 1, 4)
    mark = says(data, start + 3, b"\x9d\x01\x2a")
    key = tf.equal(tf.bitwise.bitwise_and(number(data, start, 1), 1), 0)
    sound &= tf.where(is_lossy, mark & key, says(data, start, b"\x2f"))

    def side(offset, shift):
        low = tf.bitwise.bitwise_and(number(data, start + offset, 2), 0x3FFF)
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
    canvas = tf.equal(number(data, 24, 3) + 1, width) & tf.equal(number(data, 27, 3) + 1, height)
    canvas &= tf.logical_not(moves) | tf.equal(number(data, frame[0], 6), 0)
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
    content = sized("WebP", width, height, guards.after(conditions, content))
    clean = _still(content, start, tf.where(is_lossy, lossy, lossless)[1], alpha, is_lossy)
    picture = tf.io.decode_image(clean, expand_animations=False)
    picture.set_shape([None, None, None])
    exif, xmp = (tf.unstack(outer[name]) for name in ("exif", "xmp"))
    turned = orientation.joined(orientation.of_exif(data, *exif), orientation.of_xmp(data, *xmp))
    return picture, turned


def _still(content, start, end, alpha, is_lossy):
    """A still file of the chunks whose contents lie in `start` to `end` and in `alpha`."""

    def chunk(start, end):
        return tf.strings.join(
            [piece(content, start - 8, end), tf.where((end - start) % 2 > 0, b"\0", b"")]
        )

    picture = chunk(start, end)

    def with_alpha():
        size = [  # both sides less one, of three bytes each
            written(_side(content, start + place) - 1, 3) for place in (6, 8)
        ]
        header = tf.strings.join([b"VP8X", written(10, 4), b"\x10\0\0\0", *size])
        return tf.strings.join([header, chunk(alpha[0], alpha[1]), picture])

    body = tf.cond(is_lossy & (alpha[0] > 0), with_alpha, lambda: picture)
    size = tf.strings.length(body) + 4
    return tf.strings.join([b"RIFF", written(size, 4), b"WEBP", body])


def _side(content, place):
    """A side of a lossy picture, whose upper two bits are a hint to enlarge it."""
    bits = number(tf.io.decode_raw(piece(content, place, place + 2), tf.uint8), 0, 2)
    return tf.bitwise.bitwise_and(bits, 0x3FFF)


def _chunks(data, start, end):
    """Name -> (start, end) of the contents of the first chunk of each kind, [0, 0] for none; and
    `sound`, whether they lie one behind the other up to the end.
    """

    def step(state):
        place = state["place"]
        name, length = number(data, place, 4), number(data, place + 4, 4)
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
