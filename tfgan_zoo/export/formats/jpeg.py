"""JPEG: baseline and progressive, grey, colour and CMYK as Adobe writes it."""

import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats.binary import sized, walk

SIGNATURE = b"\xff\xd8\xff"
_SEGMENTS = 2**10  # before the picture data
# Baseline, extended, progressive; their arithmetic cousins. Others are no pictures of eight bits.
_FRAMES = (0xC0, 0xC1, 0xC2, 0xC9, 0xCA)
_XMP = b"http://ns.adobe.com/xap/1.0/\0"


def decode(file, *, indices: bool, labels: bool):
    """The picture uint8 `[h, w, 1 or 3]` of a JPEG file; where its EXIF lies, and its XMP.

    The decoder's accurate inverse transform and its smooth enlargement of colours are those that
    training reads with.
    """
    del indices, labels
    segments = _segments(file)
    frame = segments["frame"]
    channels = file.number(frame + 9, 1)
    conditions = [
        guards.demand(
            segments["ended"] & (frame > 0),
            "The header of a JPEG file is cut off, damaged or of a kind that is not read.",
        ),
        guards.demand(
            tf.equal(channels, 1)
            | tf.equal(channels, 3)
            | (tf.equal(channels, 4) & segments["adobe"]),
            "A JPEG file must be grey, colour, or CMYK as Adobe writes it.",
        ),
    ]
    height, width = file.number(frame + 5, 2, True), file.number(frame + 7, 2, True)
    content = sized("JPEG", width, height, guards.after(conditions, file.content))
    picture = tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE")
    return picture, segments["exif"], segments["xmp"]


def _segments(file):
    """Where the segments lie that matter, up to the picture data; 0 for none.

    The walk takes markers alone where they must stand, so that the decoder, which would search for
    the next one, can find no other frame than this.
    """
    size = file.size
    nowhere = tf.zeros([2], tf.int64)

    def step(state):
        place = state["place"]
        marker = file.number(place + 1, 1)
        fill = tf.equal(marker, 0xFF)  # any number of these may stand before a marker
        length = file.number(place + 2, 2, True)
        start, end = place + 4, place + 2 + length
        is_frame = tf.reduce_any(tf.equal(marker, _FRAMES))
        # Other frames (lossless, hierarchical), and markers that have no length.
        wrong = ((marker >= 0xC0) & (marker <= 0xCF) & tf.logical_not(is_frame)) & tf.reduce_all(
            tf.not_equal(marker, (0xC4, 0xCC))
        )
        wrong |= (marker < 0xC0) | ((marker >= 0xD0) & (marker <= 0xD9)) | (length < 2)
        wrong |= is_frame & (state["frame"] > 0)
        wrong |= tf.not_equal(file.number(place, 1), 0xFF) | (end > size)
        wrong &= tf.logical_not(fill & tf.equal(file.number(place, 1), 0xFF))
        is_app = tf.equal(marker, 0xE1)
        exif = is_app & file.says(start, b"Exif\0\0") & tf.equal(state["exif"][0], 0)
        xmp = is_app & file.says(start, _XMP)
        adobe = tf.equal(marker, 0xEE) & file.says(start, b"Adobe") & (length >= 14)
        return {
            "frame": tf.where(is_frame & tf.logical_not(fill), place, state["frame"]),
            "exif": tf.where(exif, tf.stack([start, end]), state["exif"]),
            "xmp": tf.where(xmp, tf.stack([start, end]), state["xmp"]),
            "adobe": state["adobe"] | adobe,
            "ended": tf.equal(marker, 0xDA) & tf.logical_not(wrong),
            "place": tf.where(wrong, size, tf.where(fill, place + 1, end)),
        }

    start = {
        **{"frame": tf.constant(0, tf.int64), "exif": nowhere, "xmp": nowhere},
        **{"adobe": False, "ended": False, "place": tf.constant(2, tf.int64)},
    }

    def going(state):
        return tf.logical_not(state["ended"]) & (state["place"] + 4 <= size)

    return walk(step, start, going, _SEGMENTS)
