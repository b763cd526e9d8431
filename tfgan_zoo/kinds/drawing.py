"""What several kinds draw with: text as a picture, and PNG files."""

import io

from PIL import Image, ImageDraw, ImageFont

_SIZE = 14
_LINE = 20
_MARGIN = 8


def draw_lines(lines):
    """Lines of text under one another, black on white, as an RGB `PIL.Image`.

    Pillow's own font is used. It has Latin letters; others appear as boxes.

    Args:
        lines: list of strings; an empty list gives an empty sheet.
    """
    font = ImageFont.load_default(_SIZE)
    width = max([font.getlength(line) for line in lines], default=0)
    sheet = Image.new(
        "RGB", (int(width) + 1 + 2 * _MARGIN, len(lines) * _LINE + 2 * _MARGIN), "white"
    )
    draw = ImageDraw.Draw(sheet)
    for row, line in enumerate(lines):
        place = (_MARGIN, _MARGIN + (row + 0.5) * _LINE)
        draw.text(place, line, fill="black", anchor="lm", font=font)
    return sheet


def to_png(picture) -> bytes:
    """The contents of a PNG file with a `PIL.Image`."""
    content = io.BytesIO()
    picture.save(content, format="PNG", optimize=True)
    return content.getvalue()
