"""Picture grids."""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from tfgan_zoo.training.run_directory import RunError, write_atomically

GAP = 4
CAPTION = 18


def to_uint8(images):
    """Float images in [-1, 1] as uint8 0..255, rounded and clipped.

    Raises:
        RunError: if a pixel is not finite; a picture of it would hide that.
    """
    images = np.asarray(images, np.float32)
    if not np.isfinite(images).all():
        raise RunError(
            "The generator draws pixels that are not finite, of which there is no picture: go back "
            "to an earlier checkpoint with a lower learning rate."
        )
    return np.clip(np.rint((images + 1.0) * 127.5), 0, 255).astype(np.uint8)


def grid(columns, captions=None, scale=1):
    """Pictures side by side as one RGB `PIL.Image`.

    Args:
        columns: list of arrays `[N, H, W, C]` in [-1, 1], one per column; C may be 1 to 4 and
            differ between columns (two channels are drawn as the first alone; a fourth is not
            drawn).
        captions: one word above each column.
        scale: whole factor by which small pictures are enlarged.
    """
    columns = [to_uint8(column) for column in columns]
    rows = min(len(column) for column in columns)
    height = max(column.shape[1] for column in columns) * scale
    width = max(column.shape[2] for column in columns) * scale
    top = CAPTION if captions else 0
    sheet = Image.new(
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
                font=ImageFont.load_default(13),
            )
        for y in range(rows):
            picture = column[y]
            picture = picture[..., :3] if picture.shape[-1] >= 3 else picture[..., 0]
            picture = Image.fromarray(picture).convert("RGB")
            if scale > 1:
                picture = picture.resize(
                    (picture.width * scale, picture.height * scale), Image.Resampling.NEAREST
                )
            sheet.paste(picture, (GAP + x * (width + GAP), top + GAP + y * (height + GAP)))
    return sheet


def square_grid(images, scale=1):
    """The first k*k images of `[N, H, W, C]` in [-1, 1] as a square `PIL.Image`."""
    side = int(len(images) ** 0.5)
    return grid([images[x : side * side : side] for x in range(side)], scale=scale)


def save(picture, path):
    """Writes a `PIL.Image` as PNG, atomically."""
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    write_atomically(path, content.getvalue())
