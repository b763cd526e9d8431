"""Picture files to uint8 arrays: every mode that Pillow reads, and the two ways to resize."""

from __future__ import annotations

import contextlib
import io
import pathlib
import struct
import warnings
import zlib

import numpy as np
from PIL import Image, UnidentifiedImageError

from tfgan_zoo.data import metadata

FORMATS = ("PNG", "JPEG", "WEBP", "BMP", "GIF")
SUFFIXES = (".png", ".jpg", ".jpeg", ".webp", ".bmp", ".gif", ".jfif", ".jpe", ".apng")
# Pillow says "could be decompression bomb DOS attack" of a large photograph; from twice this size
# on it refuses one, which is said in our words.
warnings.filterwarnings("ignore", category=Image.DecompressionBombWarning)
_ORIENTATION = 0x0112  # of EXIF; 5 to 8 lie on their side
_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}
_MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}
# What a file that Git LFS has not fetched begins with, and what is said of it.
GIT_LFS = b"version https://git-lfs.github.com/spec/"
LFS_POINTER = "a pointer of Git LFS in place of the file: fetch it with 'git lfs pull'"
# What Pillow keeps of a PNG's own under the same names as the texts of its author.
_PNG_OWN = {"bbox", "default_image", "interlace", "transparency"}
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
    return _read(source, lambda image, turn: _decoded(image, turn, channels, kind))


def decode_numbers(source) -> np.ndarray:
    """The numbers of a map of instances, in which equal pixels are one thing: grey of 8 or 16 bits
    and the indices of a palette as they are, colours as red * 65536 + green * 256 + blue.

    Args:
        source: a path, or the bytes of the file.

    Returns:
        int32 `[H, W, 1]`.

    Raises:
        ImageError: with the reason.
    """

    def numbers(image, turn):
        image.load()
        number = turn()
        image = image.transpose(_TURNS[number]) if number in _TURNS else image
        if image.mode in ("L", "P") or image.mode == "I" or image.mode.startswith("I;16"):
            return np.array(image).astype(np.int32)[..., None]
        red, green, blue = np.moveaxis(np.array(image.convert("RGB")).astype(np.int32), -1, 0)
        return (red * 65536 + green * 256 + blue)[..., None]

    return _read(source, numbers)


def largest_value(source) -> int | None:
    """The largest value of a picture of 16 bits, grey or colour of mode I; None for any other.

    Raises:
        ImageError: with the reason.
    """

    def largest(image, turn):
        if image.mode != "I" and not image.mode.startswith("I;16"):
            return None
        image.load()
        return int(np.asarray(image).max())

    return _read(source, largest)


