"""Draws building facades: a label map and the matching "photo", with numpy and Pillow only.

The built-in paired set needs pictures that anyone may redistribute, at any size, and that a
generator can learn in minutes. So each *style* below ties what the label map shows (roof, window
shape, shutters, balconies, shops) to what the photo shows (material, colours), and only the rest
(hue of the wall, clouds, curtains, strength of the sun) is left to chance.

Lengths are in units of the picture's height, so the same example at another size is the same
building. Everything is drawn on a supersampled canvas of four aligned layers: the label, the
surface colour, how much direct sun arrives, and how much of the sky it mirrors; `_develop` then
lights the colours, reflects the sky in the glass and adds what a camera adds.
"""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

LABEL_NAMES = (
    "sky",
    "wall",
    "window",
    "door",
    "cornice",
    "moulding",
    "balcony",
    "shutter",
    "shop",
    "roof",
    "street",
    "plant",
)
(SKY, WALL, WINDOW, DOOR, CORNICE, MOULDING, BALCONY, SHUTTER, SHOP, ROOF, STREET, PLANT) = range(
    len(LABEL_NAMES)
)
PALETTE = np.array(
    [
        (0, 0, 128),
        (0, 0, 255),
        (0, 170, 255),
        (255, 0, 170),
        (0, 255, 255),
        (255, 128, 0),
        (170, 255, 85),
        (255, 255, 0),
        (170, 0, 0),
        (255, 0, 0),
        (128, 0, 255),
        (0, 170, 0),
    ],
    np.uint8,
)
PALETTE.setflags(write=False)
SPLITS = ("train", "validation", "test")
MIN_SIDE = 16
PER_LABEL = 1000  # instance numbers that a label has: instance 7 of label 2 is 2007
_OF_BUILDINGS = (WALL, ROOF, CORNICE, MOULDING, SHUTTER)  # one instance each for a whole building

_IRON = (44, 46, 50)
_GLASS = (40, 48, 57)
_CLOTHS = ((236, 232, 222), (222, 214, 196), (206, 178, 150), (176, 188, 196))


@dataclasses.dataclass(frozen=True)
class _Style:
    """What belongs together in one kind of building; tuples of alternatives are drawn from."""

    walls: tuple
    fabric: str  # brick, ashlar or plaster
    trims: tuple
    frames: tuple
    accents: tuple  # doors, shop fronts, shutters
    roofs: tuple  # flat, plain, hip, mansard, gable or stepped
    roof_colours: tuple
    floor_height: tuple
    windows: tuple  # rect or arch
    window_width: tuple  # share of the bay
    window_height: tuple  # share of the floor
    lintel: str  # none, flat, hood or surround
    shutters: float  # probability, as the next two
    balconies: float
    shops: float
    belts: bool  # a string course under each floor
    panes: tuple  # columns and rows of glass


_STYLES = {
    "paris": _Style(
        walls=((226, 210, 180), (216, 202, 178), (232, 220, 196)),
        fabric="ashlar",
        trims=((238, 228, 206), (230, 218, 194)),
        frames=((240, 238, 232), (226, 224, 218)),
        accents=((30, 66, 52), (34, 46, 84), (104, 26, 34), (52, 48, 46)),
        roofs=("mansard",),
        roof_colours=((96, 104, 118), (84, 92, 108), (108, 114, 124)),
        floor_height=(0.125, 0.155),
        windows=("rect",),
        window_width=(0.40, 0.48),
        window_height=(0.68, 0.76),
        lintel="hood",
        shutters=0.0,
        balconies=1.0,
        shops=0.85,
        belts=True,
        panes=(2, 3),
    ),
    "brick": _Style(
        walls=((164, 82, 60), (150, 72, 56), (176, 98, 70), (140, 78, 64)),
        fabric="brick",
        trims=((222, 206, 176), (206, 190, 164), (232, 222, 200)),
        frames=((242, 240, 234), (40, 44, 46)),
        accents=((28, 60, 46), (22, 36, 74), (128, 26, 30), (34, 34, 38), (196, 150, 40)),
        roofs=("flat",),
        roof_colours=((84, 70, 66), (70, 66, 70)),
        floor_height=(0.145, 0.185),
        windows=("rect", "rect", "arch"),
        window_width=(0.42, 0.54),
        window_height=(0.56, 0.66),
        lintel="flat",
        shutters=0.0,
        balconies=0.0,
        shops=0.45,
        belts=False,
        panes=(2, 2),
    ),
    "riviera": _Style(
        walls=((232, 184, 112), (230, 156, 122), (240, 210, 150), (222, 140, 96), (238, 196, 168)),
        fabric="plaster",
        trims=((246, 236, 214), (240, 228, 206)),
        frames=((244, 242, 236), (110, 76, 52)),
        accents=((46, 104, 84), (60, 108, 138), (106, 128, 92), (122, 72, 48)),
        roofs=("hip",),
        roof_colours=((188, 98, 62), (176, 86, 58), (198, 114, 76)),
        floor_height=(0.145, 0.19),
        windows=("rect",),
        window_width=(0.32, 0.38),
        window_height=(0.56, 0.64),
        lintel="none",
        shutters=1.0,
        balconies=0.45,
        shops=0.3,
        belts=False,
        panes=(2, 3),
    ),
    "palazzo": _Style(
        walls=((204, 196, 180), (214, 200, 176), (190, 186, 178)),
        fabric="ashlar",
        trims=((232, 226, 212), (222, 214, 198)),
        frames=((88, 62, 44), (66, 58, 52), (236, 232, 224)),
        accents=((86, 54, 34), (62, 44, 34), (40, 62, 56)),
        roofs=("flat",),
        roof_colours=((150, 140, 128), (136, 132, 128)),
        floor_height=(0.16, 0.21),
        windows=("arch",),
        window_width=(0.42, 0.5),
        window_height=(0.62, 0.7),
        lintel="surround",
        shutters=0.0,
        balconies=0.6,
        shops=0.2,
        belts=True,
        panes=(2, 3),
    ),
    "gabled": _Style(
        walls=((186, 74, 58), (222, 168, 74), (98, 128, 150), (128, 150, 116), (232, 226, 210)),
        fabric="plaster",
        trims=((246, 244, 236), (238, 234, 224)),
        frames=((250, 248, 244), (242, 240, 234)),
        accents=((40, 70, 56), (44, 58, 92), (134, 42, 34), (72, 56, 44)),
        roofs=("gable", "stepped"),
        roof_colours=((150, 70, 50), (92, 74, 68), (120, 62, 50)),
        floor_height=(0.13, 0.17),
        windows=("rect",),
        window_width=(0.46, 0.58),
        window_height=(0.56, 0.66),
        lintel="surround",
        shutters=0.0,
        balconies=0.0,
        shops=0.4,
        belts=True,
        panes=(2, 2),
    ),
    "modern": _Style(
        walls=((236, 234, 230), (222, 224, 224), (204, 202, 198)),
        fabric="plaster",
        trims=((196, 196, 194), (172, 174, 176)),
        frames=((52, 54, 58), (40, 42, 46)),
        accents=((160, 104, 62), (142, 88, 52), (178, 124, 78)),
        roofs=("plain",),
        roof_colours=((92, 94, 98), (74, 76, 80)),
        floor_height=(0.125, 0.155),
        windows=("rect",),
        window_width=(0.52, 0.6),
        window_height=(0.54, 0.64),
        lintel="none",
        shutters=0.5,
        balconies=0.75,
        shops=0.4,
        belts=False,
        panes=(2, 1),
    ),
}


