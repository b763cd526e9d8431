"""Picture files to uint8 arrays: every mode that Pillow reads, and the two ways to resize."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif")
_ORIENTATION = 0x0112  # of EXIF; 5 to 8 lie on their side
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
# What Pillow's decoders raise on damaged files, besides OSError.
_DAMAGED = (
    SyntaxError,
    ValueError,
    TypeError,
    EOFError,
    IndexError,
    KeyError,
    OverflowError,
    struct.error,
    zlib.error,
    Image.DecompressionBombError,
)


class ImageError(ValueError):
    """A picture that cannot be decoded; the message is the reason, without the path."""


def decode(source, channels: int = 3, kind: str = "image") -> np.ndarray:
    """Decodes one picture completely.

    The EXIF orientation is applied; of an animation the first frame is taken; 16 bits become 8 by
    rounding (16-bit colour by Pillow, which keeps the high byte).

    Args:
        source: a path, or the bytes of the file.
        channels: 1 grey, 2 grey and alpha, 3 colour, 4 colour and alpha. With 1 or 3, what is
            transparent in a photograph is laid on white.
        kind: `"image"`, or `"labels"` for a label map, whose values are never blended or scaled:
            alpha is dropped, a palette becomes its colours (with one channel: stays indices), and
            grey index maps stay as they are.

    Returns:
        uint8 `[H, W, channels]`.

    Raises:
        ImageError: with the reason.
    """
    if channels not in _MODES:
        raise ValueError(f"channels must be 1, 2, 3 or 4, not {channels}.")
    with _reasons(source):
        stream = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
        with stream, Image.open(stream, formats=FORMATS) as image:
            image.load()
            return _to_array(ImageOps.exif_transpose(image), channels, kind)


def to_channels(pixels: np.ndarray, channels: int, kind: str = "image") -> np.ndarray:
    """The same picture, uint8 `[H, W, C]`, with another number of channels (see `decode`)."""
    if pixels.shape[-1] == channels:
        return pixels
    return _to_array(_to_image(pixels), channels, kind)


def resize(pixels: np.ndarray, size: tuple[int, int], kind: str = "image") -> np.ndarray:
    """Resizes a picture to exactly `size`, not keeping the aspect ratio.

    Photographs are resized with an antialiased bicubic filter (Keys, a = -0.5), the same as
    `tf.image.resize(method="bicubic", antialias=True)`, so an exported graph can repeat it. Label
    maps take the nearest pixel, so that no colour appears that was not there.

    Args:
        pixels: uint8 `[H, W, C]`, C from 1 to 4.
        size: `(height, width)`.
        kind: `"image"` or `"labels"`.

    Returns:
        uint8 `[height, width, C]`.
    """
    if pixels.shape[:2] == tuple(size):
        return pixels
    method = Image.Resampling.NEAREST if kind == "labels" else Image.Resampling.BICUBIC
    resized = np.asarray(_to_image(pixels).resize((size[1], size[0]), method))
    return resized.reshape(*size, pixels.shape[-1])


def palette(path) -> list[list[int]] | None:
    """The palette of a palette PNG, [[r, g, b], ...]; None for any other picture.

    Only the header is read. Entries that merely pad the end are left out.

    Raises:
        ImageError: if the header cannot be read.
    """
    try:
        with Image.open(path, formats=FORMATS) as image:
            if image.format != "PNG" or image.mode != "P":
                return None
            colours = np.reshape(image.getpalette("RGB"), (-1, 3)).tolist()
    except (OSError, *_DAMAGED) as error:
        raise ImageError(str(error)) from error
    while colours[-1] in colours[:-1]:
        colours.pop()
    return colours


def shape(path) -> tuple[int, int, int]:
    """(height, width, channels) of a picture as `decode` gives it, from its header; channels are 1
    for grey, else 3.

    A PNG is read to its end, where its orientation may stand.

    Raises:
        ImageError: with the reason.
    """
    with _reasons(path), Image.open(path, formats=FORMATS) as image:
        grey = image.mode in ("1", "L", "LA", "La", "I") or image.mode.startswith("I;16")
        turned = image.getexif().get(_ORIENTATION, 1) in (5, 6, 7, 8)
        width, height = image.size[::-1] if turned else image.size
    return height, width, 1 if grey else 3


@contextlib.contextmanager
def _reasons(source):
    """Turns what Pillow raises for `source` into an `ImageError`."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise ImageError(_why_unidentified(source)) from error
    except ImageError:
        raise
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror or error}") from error
    except _DAMAGED as error:
        raise ImageError(f"is damaged: {error}") from error


def _why_unidentified(source) -> str:
    if isinstance(source, bytes):
        empty = not source
    else:
        with open(source, "rb") as stream:
            empty = not stream.read(1)
    return "is empty (zero bytes)" if empty else "is not a PNG, JPEG, WebP, BMP or GIF image"


def _to_image(pixels: np.ndarray) -> Image.Image:
    return Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)


def _to_array(image: Image.Image, channels: int, kind: str) -> np.ndarray:
    if kind == "labels" and channels == 1 and image.mode == "P":
        return np.array(image)[..., None]
    image = _plain(image, kind)
    if kind == "image" and channels in (1, 3) and image.mode in ("LA", "RGBA"):
        white = Image.new("RGBA", image.size, "white")
        image = Image.alpha_composite(white, image.convert("RGBA")).convert("RGB")
    # A copy, because Pillow's own buffer may be read-only.
    return np.array(image.convert(_MODES[channels])).reshape(image.height, image.width, channels)


def _plain(image: Image.Image, kind: str) -> Image.Image:
    """The picture in one of the modes L, LA, RGB and RGBA, its meaning unchanged."""
    if image.mode == "I" or image.mode.startswith("I;16"):
        return _eight_bits(image, kind)
    if image.has_transparency_data:
        grey = image.mode in ("1", "L", "LA", "La")
        return image.convert("LA" if grey else "RGBA")
    if image.mode in ("L", "RGB"):
        return image
    return image.convert("L" if image.mode == "1" else "RGB")


def _eight_bits(image: Image.Image, kind: str) -> Image.Image:
    """Grey of 16 bits (mode I carries the same range) to 8 bits; label maps keep their numbers."""
    values = np.asarray(image).astype(np.int64)
    top = 255 if kind == "labels" else 65535
    if values.min() < 0 or values.max() > top:
        raise ImageError(f"has values outside 0 to {top}, which 8 bits cannot hold")
    if kind != "labels":
        values = (values * 255 + 32767) // 65535
    return Image.fromarray(values.astype(np.uint8))