def allow(pixels: int):
    """From here on this process reads pictures of up to so many pixels, width times height."""
    Image.MAX_IMAGE_PIXELS = max(Image.MAX_IMAGE_PIXELS, -(-pixels // 2))


def to_channels(pixels: np.ndarray, channels: int, kind: str = "image") -> np.ndarray:
    """The same picture, uint8 `[H, W, C]`, with another number of channels (see `decode`)."""
    if pixels.shape[-1] == channels:
        return pixels
    return _to_array(_to_image(pixels), channels, kind)


def resize(pixels: np.ndarray, size: tuple[int, int], kind: str = "image") -> np.ndarray:
    """Resizes a picture to exactly `size`, not keeping the aspect ratio.

    Photographs are resized with an antialiased bicubic filter (Keys, a = -0.5), first along rows
    and then along columns, rounded after each: an exported graph repeats it. Pillow alone would
    choose the order by the sizes, each version by another rule. Label maps take the nearest pixel,
    so that no colour appears that was not there.

    Args:
        pixels: uint8 `[H, W, C]`, C from 1 to 4.
        size: `(height, width)`.
        kind: `"image"` or `"labels"`.

    Returns:
        uint8 `[height, width, C]`.
    """
    if pixels.shape[:2] == tuple(size):
        return pixels
    image = _to_image(pixels)
    if kind == "labels":
        image = image.resize((size[1], size[0]), Image.Resampling.NEAREST)
    else:
        # What is transparent has no say in the colour of what is not.
        weighted = {"LA": "La", "RGBA": "RGBa"}.get(image.mode, image.mode)
        resized = image.convert(weighted)
        for sides in ((size[1], image.height), (size[1], size[0])):
            resized = resized.resize(sides, Image.Resampling.BICUBIC)
        image = resized.convert(image.mode)
    return np.array(image).reshape(*size, pixels.shape[-1])


def palette(path) -> list[list[int]] | None:
    """The palette of a palette PNG, [[r, g, b], ...]; None for any other picture.

    Only the header is read. Entries that merely pad the end are left out.

    Raises:
        ImageError: if the header cannot be read.
    """

    def colours(image, turn):
        if image.format != "PNG" or image.mode != "P":
            return None
        found = np.reshape(image.getpalette("RGB"), (-1, 3)).tolist()
        while found[-1] in found[:-1]:
            found.pop()
        return found

    return _read(path, colours)


def shape(path) -> tuple[int, int, int]:
    """(height, width, channels) of a picture as `decode` gives it, from its header; channels are 1
    for grey, else 3.

    A PNG is read to its end, where its orientation may stand.

    Raises:
        ImageError: with the reason.
    """
    return _read(path, _shape)


def _read(source, use):
    """`use(image, turn)` of an opened picture, whatever its metadata are; `turn()` is its EXIF
    orientation.

    Raises:
        ImageError: with the reason.
    """
    try:
        return _use(source, use)
    except ImageError as error:
        # Perhaps for the metadata's sake alone: once more without them.
        try:
            data = source if isinstance(source, bytes) else pathlib.Path(source).read_bytes()
        except OSError:
            raise error from None
        stripped, exif = metadata.pixels_alone(data)
        if stripped == data:
            raise
        try:
            return _use(stripped, lambda image, turn: use(image, lambda: _turn_in(exif)))
        except ImageError:
            raise error from None


def _use(source, use):
    with _reasons(source):
        stream = io.BytesIO(source) if isinstance(source, bytes) else open(source, "rb")  # noqa: SIM115
        with stream, Image.open(stream, formats=FORMATS) as image:
            return use(image, lambda: _turn_of(image))


def _decoded(image, turn, channels, kind):
    image.load()
    if image.format == "PNG" and _PNG_OWN & image.text.keys():
        raise ImageError("has a text whose name misleads the reader")
    number = turn()
    turned = image.transpose(_TURNS[number]) if number in _TURNS else image
    return _to_array(turned, channels, kind)


def _shape(image, turn):
    grey = image.mode in ("1", "L", "LA", "La", "I") or image.mode.startswith("I;16")
    width, height = image.size[::-1] if turn() in (5, 6, 7, 8) else image.size
    return height, width, 1 if grey else 3


def _turn_of(image):
    """The orientation; 1, upright, where the camera's notes are garbled, as viewers have it."""
    if image.format == "PNG":
        image.load()  # the orientation may stand behind the pixels, which must be sound
    try:
        return image.getexif().get(_ORIENTATION, 1)
    except (OSError, *_DAMAGED):
        return 1


def _turn_in(exif):
    """As `_turn_of`, of an EXIF block alone; None has none."""
    notes = Image.Exif()
    try:
        notes.load(exif or b"")
        return notes.get(_ORIENTATION, 1)
    except (OSError, *_DAMAGED):
        return 1


@contextlib.contextmanager
def _reasons(source):
    """Turns what Pillow raises for `source` into an `ImageError`."""
    try:
        yield
    except UnidentifiedImageError as error:
        raise ImageError(_why_unidentified(source)) from error
    except ImageError:
        raise
    except Image.DecompressionBombError as error:
        bound = 2 * Image.MAX_IMAGE_PIXELS
        raise ImageError(
            f"has more than {bound:,} pixels: make it smaller, or allow it with --max_pixels"
        ) from error
    except MemoryError as error:
        raise ImageError("needs more memory than there is: make it smaller") from error
    except OSError as error:
        raise ImageError(f"cannot be read: {error.strerror or error}") from error
    except _DAMAGED as error:
        raise ImageError(f"is damaged: {error}") from error


def _why_unidentified(source) -> str:
    if isinstance(source, bytes):
        start = source[: len(GIT_LFS)]
    else:
        with open(source, "rb") as stream:
            start = stream.read(len(GIT_LFS))
    if start == GIT_LFS:
        return f"is {LFS_POINTER}"
    return "is not a PNG, JPEG, WebP, BMP or GIF image" if start else "is empty (zero bytes)"


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