class _Dice:
    """Chance built on uniform doubles alone, the most stable stream that numpy offers."""

    def __init__(self, *entropy):
        self._generator = np.random.Generator(np.random.PCG64(entropy))

    def uniform(self, low=0.0, high=1.0):
        return low + (high - low) * self._generator.random()

    def chance(self, probability):
        return self._generator.random() < probability

    def pick(self, alternatives):
        return alternatives[int(self._generator.random() * len(alternatives))]

    def field(self, *shape):
        """Uniform float32 in [-1, 1)."""
        return self._generator.random(shape, np.float32) * 2 - 1

    def near(self, colour, spread):
        """`colour` moved in brightness and a little in each channel."""
        light = self.uniform(-spread, spread)
        return tuple(
            min(255, max(0, round(v * (1 + light + self.uniform(-spread, spread) / 3))))
            for v in colour
        )


def _tone(colour, factor):
    return tuple(min(255, max(0, int(v * factor))) for v in colour)


class _Canvas:
    """The four layers, drawn on in units of the picture's height, and the sun's direction."""

    def __init__(self, height, width, scale, dice, grain, material=None):
        self.grain = grain  # chance whose use depends on the size, apart from the plan's
        self.material = material  # `walls` and `fabric` in place of a style's; None: each its own
        self.lamps = None  # a layer of the panes that are lit, where a look makes one
        size = (width * scale, height * scale)
        self.unit = height * scale
        self.scale = scale
        self.dot = 1 / height  # one pixel of the result
        self.right = width / height
        self.label = Image.new("L", size, SKY)
        self.colour = Image.new("RGB", size)
        self.sun = Image.new("L", size, 255)
        self.mirror = Image.new("L", size, 0)
        self.pens = [ImageDraw.Draw(i) for i in (self.label, self.colour, self.sun, self.mirror)]
        self.instances = None  # the layer of `with_instances`
        self.begun = [0] * len(LABEL_NAMES)
        self.slant = (dice.uniform(0.45, 0.75), dice.uniform(0.8, 1.15))

    def with_instances(self):
        """Number the things that are drawn from here on: label times `PER_LABEL` and a count. The
        layers of a picture stay empty, which is twice as fast.

        Returns:
            The canvas.
        """
        self.instances = Image.new("I", self.label.size, SKY * PER_LABEL)
        self.pens = [self.pens[0], None, None, None, ImageDraw.Draw(self.instances)]
        return self

    def begin(self, *labels):
        """What is drawn of these labels from here on is another thing than before."""
        for label in labels:
            self.begun[label] += 1

    def _inks(self, label, *others):
        """(pen, ink) of each layer that is drawn on; None leaves a layer as it is."""
        thing = None if label is None else label * PER_LABEL + self.begun[label]
        pairs = zip(self.pens, (label, *others, thing), strict=False)
        return [pair for pair in pairs if pair[0] is not None and pair[1] is not None]

    def _pixels(self, *lengths):
        return [int(v * self.unit + 0.5) for v in lengths]

    def _corners(self, x0, y0, x1, y1):
        """Of [x0, x1) x [y0, y1) the first and the last pixel; None beside the picture, where much
        of the houses to the left and right lies.
        """
        unit = self.unit
        left, last = int(x0 * unit + 0.5), int(x1 * unit + 0.5) - 1
        last = max(left, last)
        if last < 0 or left >= self.label.width:
            return None
        top, bottom = int(y0 * unit + 0.5), int(y1 * unit + 0.5) - 1
        return left, top, last, max(top, bottom)

    def box(self, x0, y0, x1, y1, label=None, colour=None, sun=255, mirror=0):
        """Fill [x0, x1) x [y0, y1), at least one pixel; None leaves a layer as it is."""
        corners = self._corners(x0, y0, x1, y1)
        if corners is not None:
            for pen, ink in self._inks(label, colour, sun, mirror):
                pen.rectangle(corners, ink)

    def disc(self, x0, y0, x1, y1, label=None, colour=None, sun=255, mirror=0):
        """Fill the ellipse inscribed in the box."""
        corners = self._corners(x0, y0, x1, y1)
        if corners is not None:
            for pen, ink in self._inks(label, colour, sun, mirror):
                pen.ellipse(corners, ink)

    def polygon(self, points, label=None, colour=None, sun=255, mirror=0):
        points = [tuple(self._pixels(x, y)) for x, y in points]
        for pen, ink in self._inks(label, colour, sun, mirror):
            pen.polygon(points, ink)

    def opening(self, arched, x0, y0, x1, y1, **inks):
        """A rectangle, or one whose upper end is a half disc."""
        if arched:
            self.disc(x0, y0, x1, y0 + (x1 - x0), **inks)
            y0 += (x1 - x0) / 2
        self.box(x0, y0, x1, y1, **inks)

    def shadow(self, x0, y0, x1, y1, depth):
        """What a box that stands `depth` in front of the wall keeps from the sun."""
        dx, dy = depth * self.slant[0], depth * self.slant[1]
        points = [(x0, y0), (x1, y0), (x1 + dx, y0 + dy), (x1 + dx, y1 + dy), (x0 + dx, y1 + dy)]
        self.polygon([*points, (x0, y1)], sun=0, mirror=None)

    def block(self, x0, y0, x1, y1, label, colour, depth=0.0):
        """A box in relief: its shadow, a lit upper and left edge, a dark lower and right one."""
        if depth:
            self.shadow(x0, y0, x1, y1, depth)
        edge = min(0.003, (y1 - y0) / 4, (x1 - x0) / 4)
        self.box(x0, y0, x1, y1, label, _tone(colour, 0.78))
        self.box(x0, y0, x1 - edge, y1 - edge, colour=_tone(colour, 1.12))
        self.box(x0 + edge, y0 + edge, x1 - edge, y1 - edge, colour=colour)

    def fabric(self, points, label, texture):
        """Fill a polygon of units with texture(rows, columns) -> uint8 [rows, columns, 3]."""
        xs, ys = self._pixels(*[p[0] for p in points]), self._pixels(*[p[1] for p in points])
        x0, y0 = max(0, min(xs)), max(0, min(ys))
        x1, y1 = min(self.label.width, max(xs)), min(self.label.height, max(ys))
        if x1 <= x0 or y1 <= y0:
            return
        mask = Image.new("L", (x1 - x0, y1 - y0), 0)
        corners = [(x - x0, y - y0) for x, y in zip(xs, ys, strict=True)]
        ImageDraw.Draw(mask).polygon(corners, 255)
        self.label.paste(label, (x0, y0, x1, y1), mask)
        if self.instances is not None:
            thing = label * PER_LABEL + self.begun[label]
            self.instances.paste(thing, (x0, y0, x1, y1), mask)
            return
        self.colour.paste(Image.fromarray(texture(y1 - y0, x1 - x0)), (x0, y0), mask)
        for layer, ink in ((self.sun, 255), (self.mirror, 0)):
            layer.paste(ink, (x0, y0, x1, y1), mask)

    def bars(self, x0, y0, x1, y1, colour, pitch, width, across=False):
        """Parallel bars; what is between them stays as it is."""
        if self.instances is not None:  # they have no label
            return
        x0, y0, x1, y1 = self._pixels(x0, y0, x1, y1)
        pitch = max(2, round(pitch * self.unit))
        width = max(1, round(width * self.unit))
        last_x, last_y = max(x0, x1 - 1), max(y0, y1 - 1)
        for at in range(y0, y1, pitch) if across else range(x0, x1, pitch):
            end = at + width - 1
            corners = (x0, at, last_x, end) if across else (at, y0, end, last_y)
            self.pens[1].rectangle(corners, colour)
            self.pens[3].rectangle(corners, 0)


