"""Pictures: uint8 as they are stored, float32 in [-1, 1] as models take and give them."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import tensorflow as tf
from PIL import Image as pillow
from PIL import ImageDraw, ImageFont

from tfgan_zoo.kinds.drawing import to_png
from tfgan_zoo.kinds.kind import Kind, KindError, mean_deviation

GAP = 4
CAPTION = 18
LINE = 15  # pixels, of a caption of several


@dataclasses.dataclass(frozen=True)
class Image(Kind):
    """Pictures of one size.

    Attributes:
        shape: `(H, W, C)`, C from 1 to 4.
    """

    shape: tuple[int, int, int]

    name = "image"
    dtype = np.uint8
    suffix = ".png"

    def normalise(self, stored) -> tf.Tensor:
        """uint8 in [0, 255] to float32 in [-1, 1]."""
        return to_float(stored)

    def restore(self, values) -> np.ndarray:
        """Float in [-1, 1] to uint8 in [0, 255]; see `to_uint8`."""
        return to_uint8(values)

    def cropped(self, crop_size) -> Image:
        """Pictures of the crop's size; raises `KindError` if that is larger than they are."""
        height, width, channels = self.shape
        if crop_size[0] > height or crop_size[1] > width:
            raise KindError(
                f"The crop of {crop_size[0]}x{crop_size[1]} is larger than the pictures of "
                f"{height}x{width}: load larger pictures or crop less."
            )
        return dataclasses.replace(self, shape=(*crop_size, channels))

    def augment(self, stored, words, crop_size=None, flip=False) -> np.ndarray:
        """The first word of an example places the top of its crop, the second the left side, and
        the third says whether it is flipped.
        """
        if crop_size:
            height, width = crop_size
            tops = _below(stored.shape[1] - height + 1, words[:, 0])
            lefts = _below(stored.shape[2] - width + 1, words[:, 1])
            places = zip(stored, tops, lefts, strict=True)
            stored = np.stack([p[y : y + height, x : x + width] for p, y, x in places])
        if flip:
            flipped = are_flipped(words)
            stored[flipped] = stored[flipped][:, :, ::-1]
        return stored

    def spread(self, values) -> float:
        """The standard deviation of each pixel over `[N, H, W, C]`, its mean over the pixels."""
        return mean_deviation(values)

    def preview(self, values, scale: int = 1):
        """The first k * k pictures of `[N, H, W, C]` in [-1, 1] as a square `PIL.Image`."""
        return square_grid(values, scale)

    def encode(self, stored) -> bytes:
        """A PNG file of one picture, uint8 `[H, W, C]`; nothing is lost."""
        pixels = np.asarray(stored, np.uint8)
        return to_png(pillow.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels))

    def decode(self, content) -> np.ndarray:
        """uint8 `[H, W, C]` from a PNG file of this shape."""
        try:
            with pillow.open(io.BytesIO(content), formats=("PNG",)) as picture:
                pixels = np.array(picture)
        except (OSError, SyntaxError) as error:
            raise KindError("is not a PNG file that can be read") from error
        pixels = pixels[..., None] if pixels.ndim == 2 else pixels
        if pixels.shape != tuple(self.shape) or pixels.dtype != np.uint8:
            raise KindError(f"holds a picture {pixels.shape}, not {tuple(self.shape)}")
        return pixels


def to_float(pixels) -> tf.Tensor:
    """uint8 in [0, 255] to float32 in [-1, 1], the ends exactly."""
    return tf.cast(pixels, tf.float32) / 127.5 - 1.0


def to_uint8(images) -> np.ndarray:
    """Float in [-1, 1] to uint8 in [0, 255] by rounding; what lies outside is clipped.

    Raises:
        KindError: if a pixel is not finite; a picture of it would hide that.
    """
    images = np.asarray(images, np.float32)
    if not np.isfinite(images).all():
        raise KindError("There are pixels that are not finite, of which there is no picture.")
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def grid(columns, captions=None, scale=1):
    """Pictures side by side as one RGB `PIL.Image`.

    Args:
        columns: list of arrays `[N, H, W, C]` in [-1, 1], one per column; C may be 1 to 4 and
            differ between columns (two channels are drawn as the first alone; a fourth is not
            drawn).
        captions: one word above each column, or several, a line each.
        scale: whole factor by which small pictures are enlarged.

    Raises:
        KindError: as `to_uint8`.
    """
    columns = [to_uint8(column) for column in columns]
    rows = min(len(column) for column in columns)
    height = max(column.shape[1] for column in columns) * scale
    width = max(column.shape[2] for column in columns) * scale
    lines = max(caption.count("\n") + 1 for caption in captions) if captions else 0
    top = CAPTION + (lines - 1) * LINE if lines else 0
    sheet = pillow.new(
        "RGB",
        (len(columns) * (width + GAP) + GAP, rows * (height + GAP) + GAP + top),
        "white",
    )
    draw = ImageDraw.Draw(sheet)
    for x, column in enumerate(columns):
        if captions:
            draw.text(
                (GAP + x * (width + GAP) + width / 2, top / 2 + 1),
                captions[x],
                fill="black",
                anchor="mm",
                align="center",
                font=ImageFont.load_default(13),
            )
        for y in range(rows):
            picture = column[y]
            picture = picture[..., :3] if picture.shape[-1] >= 3 else picture[..., 0]
            picture = pillow.fromarray(picture).convert("RGB")
            if scale > 1:
                picture = picture.resize(
                    (picture.width * scale, picture.height * scale), pillow.Resampling.NEAREST
                )
            sheet.paste(picture, (GAP + x * (width + GAP), top + GAP + y * (height + GAP)))
    return sheet


def square_grid(images, scale=1):
    """The first k*k images of `[N, H, W, C]` in [-1, 1] as a square `PIL.Image`."""
    side = int(len(images) ** 0.5)
    return grid([images[x : side * side : side] for x in range(side)], scale=scale)


def are_flipped(words):
    """Which examples a flip mirrors, bool `[b]`, by their words uint64 `[b, 4]`."""
    return _below(2, words[:, 2]) == 1


def _below(limit, words):
    """int64 in [0, limit), uniform because the high 32 bits of the words are."""
    return (words >> np.uint64(32)).astype(np.int64) * limit >> 32
