"""A small file of each kind that picture formats have: formats, depths, palettes, transparency,
orientation, order of rows, animation.
"""

import functools
import io
import struct
import zlib

import numpy as np
from PIL import Image, PngImagePlugin

SIZE = HEIGHT, WIDTH = 20, 31


def _waves(seed, channels=3):
    """Smooth levels uint8 `[H, W, channels]`."""
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:HEIGHT, :WIDTH] / 20
    waves = [np.sin(a * x + b * y + c) for a, b, c in chance.uniform(1, 6, (channels, 3))]
    return np.round(127.5 + 127.5 * np.stack(waves, -1)).astype(np.uint8)


COLOUR = Image.fromarray(_waves(1))
GREY = COLOUR.convert("L")
TRANSLUCENT = COLOUR.copy()
TRANSLUCENT.putalpha(Image.fromarray(_waves(2, 1)[..., 0]))
_XMP = '<rdf:Description tiff:Orientation="8"/>'


def file(image, kind="PNG", **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def exif(orientation):
    notes = Image.Exif()
    notes[0x0112] = orientation
    return notes


def png(depth, colour, rows, size=(WIDTH, HEIGHT), interlaced=0, between=b""):
    """A PNG of rows that are packed already; `between` stands in front of the picture data."""
    header = struct.pack(">IIBBBBB", *size, depth, colour, 0, 0, interlaced)
    chunks = chunk(b"IHDR", header) + between + chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunks + chunk(b"IEND", b"")


def chunk(name, content):
    check = zlib.crc32(name + content)
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", check)


def bmp(bits, rows, palette=b"", masks=b"", compression=0, height=HEIGHT, colours=0):
    start = 54 + len(masks) + len(palette)
    sizes = (40, WIDTH, height, 1, bits, compression, len(rows), 0, 0, colours, 0)
    head = b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start)
    return head + struct.pack("<IiiHHIIiiII", *sizes) + masks + palette + rows


def _filtered(rows):
    """Rows of a PNG, each behind the number of a filter that does nothing."""
    return b"".join(b"\0" + np.ascontiguousarray(row).tobytes() for row in rows)


def _interlaced(pixels):
    passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4)]
    passes += [(1, 0, 2, 2), (0, 1, 1, 2)]
    return b"".join(_filtered(pixels[y::down, x::right]) for x, y, right, down in passes)


@functools.cache
def kinds() -> dict[str, bytes]:
    """Name -> file."""
    chance = np.random.default_rng(0)

    def noise(*shape, top=256, kind=np.uint8):
        return chance.integers(0, top, shape).astype(kind)

    def deep(channels):
        return _filtered(noise(HEIGHT, WIDTH, channels, top=65536, kind=">u2"))

    palette, one = COLOUR.quantize(16), GREY.convert("1")
    pixel = tuple(int(level) for level in np.asarray(COLOUR)[3, 4])
    words = PngImagePlugin.PngInfo()
    words.add_itxt("XML:com.adobe.xmp", _XMP)
    found = {
        "png-colour": file(COLOUR),
        "png-grey": file(GREY),
        "png-colour-alpha": file(TRANSLUCENT),
        "png-grey-alpha": file(TRANSLUCENT.convert("LA")),
        "png-1": file(one),
        "png-2": png(2, 0, _filtered(noise(HEIGHT, 8))),
        "png-4": png(4, 0, _filtered(noise(HEIGHT, 16))),
        "png-16": png(16, 0, deep(1)),
        "png-16-labels": png(16, 0, _filtered(noise(HEIGHT, WIDTH, top=5, kind=">u2"))),
        "png-16-alpha": png(16, 4, deep(2)),
        "png-16-colour": png(16, 2, deep(3)),
        "png-16-colour-alpha": png(16, 6, deep(4)),
        "png-key": file(COLOUR, transparency=pixel),
        "png-grey-key": file(GREY, transparency=int(np.asarray(GREY)[3, 4])),
        "png-1-key": file(one, transparency=1),
        "png-palette-alphas": file(palette, transparency=bytes(range(0, 160, 10))),
        "png-interlaced": png(8, 2, _interlaced(np.asarray(COLOUR)), interlaced=1),
        "png-xmp-8": file(COLOUR, pnginfo=words),
        "png-palette-exif-6": file(palette, exif=exif(6)),
        "png-comment-of-wrong-sum": png(
            *(8, 0, _filtered(np.asarray(GREY))), between=chunk(b"tEXt", b"a\0b")[:-1] + b"?"
        ),
        "jpeg": file(COLOUR, "JPEG", quality=90),
        "jpeg-all-colours": file(COLOUR, "JPEG", quality=90, subsampling=0),
        "jpeg-progressive": file(COLOUR, "JPEG", quality=90, progressive=True),
        "jpeg-restarts": file(COLOUR, "JPEG", quality=90, restart_marker_blocks=1),
        "jpeg-rgb": file(COLOUR, "JPEG", quality=90, keep_rgb=True),
        "jpeg-grey": file(GREY, "JPEG"),
        "jpeg-cmyk": file(COLOUR.convert("CMYK"), "JPEG", quality=95),
        "jpeg-xmp-8": file(COLOUR, "JPEG", xmp=_XMP.encode()),
        "jpeg-xmp-3": file(COLOUR, "JPEG", xmp=b"<tiff:Orientation>3</tiff:Orientation>"),
        "gif": file(COLOUR, "GIF"),
        "gif-grey": file(GREY, "GIF"),
        "gif-key": file(palette, "GIF", transparency=1),
        "gif-interlaced": file(COLOUR, "GIF", interlace=1),
        "bmp": file(COLOUR, "BMP"),
        "bmp-grey": file(GREY, "BMP"),
        "bmp-1": file(one, "BMP"),
        "bmp-1-colours": bmp(1, noise(80).tobytes(), noise(8).tobytes()),
        "bmp-4-colours": bmp(4, noise(320).tobytes(), noise(64).tobytes()),
        "bmp-palette": file(palette, "BMP"),
        "bmp-few-colours": bmp(8, noise(640, top=7).tobytes(), noise(28).tobytes(), colours=7),
        "bmp-alpha": file(TRANSLUCENT, "BMP"),
        "bmp-32": bmp(32, noise(4 * 620).tobytes()),
        "bmp-32-masks": bmp(
            *(32, noise(4 * 620).tobytes()),
            masks=struct.pack("<III", 0xFF0000, 0xFF00, 0xFF),
            compression=3,
        ),
        "bmp-top-first": bmp(24, noise(96 * HEIGHT).tobytes(), height=-HEIGHT),
        "webp": file(COLOUR, "WEBP", quality=90),
        "webp-lossless": file(COLOUR, "WEBP", lossless=True),
        "webp-alpha": file(TRANSLUCENT, "WEBP", quality=90),
        "webp-lossless-alpha": file(TRANSLUCENT, "WEBP", lossless=True),
        "webp-exif-6": file(COLOUR, "WEBP", exif=exif(6)),
        "webp-xmp-8": file(COLOUR, "WEBP", xmp=_XMP.encode()),
    }
    for colours in (2, 4, 16, 200):
        few = COLOUR.quantize(colours)
        found[f"png-palette-{colours}"] = file(few)
        found[f"png-palette-{colours}-key"] = file(few, transparency=1)
    for orientation in range(1, 9):
        found[f"png-exif-{orientation}"] = file(COLOUR, exif=exif(orientation))
        found[f"jpeg-exif-{orientation}"] = file(COLOUR, "JPEG", exif=exif(orientation))
    for kind in ("GIF", "WEBP"):
        for name, image in (("", COLOUR), ("-alpha", TRANSLUCENT)):
            options = {"save_all": True, "append_images": [image.rotate(180)], "duration": 40}
            found[f"{kind.lower()}-animated{name}"] = file(image, kind, **options)
    return found


