"""What is around the people of `people_drawing`: a painter, the cameras, what stands behind the
people, and what a camera makes of it all.
"""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw, ImageFilter


@dataclasses.dataclass(frozen=True)
class Camera:
    """What a camera does to light and picture."""

    gain: tuple  # of red, green, blue
    saturation: float
    contrast: float
    black: float  # to which black is lifted, from 0 to 1
    blur: float  # in shares of the height
    resolution: float  # lines, as a share of the picture's
    noise: float  # deviation, of 255
    sun: float  # strength of shadows
    side: int  # where the light comes from: -1 left, 1 right
    scene: str  # what is behind the people


CAMERAS = {
    "street 1": Camera((1.10, 1.0, 0.84), 1.1, 1.1, 0.0, 0.0, 1.0, 3, 0.5, -1, "bricks"),
    "street 2": Camera((0.98, 1.0, 1.02), 1.0, 1.0, 0.0, 0.002, 1.0, 3, 0.35, 1, "hedge"),
    "station 1": Camera((0.66, 0.92, 0.90), 0.65, 0.85, 0.08, 0.007, 0.7, 5, 0.15, 1, "tiles"),
    "station 2": Camera((0.74, 0.86, 0.62), 0.65, 0.9, 0.06, 0.008, 0.6, 6, 0.1, -1, "platform"),
}


class Painter:
    """Draws in units of the picture's height, on a layer that knows which of its pixels it covers.
    A colour may also be a picture of the whole layer.
    """

    def __init__(self, height, width):
        self.unit = height
        self.aspect = width / height
        self.image = Image.new("RGB", (width, height))
        self.cover = Image.new("L", (width, height))
        self.pens = ImageDraw.Draw(self.image), ImageDraw.Draw(self.cover)

    def shape(self, points, colour):
        """A polygon."""
        spots = [(x * self.unit, y * self.unit) for x, y in points]
        self._drawn(colour, lambda pen, ink: pen.polygon(spots, ink))

    def oval(self, x, y, width, height, colour, start=0, end=360):
        """The sector of an ellipse around (x, y) from `start` to `end` degrees, clockwise from the
        right.
        """
        low, high = (x - width, y - height), (x + width, y + height)
        box = [(a * self.unit, b * self.unit) for a, b in (low, high)]
        self._drawn(colour, lambda pen, ink: pen.pieslice(box, start, end, ink))

    def limb(self, points, width, colour):
        """A line with round joints."""
        spots = [(x * self.unit, y * self.unit) for x, y in points]
        half = width * self.unit / 2

        def drawn(pen, ink):
            pen.line(spots, ink, max(1, round(2 * half)))
            for x, y in spots:
                pen.ellipse([x - half, y - half, x + half, y + half], ink)

        self._drawn(colour, drawn)

    def _drawn(self, colour, drawn):
        image, cover = self.pens
        drawn(cover, 255)
        if isinstance(colour, tuple):
            drawn(image, colour)
            return
        mask = Image.new("L", self.image.size)
        drawn(ImageDraw.Draw(mask), 255)
        self.image.paste(colour, mask=mask)


def scene(name, chance, height, width):
    """What stands behind the people: float `[H, W, 3]`, 0 to 255, another piece for each view."""
    pen = Painter(height, width)
    wall, floor, lines, horizon = {
        "bricks": ((172, 112, 90), (176, 170, 160), (150, 94, 76), 0.72),
        "hedge": ((86, 128, 72), (148, 142, 128), (66, 104, 56), 0.62),
        "tiles": ((196, 204, 200), (132, 136, 138), (168, 178, 176), 0.70),
        "platform": ((96, 102, 112), (150, 146, 138), (72, 78, 88), 0.66),
    }[name]
    right = pen.aspect
    horizon += chance.uniform(-0.04, 0.04)
    pen.shape([(0, 0), (right, 0), (right, 1), (0, 1)], wall)
    start = chance.random()
    if name == "bricks":
        for row in np.arange(0, horizon, 0.045):
            pen.limb([(0, row), (right, row)], 0.006, lines)
        x = -0.3 + 0.9 * start  # a window, or a door
        pen.shape([(x, 0.1), (x + 0.3, 0.1), (x + 0.3, 0.45), (x, 0.45)], (70, 88, 104))
        pen.shape([(x, 0.43), (x + 0.3, 0.43), (x + 0.3, 0.46), (x, 0.46)], (222, 214, 200))
    elif name == "hedge":
        pen.shape([(0, 0), (right, 0), (right, 0.22), (0, 0.2)], (186, 212, 236))
        for _ in range(60):
            x, y = chance.uniform(0, right), chance.uniform(0.22, horizon)
            shade = chance.uniform(0.75, 1.25)
            leaf = tuple(min(255, int(shade * value)) for value in wall)
            pen.oval(x, y, 0.03, 0.025, leaf)
    elif name == "tiles":
        for row in np.arange(0, horizon, 0.09):
            pen.limb([(0, row), (right, row)], 0.005, lines)
        for column in np.arange(-0.09 * start, right, 0.09):
            pen.limb([(column, 0), (column, horizon)], 0.005, lines)
        x = -0.4 + 1.2 * start  # a sign
        pen.shape([(x, 0.08), (x + 0.4, 0.08), (x + 0.4, 0.2), (x, 0.2)], (38, 70, 140))
    else:
        for column in np.arange(-0.25 * start, right, 0.25):  # mullions of glass
            pen.limb([(column, 0), (column, horizon)], 0.016, lines)
        x = -0.2 + 0.9 * start  # a train's window
        pen.shape([(x, 0.2), (x + 0.5, 0.2), (x + 0.5, 0.4), (x, 0.4)], (206, 214, 196))
    pen.shape([(0, horizon), (right, horizon), (right, 1), (0, 1)], floor)
    darker = tuple(int(0.86 * value) for value in floor)
    for row in horizon + (1 - horizon) * np.array([0.0, 0.3, 0.75]):
        pen.limb([(0, row), (right, row)], 0.008, darker)
    if name == "platform":
        pen.limb([(0, horizon + 0.08), (right, horizon + 0.08)], 0.025, (214, 186, 60))
    return np.array(pen.image, np.float32)


def developed(canvas, camera, chance, size):
    """What the camera makes of it: uint8 `[*size, 3]`."""
    height, width = size
    light = canvas / 255 * np.array(camera.gain, np.float32) * chance.uniform(0.92, 1.08)
    grey = light.mean(-1, keepdims=True)
    light = grey + camera.saturation * (light - grey)
    light = camera.black + (1 - camera.black) * (0.45 + camera.contrast * (light - 0.45))
    image = Image.fromarray(np.uint8(np.rint(255 * np.clip(light, 0, 1))))
    if camera.blur:
        image = image.filter(ImageFilter.GaussianBlur(camera.blur * canvas.shape[0]))
    if camera.resolution < 1:
        lines = [max(8, round(camera.resolution * side)) for side in (width, height)]
        image = image.resize(lines, Image.Resampling.BOX)
        image = image.resize((width, height), Image.Resampling.BICUBIC)
    else:
        image = image.resize((width, height), Image.Resampling.BOX)
    noise = chance.normal(0, camera.noise, (height, width, 1))
    return np.uint8(np.clip(np.rint(np.asarray(image) + noise), 0, 255))
