"""PNG: every colour type and depth, interlaced or not, transparency by key or palette.

TensorFlow's decoder sees a file of our own: the header, the picture data and, for a palette, one in
which colour number i is the grey level i, so that it gives back the numbers. Nothing else of a
client's file reaches it, and the palette and what is transparent are applied here.
"""

import struct
import zlib

import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats.binary import code, piece, sized, walk

SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHUNKS = 2**14  # in a file: writers make chunks of 8 kB and more
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_NO_TEXT = (b"Raw profile type exif\0", b"exif\0")


def _chunk(name: bytes, content: bytes) -> bytes:
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


_END = _chunk(b"IEND", b"")
# By depth: as many grey levels as there are numbers.
_GREYS = [
    _chunk(b"PLTE", bytes(value for level in range(2**depth) for value in [level] * 3))
    for depth in range(9)
]


def decode(file, *, indices: bool, labels: bool):
    """The picture uint8 `[h, w, 1..4]` of a PNG file; where its EXIF lies, and its XMP.

    Args:
        file: `binary.File`.
        indices: whether a palette picture is given as its colours' numbers.
        labels: whether levels are names that must not be scaled.
    """
    header = [file.number(16, 4, True), file.number(20, 4, True)]
    depth, colour = file.number(24, 1), file.number(25, 1)
    width, height = header
    allowed = [tf.equal(colour, c) & tf.equal(depth, d) for c in _DEPTHS for d in _DEPTHS[c]]
    sound = file.says(8, struct.pack(">I", 13) + b"IHDR") & tf.reduce_any(allowed)
    conditions = [guards.demand(sound, "The header of a PNG file is damaged.")]
    content = sized("PNG", width, height, guards.after(conditions, file.content))
    chunks = _chunks(file)
    palette, key = chunks["palette"], chunks["key"]
    has_key = key[0] > 0
    conditions = [
        guards.demand(
            chunks["ended"] & (chunks["first"] > 0),
            "A PNG file is cut off, damaged or in more than 16384 pieces.",
        ),
        guards.demand(
            tf.logical_not(chunks["text"]) | (chunks["exif"][0] > 0),
            "A PNG file keeps its EXIF in a text chunk or compressed, where it is not read: "
            "save it again.",
        ),
        guards.demand(tf.not_equal(colour, 3) | (palette[0] > 0), "A PNG file lacks its palette."),
        guards.demand(
            tf.not_equal(colour, 2) | tf.equal(depth, 8) | tf.logical_not(has_key),
            "A PNG file of 16 bits has a transparent colour, which is not read: save it in 8.",
        ),
    ]
    content = guards.after(conditions, content)

    clean = tf.strings.join(
        [
            piece(content, 0, 33),
            tf.where(tf.equal(colour, 3), tf.gather(_GREYS, depth % 9), ""),
            piece(content, chunks["first"], chunks["last"]),
            _END,
        ]
    )
    picture = tf.switch_case(
        tf.where(
            tf.equal(colour, 3),
            1,
            tf.where(tf.equal(colour, 0) & tf.equal(depth, 16), 2, 0),
        ),
        [
            lambda: _with_key(tf.io.decode_png(clean), file, depth, colour, key),
            lambda: _coloured(tf.io.decode_png(clean), file, palette, key, indices),
            lambda: _eight_bits(tf.io.decode_png(clean, 1, tf.uint16), labels),
        ],
    )
    return picture, chunks["exif"], chunks["xmp"]