@functools.cache
def refused() -> dict[str, tuple[bytes, str]]:
    """Name -> (file, what is said of it): what is not read, or not as training would read it."""
    rows = bytes(4 * 620)
    big = png(1, 0, bytes(2501 * 20000), (20000, 20000))
    cmyk = file(COLOUR.convert("CMYK"), "JPEG")
    marker = cmyk.index(b"\xff\xee")
    length = 2 + int.from_bytes(cmyk[marker + 2 : marker + 4], "big")
    gif = file(COLOUR, "GIF")
    smaller = bytearray(gif)
    smaller[6] += 1  # a wider canvas than its frame
    key = chunk(b"tRNS", bytes(6))
    hidden = PngImagePlugin.PngInfo()
    hidden.add_text("Raw profile type exif", "\nexif\n 8\n4949\n")
    bound = "may have from 1 to 16777216 pixels.*20000.*20000"
    found = {
        "png-of-400-million": (big, bound),
        "png-of-many-more": (
            png(8, 0, b"", (2**32 - 1, 2**32 - 1)),
            "may have from 1 to 16777216 pixels.*4294967295",
        ),
        "png-of-none": (png(8, 0, b"", (0, 5)), "may have from 1 to 16777216 pixels"),
        "png-16-colour-key": (png(16, 2, rows, between=key), "16 bits has a transparent colour"),
        "png-hidden-exif": (file(COLOUR, pnginfo=hidden), "EXIF in a text chunk"),
        "png-other-depth": (png(3, 0, rows), "header of a PNG file is damaged"),
        "png-no-palette": (png(8, 3, rows), "lacks its palette"),
        "jpeg-cmyk-not-adobe": (cmyk[:marker] + cmyk[marker + length :], "CMYK as Adobe writes it"),
        "gif-wider": (bytes(smaller), "first frame of a GIF file must fill the picture"),
        "gif-cut": (gif[: len(gif) // 2 + 300], "GIF file is cut off"),
        "bmp-16": (bmp(16, rows), "1, 4, 8, 24 or 32 bits in the usual order"),
        "bmp-run-lengths": (bmp(8, rows, bytes(1024), compression=1), "must be uncompressed"),
        "bmp-cut": (bmp(24, rows[:99]), "BMP file is cut off or damaged"),
        "bmp-of-400-million": (bmp(1, rows, bytes(8), height=2**30), "BMP file"),
        "nothing": (b"", "no PNG, JPEG, WebP, BMP or GIF"),
        "text": (b"picture", "no PNG, JPEG, WebP, BMP or GIF"),
        "tiff": (file(GREY, "TIFF"), "no PNG, JPEG, WebP, BMP or GIF"),
    }
    whole = kinds()
    for name in ("png-colour", "jpeg", "gif", "bmp", "webp", "webp-animated"):
        for cut in (9, 20, 40):
            found[f"{name}-{cut}-bytes"] = (
                whole[name][:cut],
                "damaged|cut off|no PNG|pixels|fill|must be uncompressed",
            )
    return found