def _clouds(dice, rows, columns, finest):
    """Smooth noise in about [-1, 1], float32 [rows, columns]: octaves of 4, 8, ... cells."""
    total, cells, weight = None, 4, 0.55
    while cells <= finest:
        across = max(2, round(cells * columns / rows))
        octave = weight * dice.field(cells, across)
        total = octave if total is None else octave + _resized(total, cells, across)
        cells, weight = cells * 2, weight * 0.62
    return _resized(total, rows, columns)


def _resized(values, rows, columns):
    image = Image.fromarray(values).resize((columns, rows), Image.Resampling.BICUBIC)
    return np.asarray(image)


def _masonry(canvas, colour, course, length, contrast, joint):
    """Texture of courses of blocks; `joint` is the brightness of the gaps (1 hides them)."""
    course, length = max(3, round(course * canvas.unit)), max(4, round(length * canvas.unit))

    def texture(rows, columns):
        y, x = np.arange(rows), np.arange(columns)
        row = y // course
        x = x[None, :] + (row % 2 * (length // 2))[:, None]
        block = x // length
        light = 1 + contrast * canvas.grain.field(rows // course + 1, columns // length + 2)
        gain = light[row[:, None], block]
        # The face of a block catches the light above and loses it below.
        gain *= (1.04 - 0.08 * (y % course) / course).astype(np.float32)[:, None]
        gaps = (y % course == 0)[:, None] | (x % length == 0)
        gain = np.where(gaps, np.float32(joint), gain)
        return _painted(gain, colour)

    return texture


def _plaster(canvas, colour):
    def texture(rows, columns):
        return _painted(1 + 0.07 * _clouds(canvas.grain, rows, columns, 64), colour)

    return texture


def _painted(gain, colour):
    """uint8 [rows, columns, 3]: `colour` times gain, float32 [rows, columns] in [0, 2)."""
    table = np.minimum(np.arange(256)[:, None] / 128 * np.asarray(colour), 255).astype(np.uint8)
    return table[(np.clip(gain, 0, 1.99) * 128).astype(np.uint8)]


def _wall_texture(canvas, fabric, colour):
    if fabric == "boards":
        return _masonry(canvas, colour, 0.019, 4.0, 0.07, 0.62)
    if fabric == "brick":
        return _masonry(canvas, colour, 0.0125, 0.031, 0.16, 1.22)
    if fabric == "ashlar":
        return _masonry(canvas, colour, 0.032, 0.085, 0.045, 0.84)
    return _plaster(canvas, colour)


@dataclasses.dataclass(frozen=True)
class _Paint:
    """The colours that one building has settled on."""

    wall: tuple
    trim: tuple
    frame: tuple
    accent: tuple
    roof: tuple
    arched: bool  # windows and doors


def _window(canvas, dice, paint, x0, y0, x1, y1, panes, arched=False):
    """Frame, glass, curtains, bars and the shadow of the reveal."""
    canvas.begin(WINDOW)
    bar = max(0.0045, (x1 - x0) * 0.07)
    canvas.opening(arched, x0, y0, x1, y1, label=WINDOW, colour=paint.frame)
    inside = (x0 + bar, y0 + bar, x1 - bar, y1 - bar)
    mirror = int(dice.uniform(70, 170))
    canvas.opening(arched, *inside, colour=_tone(_GLASS, dice.uniform(0.6, 1.2)), mirror=mirror)
    left, top, right, bottom = inside
    width, height = right - left, bottom - top
    if arched:
        top += width / 2
    dress, cloth = dice.uniform(), dice.near(dice.pick(_CLOTHS), 0.06)
    if dress < 0.5:
        share = dice.uniform(0.16, 0.34) * width
        for a, b in ((left, left + share), (right - share, right)):
            canvas.box(a, top, b, bottom, colour=cloth, mirror=mirror // 2)
            canvas.box(a + share * 0.4, top, a + share * 0.6, bottom, None, _tone(cloth, 0.82))
    elif dress < 0.72:
        drop = top + dice.uniform(0.2, 0.6) * height
        canvas.box(left, top, right, drop, colour=cloth, mirror=mirror // 2)
        canvas.box(left, drop - 0.003, right, drop, colour=_tone(cloth, 0.8))
    elif dress < 0.8:
        canvas.box(left, top, right, bottom, colour=(232, 196, 134), mirror=mirror // 3)
    columns, rows = panes
    thin = bar * 0.6
    for i in range(1, columns):
        at = left + width * i / columns - thin / 2
        canvas.box(at, y0 + bar, at + thin, bottom, colour=paint.frame)
    for i in range(1, rows):
        at = y0 + bar + (bottom - y0 - bar) * i / rows - thin / 2
        canvas.box(left, at, right, at + thin, colour=paint.frame)
    dx, dy = 0.011 * canvas.slant[0], 0.011 * canvas.slant[1]
    if arched:
        canvas.opening(True, x0, y0, x1, y1, sun=0, mirror=None)
        canvas.opening(True, x0 + dx, y0 + dy, x1, y1, sun=255, mirror=None)
    else:
        canvas.box(x0, y0, x1, y0 + dy, sun=0, mirror=None)
        canvas.box(x0, y0, x0 + dx, y1, sun=0, mirror=None)


def _dressed_window(canvas, dice, paint, style, x0, y0, x1, y1, shutters):
    """A window with what its style puts around it: surround, lintel, sill, shutters, flowers."""
    arched = paint.arched
    sill = max(0.012, canvas.dot)
    rim = max(0.011, canvas.dot)
    if style.lintel == "surround" or arched:
        canvas.opening(
            arched, x0 - rim, y0 - rim, x1 + rim, y1, label=MOULDING, colour=_tone(paint.trim, 0.94)
        )
    elif style.lintel == "flat":
        canvas.block(x0 - rim, y0 - 0.02, x1 + rim, y0, MOULDING, paint.trim, 0.004)
    _window(canvas, dice, paint, x0, y0, x1, y1, style.panes, arched)
    if style.lintel == "hood":
        canvas.block(x0 - rim, y0 - 0.008 - sill, x1 + rim, y0 - 0.008, MOULDING, paint.trim, 0.014)
    if shutters:
        width = (x1 - x0) * 0.52
        for a, b in ((x0 - width, x0), (x1, x1 + width)):
            canvas.block(a, y0, b, y1, SHUTTER, paint.accent, 0.008)
            inset = width * 0.2
            middle = (y0 + y1) / 2
            for top, bottom in ((y0 + inset, middle - inset / 2), (middle + inset / 2, y1 - inset)):
                dark = _tone(paint.accent, 0.72)
                canvas.bars(a + inset, top, b - inset, bottom, dark, 0.0075, 0.003, across=True)
    canvas.block(x0 - rim, y1, x1 + rim, y1 + sill, MOULDING, paint.trim, 0.012)


def _flowers(canvas, dice, x0, x1, y):
    """A window box: leaves and blossoms standing on a sill."""
    canvas.begin(PLANT)
    bloom = dice.pick(((214, 52, 66), (236, 120, 160), (248, 206, 80), (232, 232, 240)))
    canvas.box(x0, y - 0.016, x1, y, label=PLANT, colour=(70, 104, 48))
    for i in range(14):
        x, top = dice.uniform(x0, x1), y - dice.uniform(0.006, 0.024)
        radius = dice.uniform(0.004, 0.007)
        colour = dice.near(bloom if i % 3 else (92, 140, 60), 0.15)
        canvas.disc(x - radius, top - radius, x + radius, top + radius, PLANT, colour)


def _balcony(canvas, paint, x0, x1, floor_y, height, railing):
    """A slab on brackets with a railing; `floor_y` is the top of the slab."""
    canvas.begin(BALCONY)
    slab = max(0.014, canvas.dot)
    canvas.shadow(x0, floor_y, x1, floor_y + slab, 0.055)
    for at in (x0 + 0.012, x1 - 0.024):
        canvas.block(at, floor_y + slab, at + 0.012, floor_y + slab + 0.018, BALCONY, paint.trim)
    canvas.box(x0, floor_y - height, x1, floor_y, label=BALCONY, sun=None, mirror=None)
    if railing == "iron":
        canvas.bars(x0, floor_y - height, x1, floor_y, _IRON, 0.0105, 0.0035)
        canvas.box(x0, floor_y - height, x1, floor_y - height + 0.006, colour=_IRON)
        canvas.box(x0, floor_y - height * 0.35, x1, floor_y - height * 0.35 + 0.004, colour=_IRON)
    elif railing == "glass":
        canvas.box(x0, floor_y - height, x1, floor_y, None, (126, 148, 150), mirror=120)
        canvas.bars(x0, floor_y - height, x1, floor_y, (150, 156, 158), (x1 - x0) / 3, 0.004)
        canvas.box(x0, floor_y - height, x1, floor_y - height + 0.005, colour=(214, 218, 220))
    else:
        canvas.box(x0, floor_y - height, x1, floor_y, colour=_tone(paint.wall, 0.55), sun=120)
        canvas.bars(x0, floor_y - height, x1, floor_y, _tone(paint.trim, 0.97), 0.018, 0.0105)
        canvas.block(x0, floor_y - height, x1, floor_y - height + 0.011, BALCONY, paint.trim)
    canvas.block(x0 - 0.004, floor_y, x1 + 0.004, floor_y + slab, BALCONY, paint.trim)


def _cornice(canvas, paint, x0, x1, y0, y1, depth, dentils=False):
    """A projecting band: bright upper moulding, plain middle, dark lower moulding."""
    height = y1 - y0
    canvas.shadow(x0, y0, x1, y1, depth)
    canvas.box(x0, y0, x1, y1, CORNICE, paint.trim)
    canvas.box(x0, y0, x1, y0 + height * 0.28, colour=_tone(paint.trim, 1.1))
    canvas.box(x0, y0 + height * 0.28, x1, y0 + height * 0.36, colour=_tone(paint.trim, 0.7))
    canvas.box(x0, y1 - height * 0.24, x1, y1, colour=_tone(paint.trim, 0.74))
    if dentils:
        canvas.box(x0, y1 - height * 0.5, x1, y1 - height * 0.05, colour=_tone(paint.trim, 0.52))
        canvas.bars(x0, y1 - height * 0.5, x1, y1 - height * 0.1, paint.trim, 0.016, 0.009)


def _door(canvas, paint, x0, y0, x1, y1):
    """Surround, two panelled leaves under a fanlight, a step."""
    canvas.begin(DOOR)
    arched, rim = paint.arched, max(0.014, canvas.dot)
    canvas.opening(arched, x0 - rim, y0 - rim, x1 + rim, y1, label=MOULDING, colour=paint.trim)
    canvas.opening(arched, x0, y0, x1, y1, label=DOOR, colour=_tone(paint.accent, 0.7))
    width = x1 - x0
    head = y0 + (width / 2 if arched else (y1 - y0) * 0.2)
    inset = width * 0.08
    canvas.opening(arched, x0 + inset, y0 + inset, x1 - inset, head, colour=_GLASS, mirror=120)
    canvas.box(x0 + width / 2 - 0.002, y0, x0 + width / 2 + 0.002, head, colour=paint.accent)
    canvas.box(x0, head, x1, y1, DOOR, paint.accent)
    for a, b in ((x0 + inset, x0 + width * 0.46), (x0 + width * 0.54, x1 - inset)):
        for top, bottom in ((0.08, 0.48), (0.56, 0.94)):
            top, bottom = head + (y1 - head) * top, head + (y1 - head) * bottom
            canvas.box(a, top, b, bottom, colour=_tone(paint.accent, 0.62))
            canvas.box(a + 0.003, top + 0.003, b, bottom, colour=_tone(paint.accent, 1.28))
            canvas.box(a + 0.003, top + 0.003, b - 0.003, bottom - 0.003, colour=paint.accent)
    canvas.box(x0 + width / 2 - 0.0015, head, x0 + width / 2 + 0.0015, y1, colour=(20, 18, 18))
    knob = head + (y1 - head) * 0.52
    canvas.box(x0 + width * 0.56, knob, x0 + width * 0.61, knob + 0.007, colour=(222, 184, 96))
    dx, dy = 0.018 * canvas.slant[0], 0.018 * canvas.slant[1]
    canvas.opening(arched, x0, y0, x1, y1, sun=0, mirror=None)
    canvas.opening(arched, x0 + dx, y0 + dy, x1, y1, sun=255, mirror=None)
    canvas.block(x0 - rim * 1.6, y1 - 0.012, x1 + rim * 1.6, y1, MOULDING, (190, 184, 174), 0.006)


def _shop(canvas, dice, paint, x0, y0, x1, y1, awning):
    """A shop front: fascia with lettering, display window, glazed door, perhaps an awning."""
    canvas.begin(SHOP)
    front = dice.near(paint.accent, 0.12)
    height, width = y1 - y0, x1 - x0
    canvas.block(x0, y0, x1, y1, SHOP, front, 0.01)
    sign = y0 + height * 0.24
    canvas.box(x0, sign - 0.004, x1, sign, colour=_tone(front, 0.6))
    ink = dice.pick(((238, 214, 150), (240, 238, 230)))
    letters, at = dice.uniform(0.35, 0.6) * width, x0 + width * 0.2
    end = at + letters
    while at < end:
        step = dice.uniform(0.005, 0.011)
        if dice.chance(0.85):
            canvas.box(at, y0 + height * 0.08, at + step, y0 + height * 0.17, colour=ink)
        at += step + 0.005
    left, right, bottom = x0 + 0.012, x1 - 0.012, y1 - height * 0.16
    split = right - min(0.07, width * 0.3)
    glow = dice.near((150, 118, 84), 0.2)
    for a, b, low in ((left, split - 0.01, bottom), (split, right, y1 - 0.012)):
        canvas.box(a, sign + 0.008, b, low, colour=_tone(glow, 0.5), mirror=90)
        canvas.box(a, sign + 0.008, b, sign + 0.008 + (low - sign) * 0.45, colour=glow, mirror=60)
    for _ in range(9):
        x, top = dice.uniform(left, split - 0.03), dice.uniform(sign + height * 0.3, bottom)
        ware = dice.near(
            dice.pick(((206, 92, 60), (226, 196, 120), (84, 128, 120), (220, 214, 204))), 0.2
        )
        canvas.box(x, top, x + dice.uniform(0.008, 0.02), bottom, colour=ware, mirror=50)
    middle = (left + split) / 2
    canvas.box(middle, sign, middle + 0.005, bottom, colour=front)
    canvas.box(left, sign + 0.008, split - 0.01, sign + 0.016, sun=0, mirror=None)
    if awning:
        stripes = dice.pick(((186, 44, 44), (38, 96, 72), (42, 70, 122), (206, 132, 44)))
        top, low, flare = sign - 0.004, sign + height * 0.22, 0.012
        canvas.shadow(x0, top, x1, low, 0.06)
        count = max(4, round(width / 0.028))
        for i in range(count):
            a, b = x0 + width * i / count, x0 + width * (i + 1) / count
            c, d = a + flare * (2 * i / count - 1), b + flare * (2 * (i + 1) / count - 1)
            cloth = stripes if i % 2 else (240, 234, 222)
            canvas.polygon([(a, top), (b, top), (d, low), (c, low)], SHOP, cloth)
            canvas.box(c, low, d, low + 0.012, SHOP, _tone(cloth, 0.78))


def _chimney(canvas, dice, x, y, colour):
    width, top = dice.uniform(0.035, 0.055), y - dice.uniform(0.05, 0.075)
    canvas.block(x, top, x + width, y, ROOF, _tone(colour, 0.95))
    canvas.box(x + width * 0.66, top, x + width, y, colour=_tone(colour, 0.72))
    canvas.block(x - 0.005, top, x + width + 0.005, top + 0.011, ROOF, _tone(colour, 1.08))
    for share in (0.12, 0.56):
        pot = x + width * share
        canvas.box(pot, top - 0.02, pot + width * 0.3, top, ROOF, (170, 92, 64))


def _roof(canvas, dice, paint, style, kind, x0, x1, eaves, bays, wall):
    """Everything above the eaves; `wall` is the texture for gables."""
    width, middle = x1 - x0, (x0 + x1) / 2
    tiles = _masonry(canvas, paint.roof, 0.012, 0.014, 0.13, 0.7)
    if kind == "flat":
        cornice = dice.uniform(0.032, 0.045)
        parapet = eaves - cornice - dice.uniform(0.016, 0.03)
        if style.fabric == "brick":
            _chimney(canvas, dice, x0 + width * dice.uniform(0.08, 0.7), parapet, paint.wall)
        canvas.block(x0, parapet, x1, eaves - cornice, ROOF, paint.roof)
        if dice.chance(0.4):
            _pediment(canvas, paint, middle, eaves - cornice + 0.004, min(0.2, width * 0.24))
        _cornice(canvas, paint, x0 - 0.012, x1 + 0.012, eaves - cornice, eaves, 0.045, True)
        return
    if kind == "plain":
        canvas.block(x0 - 0.006, eaves - 0.022, x1 + 0.006, eaves, ROOF, paint.roof, 0.03)
        return
    if kind in ("gable", "stepped"):
        rise = min(width * dice.uniform(0.42, 0.55), 0.3)
        top = eaves - rise
        if kind == "gable":
            canvas.fabric([(x0, eaves), (middle, top), (x1, eaves)], WALL, wall)
            _gable_window(canvas, dice, paint, style, middle, eaves - rise * 0.42, width)
            slope, thick = rise / (width / 2), 0.028
            for side in (-1, 1):
                foot = middle + side * (width / 2 + 0.018)
                drop = eaves + 0.018 * slope
                edge = [(middle, top - thick), (foot, drop - thick), (foot, drop), (middle, top)]
                if side < 0:
                    shade = [(x, y + 0.022) for x, y in (edge[2], edge[3])]
                    canvas.polygon([edge[2], edge[3], *shade[::-1]], sun=0, mirror=None)
                light = 1.1 if side < 0 else 0.85
                canvas.polygon(edge, ROOF, _tone(paint.roof, light))
        else:
            steps = dice.pick((3, 4))
            for i in range(steps):
                inset = width / 2 * i / (steps + 0.35)
                a, b = x0 + inset, x1 - inset
                low, high = eaves - rise * i / steps, eaves - rise * (i + 1) / steps
                canvas.fabric([(a, high), (b, high), (b, low), (a, low)], WALL, wall)
            for i in range(steps):
                inset = width / 2 * i / (steps + 0.35)
                high, cap = eaves - rise * (i + 1) / steps, max(0.014, canvas.dot)
                following = width / 2 * (i + 1) / (steps + 0.35) if i + 1 < steps else width / 2
                for a, b in (
                    (x0 + inset - 0.006, x0 + following + 0.002),
                    (x1 - following - 0.002, x1 - inset + 0.006),
                ):
                    canvas.block(a, high - cap, b, high, MOULDING, paint.trim, 0.01)
            _gable_window(canvas, dice, paint, style, middle, eaves - rise * 0.4, width)
        return
    steep = kind == "mansard"
    rise = dice.uniform(0.095, 0.125) if steep else dice.uniform(0.07, 0.1)
    inset = dice.uniform(0.02, 0.035) if steep else dice.uniform(0.07, 0.11)
    over = 0.0 if steep else 0.018
    top = eaves - rise
    for share in (0.06, 0.8) if dice.chance(0.6) else (0.7,):
        _chimney(canvas, dice, x0 + width * share, top + 0.02, _tone(paint.wall, 0.9))
    outline = [(x0 - over, eaves), (x0 + inset, top), (x1 - inset, top), (x1 + over, eaves)]
    canvas.fabric(outline, ROOF, tiles)
    canvas.box(x0 + inset, top - 0.006, x1 - inset, top + 0.003, ROOF, _tone(paint.roof, 0.72))
    if steep:
        bay = width / bays
        for i in range(bays):
            at, half, head = x0 + bay * (i + 0.5), bay * 0.19, top + rise * 0.3
            canvas.shadow(at - half - 0.008, head, at + half + 0.008, eaves, 0.02)
            canvas.box(
                at - half - 0.008, head, at + half + 0.008, eaves, MOULDING, _tone(paint.trim, 0.95)
            )
            peak = [(at - half - 0.014, head), (at, head - 0.022), (at + half + 0.014, head)]
            canvas.polygon(peak, MOULDING, paint.trim)
            _window(canvas, dice, paint, at - half, head + 0.01, at + half, eaves, (2, 2))
    cornice = dice.uniform(0.024, 0.034)
    _cornice(canvas, paint, x0 - 0.01, x1 + 0.01, eaves - 0.004, eaves + cornice, 0.03, steep)


def _pediment(canvas, paint, x, y, half):
    rise = half * 0.42
    canvas.polygon([(x - half, y), (x, y - rise), (x + half, y)], CORNICE, paint.trim)
    rim = max(0.014, canvas.dot)
    inner = [(x - half + 3 * rim, y), (x, y - rise + 1.25 * rim), (x + half - 3 * rim, y)]
    canvas.polygon(inner, WALL, _tone(paint.wall, 0.8), sun=90)
    lower = [(x - half + 3.6 * rim, y), (x + 0.01, y - rise + 2.2 * rim), (x + half - 2.4 * rim, y)]
    canvas.polygon(lower, WALL, paint.wall)
    canvas.disc(x - 0.3 * rise, y - 0.62 * rise, x + 0.3 * rise, y - 0.06 * rise, WALL, paint.trim)


def _gable_window(canvas, dice, paint, style, x, y, width):
    half = min(0.036, width * 0.1)
    rim = max(0.01, canvas.dot)
    if dice.chance(0.5):
        canvas.disc(
            x - half - rim, y - half - rim, x + half + rim, y + half + rim, MOULDING, paint.trim
        )
        canvas.begin(WINDOW)
        canvas.disc(x - half, y - half, x + half, y + half, WINDOW, _GLASS, mirror=110)
        canvas.box(x - half, y - 0.003, x + half, y + 0.003, colour=paint.frame)
        canvas.box(x - 0.003, y - half, x + 0.003, y + half, colour=paint.frame)
    else:
        box = (x - half, y - half * 1.4, x + half, y + half * 1.2)
        _dressed_window(canvas, dice, paint, style, *box, False)


def _building(canvas, dice, name, x0, x1, ground, eaves):
    """One facade from the ground to the chimneys between x0 and x1."""
    canvas.begin(*_OF_BUILDINGS)
    style = _STYLES[name]
    material = canvas.material or style
    paint = _Paint(
        wall=dice.near(dice.pick(material.walls), 0.06),
        trim=dice.near(dice.pick(style.trims), 0.04),
        frame=dice.pick(style.frames),
        accent=dice.near(dice.pick(style.accents), 0.1),
        roof=dice.near(dice.pick(style.roof_colours), 0.07),
        arched=dice.pick(style.windows) == "arch",
    )
    width = x1 - x0
    bays = max(2, min(7, round(width / dice.uniform(0.125, 0.165))))
    bay = width / bays
    floors = max(2, round((ground - eaves) / dice.uniform(*style.floor_height)))
    storey = (ground - eaves) / (floors + 0.15)
    first = ground - storey * 1.15  # the line between the ground floor and the others
    wall = _wall_texture(canvas, material.fabric, paint.wall)
    corners = [(x0, eaves), (x1, eaves), (x1, ground), (x0, ground)]
    canvas.fabric(corners, WALL, wall)
    if material.fabric == "ashlar":
        rustic = _masonry(canvas, _tone(paint.wall, 0.93), 0.03, 0.075, 0.06, 0.6)
        canvas.fabric([(x0, first), (x1, first), (x1, ground), (x0, ground)], WALL, rustic)
    kind = dice.pick(style.roofs)
    shutters = dice.chance(style.shutters)
    share, tall = dice.uniform(*style.window_width), dice.uniform(*style.window_height)
    half, high = min(bay * share, 0.12) / 2, storey * tall

    rows = [first - storey * (i + 1) for i in range(floors - 1)]
    for top in rows:
        head = top + (storey - high) * 0.62
        for i in range(bays):
            at = x0 + bay * (i + 0.5)
            box = (at - half, head, at + half, head + high)
            _dressed_window(canvas, dice, paint, style, *box, shutters)
    flowering = shutters and dice.chance(0.6)
    _ground_floor(canvas, dice, paint, style, x0, x1, first, ground, bays, half)
    if name in ("palazzo", "brick") or (name == "riviera" and dice.chance(0.4)):
        _quoins(canvas, paint, x0, x1, eaves, ground)
    if style.belts:
        for i, top in enumerate([first, *rows[:-1]]):
            thick = max(0.016 if i == 0 else 0.011, canvas.dot)
            _cornice(canvas, paint, x0, x1, top - thick / 2, top + thick / 2, 0.016)
    _balconies(canvas, dice, paint, style, name, x0, bay, bays, rows, storey, high, half)
    if flowering:
        for top in rows[1:]:
            for i in range(bays):
                if dice.chance(0.5):
                    at, sill = x0 + bay * (i + 0.5), top + (storey - high) * 0.62 + high
                    _flowers(canvas, dice, at - half, at + half, sill)
    _roof(canvas, dice, paint, style, kind, x0, x1, eaves, bays, wall)


def _quoins(canvas, paint, x0, x1, eaves, ground):
    y, i = ground, 0
    while y - 0.03 > eaves:
        wide = 0.034 if i % 2 else 0.022
        for a, b in ((x0, x0 + wide), (x1 - wide, x1)):
            canvas.block(a, y - 0.03, b, y, MOULDING, _tone(paint.trim, 0.94), 0.004)
        y, i = y - 0.031, i + 1


def _balconies(canvas, dice, paint, style, name, x0, bay, bays, rows, storey, high, half):
    """Which windows have one: each style has its habit, counted from the first floor up."""
    if not dice.chance(style.balconies):
        return
    height = min(0.048, high * 0.42)
    middle = range((bays - 1) // 2, bays // 2 + 1)
    corner = range(dice.pick((1, 2))) if dice.chance(0.5) else range(bays - 1, bays)
    railing = {"palazzo": "stone", "modern": "glass"}.get(name, "iron")
    for i, top in enumerate(rows):
        foot = top + (storey - high) * 0.62 + high
        if name == "paris" and i in (0, len(rows) - 1):
            _balcony(canvas, paint, x0 + 0.012, x0 + bay * bays - 0.012, foot, height, railing)
        elif name == "paris":  # railings before French windows, without a slab
            for j in range(bays):
                at = x0 + bay * (j + 0.5)
                railed = (at - half, foot - height, at + half, foot)
                canvas.begin(BALCONY)
                canvas.box(*railed, label=BALCONY, sun=None, mirror=None)
                canvas.bars(*railed, _IRON, 0.0105, 0.0035)
                canvas.box(at - half, foot - height, at + half, foot - height + 0.006, None, _IRON)
        elif name == "modern" or i == 0:
            for j in corner if name == "modern" else middle:
                at, reach = x0 + bay * (j + 0.5), half + 0.024
                _balcony(canvas, paint, at - reach, at + reach, foot, height, railing)


def _ground_floor(canvas, dice, paint, style, x0, x1, first, ground, bays, half):
    bay, height = (x1 - x0) / bays, ground - first
    plinth = max(0.03, canvas.dot)
    entrance = dice.pick((bays // 2, 0, bays - 1))
    shop, awning = dice.chance(style.shops), dice.chance(0.6)
    if not shop:
        canvas.block(x0, ground - plinth, x1, ground, MOULDING, _tone(paint.trim, 0.8), 0.004)
    runs, start = [], None
    for i in range(bays + 1):
        if i < bays and i != entrance:
            start = i if start is None else start
        elif start is not None:
            runs.append((start, i))
            start = None
    for a, b in runs:
        if shop:
            front = (x0 + bay * a + 0.014, first + height * 0.14, x0 + bay * b - 0.014, ground)
            _shop(canvas, dice, paint, *front, awning)
            continue
        for i in range(a, b):
            at, head = x0 + bay * (i + 0.5), first + height * 0.24
            box = (at - half, head, at + half, min(ground - plinth - 0.02, head + height * 0.5))
            _dressed_window(canvas, dice, paint, style, *box, False)
    at, reach = x0 + bay * (entrance + 0.5), min(0.036, bay * 0.3)
    head = first + height * (0.2 if paint.arched else 0.26)
    _door(canvas, paint, at - reach, head, at + reach, ground)


def _street(canvas, dice, ground):
    """Pavement, kerb and road."""
    right, kerb = canvas.right, ground + (1 - ground) * dice.uniform(0.42, 0.55)
    slab = dice.near((176, 170, 162), 0.06)
    paving = _masonry(canvas, slab, 0.022, 0.09, 0.05, 0.8)
    canvas.fabric([(0, ground), (right, ground), (right, kerb), (0, kerb)], STREET, paving)
    asphalt = _plaster(canvas, dice.near((92, 92, 96), 0.08))
    canvas.fabric([(0, kerb), (right, kerb), (right, 1), (0, 1)], STREET, asphalt)
    canvas.box(0, kerb - 0.004, right, kerb + 0.006, STREET, _tone(slab, 1.15))
    canvas.box(0, kerb + 0.006, right, kerb + 0.015, STREET, _tone(slab, 0.5))


def _tree(canvas, dice, x, foot, height):
    """A trunk and a crown of leaf clumps, and the dappled shadow that it throws to the right."""
    canvas.begin(PLANT)
    radius = height * dice.uniform(0.25, 0.31)
    top = foot - height + radius
    clumps = []
    for i in range(150):
        # A few large clumps fill the crown, many small ones fray its outline.
        inner = i < 30
        angle = dice.uniform(0, 2 * np.pi)
        far = (0.75 if inner else 0.98) * dice.uniform() ** 0.5
        cx, cy = x + radius * far * np.cos(angle), top + radius * 1.1 * far * np.sin(angle)
        # The sun stands upper left: clumps that face it are lighter and drawn last.
        lit = (x - cx + 1.2 * (top - cy)) / radius + dice.uniform(-0.6, 0.6) - inner
        size = dice.uniform(0.16, 0.26) if inner else dice.uniform(0.07, 0.13)
        clumps.append((lit, cx, cy, radius * size))
    for _, cx, cy, r in clumps[:60]:
        cx, cy = cx + 0.05, cy + 0.06
        canvas.disc(cx - r, cy - r, cx + r, cy + r, sun=60, mirror=None)
    trunk = height * 0.022
    canvas.box(x - trunk, top, x + trunk, foot, PLANT, (86, 66, 50))
    canvas.box(x + trunk * 0.2, top, x + trunk, foot, PLANT, (60, 46, 36))
    leaf = dice.near(dice.pick(((74, 112, 44), (96, 128, 50), (62, 100, 56))), 0.08)
    for lit, cx, cy, r in sorted(clumps):
        colour = dice.near(_tone(leaf, max(0.45, 0.95 + 0.26 * lit)), 0.1)
        canvas.disc(cx - r, cy - r, cx + r, cy + r, PLANT, colour)


def _bush(canvas, dice, x, foot, size):
    canvas.begin(PLANT)
    for i in range(16):
        cx, cy = x + dice.uniform(-size, size), foot - dice.uniform(0.2, 0.9) * size
        r = size * dice.uniform(0.25, 0.42)
        colour = dice.near(_tone((78, 112, 52), 0.8 + 0.03 * i), 0.1)
        canvas.disc(cx - r, cy - r, cx + r, min(foot, cy + r), PLANT, colour)


def _eaves(dice, name):
    """Where the roof of a building of this style may begin so that it stays in the picture."""
    lowest = {"gabled": 0.34, "paris": 0.22, "riviera": 0.2}.get(name, 0.13)
    return lowest + dice.uniform(0, 0.12)


def _compose(canvas, dice):
    """Choose the scene: a row of houses or one that stands free, street, plants."""
    ground, right = dice.uniform(0.885, 0.925), canvas.right
    names = sorted(_STYLES)
    main = dice.pick(names)
    gabled = main == "gabled"
    width = dice.uniform(0.42, 0.6) if gabled else dice.uniform(0.62, 0.86)
    width = min(width, right * 0.94)
    middle = right / 2 + dice.uniform(-0.06, 0.06) * right
    eaves = _eaves(dice, main)
    left, end = middle - width / 2, middle + width / 2
    free = dice.chance(0.4) and right < 1.4
    plots = []
    if not free:
        for edge, side in ((left, -1), (end, 1)):
            while 0.01 < edge < right - 0.01:
                name = dice.pick([n for n in names if n != main])
                span = dice.uniform(0.36, 0.6) if name == "gabled" else dice.uniform(0.45, 0.75)
                plots.append((name, *sorted((edge, edge + side * span)), _eaves(dice, name) + 0.08))
                edge += side * span
    plots.append((main, left, end, eaves))
    if free:
        for x in np.arange(0.0, right + 0.07, 0.07):
            if not left - 0.02 < x < end + 0.02:
                _bush(canvas, dice, x, ground, dice.uniform(0.06, 0.13))
    for name, a, b, height in plots:
        _building(canvas, dice, name, a, b, ground, height)
    _street(canvas, dice, ground)
    spots = [x for x in (left - 0.02, end + 0.02) if -0.05 < x < right + 0.05]
    for x in spots:
        if dice.chance(0.55 if free else 0.22):
            foot = ground + dice.uniform(0.012, 0.03)
            _tree(canvas, dice, x + dice.uniform(-0.04, 0.04), foot, dice.uniform(0.32, 0.55))


def _develop(canvas, dice, height, width):
    """Light the layers and photograph them: uint8 [height, width, 3]."""
    scale = canvas.scale
    soft = canvas.sun.filter(ImageFilter.BoxBlur(0.0022 * canvas.unit)).reduce(scale)
    open_sky = soft.filter(ImageFilter.BoxBlur(0.02 * height))
    sky_part = canvas.label.point([255] + [0] * 255).reduce(scale)
    sun, ambient, is_sky, mirror, *surface = (
        np.asarray(image, np.float32) / 255
        for image in (
            *(soft, open_sky, sky_part, canvas.mirror.reduce(scale)),
            *canvas.colour.reduce(scale).split(),
        )
    )
    middle = scale // 2
    is_plant = np.asarray(canvas.label)[middle::scale, middle::scale] == PLANT
    y = np.linspace(0, 1, height, dtype=np.float32)[:, None]
    x = np.linspace(-1, 1, width, dtype=np.float32)

    strength, warmth = dice.uniform(0.68, 0.86), dice.uniform(0.0, 0.09)
    grime, puffs = (
        _clouds(canvas.grain, height, width, 32),
        _clouds(canvas.grain, height, width, 64),
    )
    grain = canvas.grain.field(height, width)
    ambient = (1.15 - 0.35 * strength) * (0.5 + 0.5 * ambient)
    texture = (1 + 0.045 * grime) * (1.04 - 0.12 * y) * (1 + 0.2 * grain * is_plant)
    vignette = 1.06 - 0.09 * (x * x + (2 * y - 1) ** 2)
    cover = 0.9 * np.clip((puffs + dice.uniform(-0.25, 0.35)) * 1.5, 0, 1)
    haze = np.clip(y * 1.5, 0, 1)
    # The glass shows the sky above the street and, lower down, the houses opposite.
    skyline = np.clip((y - 0.62 - 0.10 * grime[:1]) * 9, 0, 1)
    glint = mirror * (0.45 + 0.55 * sun)
    zenith, horizon = dice.near((92, 146, 212), 0.08), dice.near((196, 218, 236), 0.04)
    horizon = [h + 300 * warmth * w for h, w in zip(horizon, (1, 0, -1.5), strict=True)]

    planes = []
    for plane, tint, bluish, above, below in zip(
        surface, (1 + warmth, 1, 1 - warmth), (0.40, 0.43, 0.49), zenith, horizon, strict=True
    ):
        clear = (above * (1 - haze) + below * haze) / 255
        sky = clear + (0.96 - 0.06 * y - clear) * cover
        plane = plane * texture * (bluish * ambient + strength * tint * sun)
        reflected = sky[::-1, ::-1] * (1 - skyline) * 0.95 + 0.22 * skyline
        plane = plane * (1 - mirror) + reflected * glint
        planes.append((plane + (sky - plane) * is_sky) * vignette)
    picture = np.stack(planes, -1)
    picture += 0.07 * (picture.mean(-1, keepdims=True) - picture)  # paint is too pure for a photo
    picture = np.minimum(picture * 1.06, 1.35)
    picture *= 0.75 + picture * (0.424 - 0.319 * picture)  # film: a soft toe and shoulder
    image = Image.fromarray((np.clip(picture, 0, 1) * 255).astype(np.uint8))
    image = np.asarray(image.filter(ImageFilter.BoxBlur(0.0014 * height)), np.float32)
    noise = 3.2 * (canvas.grain.field(height, width, 3) + grain[..., None])
    return np.clip(image + noise, 0, 255).astype(np.uint8)


def draw(seed, split, index, size=(256, 256), look=None):
    """Draw one example.

    Args:
      seed: non-negative int, the set.
      split: "train", "validation" or "test"; splits share no example.
      index: non-negative int, the example.
      size: (height, width) in pixels, each at least `MIN_SIDE`. The same example at another size
        of the same aspect is the same building.
      look: what the same building is built of and seen in, a `facade_materials.Look`; None: what
        its style has, by day.

    Returns:
      labels: uint8 [height, width, 3], every pixel a row of `PALETTE`.
      photo: uint8 [height, width, 3].

    Raises:
      ValueError: on an unknown split, a negative number or a size that is too small.
    """
    canvas, plan, film = _scene(seed, split, index, size, look and look.material)
    _compose(canvas, plan)
    if look is None:
        return _labels_of(canvas), _develop(canvas, film, *size)
    # Walls took more or less of the grain, by what they are made of: begin anew for the sky.
    canvas.grain = _dice(seed, split, index, 3)
    look.dress(canvas, _dice(seed, split, index, 4))
    return _labels_of(canvas), look.finish(_develop(canvas, film, *size), canvas)


def draw_instances(seed, split, index, size=(256, 256)):
    """What `draw` draws, each thing with a number of its own: windows, doors, balconies, shops and
    plants one by one; walls, roofs, cornices, mouldings and shutters one for a building.

    Args:
      seed, split, index, size: as for `draw`, which raises the same.

    Returns:
      labels: as `draw` gives them.
      instances: uint16 [height, width]; number // `PER_LABEL` is the row of `PALETTE`.
    """
    canvas, plan, _ = _scene(seed, split, index, size)
    _compose(canvas.with_instances(), plan)
    return _labels_of(canvas), _seen(canvas, canvas.instances).astype(np.uint16)


def _scene(seed, split, index, size, material=None):
    """(empty canvas, chance of what stands there, chance of what a camera adds) of an example."""
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; choose one of {', '.join(SPLITS)}.")
    height, width = size
    if min(height, width) < MIN_SIDE:
        raise ValueError(f"size is {height}x{width}; each side needs at least {MIN_SIDE} pixels.")
    if seed < 0 or index < 0:
        raise ValueError(f"seed ({seed}) and index ({index}) must not be negative.")
    plan, film, grain = (_dice(seed, split, index, purpose) for purpose in range(3))
    scale = 2 if min(height, width) >= 192 else 3 if min(height, width) >= 96 else 4
    return _Canvas(height, width, scale, plan, grain, material), plan, film


def _dice(seed, split, index, purpose):
    return _Dice(seed, SPLITS.index(split), index, purpose)


def _labels_of(canvas):
    return PALETTE[_seen(canvas, canvas.label)]


def _seen(canvas, layer):
    """The middle of each pixel of a layer that must not be mixed."""
    middle = canvas.scale // 2
    return np.asarray(layer)[middle :: canvas.scale, middle :: canvas.scale]