def _chunks(file):
    """Where the chunks lie that matter: (start, end) of their contents, [0, 0] for none.

    `first` and `last` are the ends of the picture data, chunks and all.
    """
    size = file.size
    nowhere = tf.zeros([2], tf.int64)
    names = {"palette": b"PLTE", "key": b"tRNS", "exif": b"eXIf"}

    def step(state):
        place = state["place"]
        length, name = file.number(place, 4, True), file.number(place + 4, 4, True)
        start, end = place + 8, place + 8 + length
        whole = end + 4 <= size
        found = dict(state)
        for key, letters in names.items():
            here = whole & tf.equal(name, code(letters, True))
            found[key] = tf.where(here, tf.stack([start, end]), state[key])
        is_data = whole & tf.equal(name, code(b"IDAT", True))
        # Only the first run of picture data counts.
        found["first"] = tf.where(is_data & tf.equal(state["first"], 0), place, state["first"])
        grows = is_data & (tf.equal(state["first"], 0) | tf.equal(state["last"], place))
        found["last"] = tf.where(grows, end + 4, state["last"])
        is_text = tf.reduce_any(tf.equal(name, [code(b"tEXt", True), code(b"zTXt", True)]))
        hidden = [is_text & file.says(start, keyword) for keyword in _NO_TEXT]
        adobe = tf.equal(name, code(b"iTXt", True)) & file.says(start, b"XML:com.adobe.xmp\0")
        packed = adobe & file.says(start + 18, b"\1")
        found["text"] = state["text"] | tf.reduce_any([*hidden, packed])
        found["xmp"] = tf.where(adobe & whole, tf.stack([start, end]), state["xmp"])
        found["ended"] = whole & tf.equal(name, code(b"IEND", True))
        found["place"] = tf.where(whole, end + 4, size)
        return found

    start = {
        "place": tf.constant(8, tf.int64),
        **{"first": tf.constant(0, tf.int64), "last": tf.constant(0, tf.int64)},
        **{"text": False, "ended": False, "xmp": nowhere},
        **{key: nowhere for key in names},
    }

    def going(state):
        return tf.logical_not(state["ended"]) & (state["place"] + 12 <= size)

    return walk(step, start, going, _CHUNKS)


def _with_key(picture, file, depth, colour, key):
    """A picture of levels, with an alpha channel where one level or colour is transparent."""

    def plain():
        return picture

    def keyed():
        grey = tf.equal(colour, 0)
        pairs = tf.stack([file.number(key[0] + 2 * i, 2, True) for i in range(3)])
        pairs = tf.where(grey, pairs[0], pairs)
        # Of one bit the key is black or white; of two and four bits training compares it as it is.
        black_or_white = 255 * tf.cast(pairs > 0, tf.int64)
        pairs = tf.where(grey & tf.equal(depth, 1), black_or_white, pairs)
        room = key[1] - key[0] >= 2 + 4 * tf.cast(tf.equal(colour, 2), tf.int64)
        fits = room & tf.reduce_all(pairs < 256)
        conditions = [guards.demand(fits, "The transparent colour of a PNG file is damaged.")]
        levels = guards.after(conditions, tf.cast(pairs, tf.uint8))[: tf.shape(picture)[-1]]
        same = tf.reduce_all(tf.equal(picture, levels), -1, keepdims=True)
        return tf.concat([picture, 255 * tf.cast(tf.logical_not(same), tf.uint8)], -1)

    return tf.cond((key[0] > 0) & (colour < 3), keyed, plain)


def _coloured(numbers, file, palette, key, indices):
    """The colours of a picture of colour numbers, or the numbers themselves."""
    numbers = tf.cast(numbers[..., 0], tf.int32)
    colours = tf.reshape(file.between(palette[0], palette[1])[: 3 * 256], [-1])
    count = tf.size(colours) // 3
    conditions = [
        guards.demand(
            (tf.reduce_max(numbers) < count) & tf.equal((palette[1] - palette[0]) % 3, 0),
            "A PNG file uses colours that are not in its palette.",
        )
    ]
    numbers = guards.after(conditions, numbers)
    if indices:
        return tf.cast(numbers, tf.uint8)[..., None]
    table = tf.reshape(colours[: 3 * count], [-1, 3])
    given = file.between(key[0], key[1])[:count]
    opaque = tf.fill([count - tf.size(given)], tf.constant(255, tf.uint8))
    alpha = tf.concat([given, opaque], 0)[:, None]
    return tf.cond(
        key[0] > 0,
        lambda: tf.gather(tf.concat([table, alpha], -1), numbers),
        lambda: tf.gather(table, numbers),
    )


def _eight_bits(picture, labels):
    """Grey of 16 bits as eight: rounded, or of labels the numbers as they are."""
    values = tf.cast(picture, tf.int32)
    if not labels:
        # Less than 2**31 - 1: 65535 * 255 + 32767.
        return tf.cast((values * 255 + 32767) // 65535, tf.uint8)
    fits = guards.demand(
        tf.reduce_max(values) < 256, "A label map of 16 bits holds labels above 255."
    )
    return tf.cast(guards.after([fits], values), tf.uint8)
