"""Draws people as cameras see them who recognise them again, with numpy and Pillow only.

A *person* is what stays: build, skin, hair, clothes with their patterns, a bag. A *view* is what
changes: where the person walks, which way they face, what is behind them. A *camera* is what it
does to both: light, colour cast, contrast, blur, resolution, noise. Two places have two cameras
each: a street in the sun and a station under lamps.

Lengths are in units of the picture's height, so that the same view at another size shows the same.
"""

import dataclasses
import math

import numpy as np
from PIL import Image, ImageDraw, ImageFilter

from tfgan_zoo.data import people_scenes

PLACES = ("street", "station")
CAMERAS = {"street": ("street 1", "street 2"), "station": ("station 1", "station 2")}
SPLITS = ("train", "validation", "test")
MIN_SIDE = 16
CANVAS = 160  # pixels of the canvas, at least, before it is reduced

_SKINS = ((244, 208, 177), (226, 178, 140), (188, 132, 94), (142, 92, 62), (92, 60, 44))
_HAIRS = ((28, 24, 22), (62, 42, 30), (112, 72, 40), (196, 158, 92), (150, 62, 34), (170, 168, 164))
_SHOES = ((24, 24, 26), (236, 234, 228), (98, 62, 40), (150, 34, 40), (60, 66, 84))
_TROUSERS = ((38, 50, 84), (74, 96, 140), (28, 28, 32), (92, 88, 82), (176, 156, 118), (66, 76, 52))
_STYLES = ("short", "long", "bun", "bald", "cap", "hood")
_PATTERNS = ("plain", "stripes", "columns", "check", "dots", "halves", "print")


@dataclasses.dataclass(frozen=True)
class Person:
    """What stays of somebody from view to view. Colours are (red, green, blue), 0 to 255."""

    height: float  # share of the largest
    width: float
    skin: tuple
    hair: tuple
    style: str  # of the hair, or what is on it: one of _STYLES
    hat: tuple
    top: str  # tee, shirt, jacket or coat
    top_colour: tuple
    second_colour: tuple  # of the pattern, or under an open jacket
    pattern: str  # one of _PATTERNS
    bottom: str  # trousers, shorts or skirt
    bottom_colour: tuple
    shoes: tuple
    bag: str  # none, backpack, shoulder or hand
    bag_colour: tuple


def person(seed, place, split, number):
    """The `number`-th person of a split of a place; no two places or splits share one.

    Raises:
        ValueError: for another place or split, or a negative number.
    """
    chance = _chance(seed, place, split, number)

    def one_of(values):
        return values[chance.integers(len(values))]

    def colour():
        """A cloth: mostly strong hues, some greys."""
        if chance.random() < 0.3:
            return (int(chance.choice([26, 70, 128, 186, 238])),) * 3
        return _hsv(chance.random(), chance.uniform(0.5, 0.95), chance.uniform(0.35, 0.95))

    kind = one_of(("tee", "tee", "shirt", "shirt", "jacket", "coat"))
    return Person(
        height=chance.uniform(0.86, 1.0),
        width=chance.uniform(0.86, 1.22),
        skin=one_of(_SKINS),
        hair=one_of(_HAIRS),
        style=one_of(_STYLES),
        hat=colour(),
        top=kind,
        top_colour=colour(),
        second_colour=colour(),
        pattern="plain" if kind == "coat" else one_of(_PATTERNS),
        bottom=one_of(("trousers", "trousers", "shorts", "skirt")),
        bottom_colour=one_of(_TROUSERS) if chance.random() < 0.6 else colour(),
        shoes=one_of(_SHOES),
        bag=one_of(("none", "backpack", "shoulder", "hand")),
        bag_colour=colour(),
    )


def draw(seed, place, split, number, camera, view, image_size):
    """One view of a person.

    Args:
        seed: non-negative int, which set.
        place: `street` or `station`, whose people they are.
        split: `train`, `validation` or `test`.
        number: of the person in the split.
        camera: name of any camera of `CAMERAS`: one of the other place sees the same person there,
            in the same pose.
        view: number of the view by this camera.
        image_size: (height, width) in pixels, at least 16 each.

    Returns:
        uint8 `[height, width, 3]`.

    Raises:
        ValueError: one sentence, for an argument that names nothing.
    """
    if camera not in people_scenes.CAMERAS:
        raise ValueError(f"camera is {camera!r}; choose one of {', '.join(people_scenes.CAMERAS)}.")
    if min(image_size) < MIN_SIDE:
        raise ValueError(
            f"image_size is {image_size[0]}x{image_size[1]}; people need at least "
            f"{MIN_SIDE}x{MIN_SIDE} pixels."
        )
    who = person(seed, place, split, number)
    # The same pose by the cameras of the same number, in whichever place.
    position = next(names.index(camera) for names in CAMERAS.values() if camera in names)
    pose, rest = (_chance(seed, place, split, number, 1 + position, view, i) for i in (0, 1))
    height, width = image_size
    factor = max(2, -(-CANVAS // height))
    own = people_scenes.CAMERAS[camera]
    canvas = people_scenes.scene(own.scene, rest, factor * height, factor * width)
    _put(canvas, who, own, pose)
    return people_scenes.developed(canvas, own, rest, (height, width))


def _chance(seed, place, split, *numbers):
    if place not in PLACES:
        raise ValueError(f"place is {place!r}; choose one of {', '.join(PLACES)}.")
    if split not in SPLITS:
        raise ValueError(f"split is {split!r}; choose one of {', '.join(SPLITS)}.")
    if min(seed, *numbers) < 0:
        raise ValueError(f"seed {seed} and the numbers {numbers} must not be negative.")
    return np.random.default_rng([seed, PLACES.index(place), SPLITS.index(split), *numbers])


def _hsv(hue, saturation, value):
    """(red, green, blue), 0 to 255."""
    sector = hue * 6.0

    def channel(shift):
        share = min(max(abs((sector + shift) % 6.0 - 3.0) - 1.0, 0.0), 1.0)
        return int(255 * value * (1.0 - saturation * (1.0 - share)))

    return channel(0), channel(4), channel(2)


def _put(canvas, who, camera, chance):
    """Draws a person into the canvas, float `[H, W, 3]`, and their shadow under them."""
    height, width, _ = canvas.shape
    pen = people_scenes.Painter(height, width)
    size = who.height * chance.uniform(0.86, 0.93)
    middle = pen.aspect / 2 + chance.uniform(-0.03, 0.03)
    foot = chance.uniform(0.955, 0.985)
    facing = chance.uniform(0, 2 * math.pi)  # 0: at the camera; pi / 2: to the right
    stride = math.sin(chance.uniform(0, 2 * math.pi))
    _body(pen, who, _Frame(middle, foot, size, size * who.width, facing, stride))
    cover = np.asarray(pen.cover, np.float32)[..., None] / 255
    across = np.linspace(-1, 1, width, dtype=np.float32)[None, :, None]
    # The side away from the light is darker.
    around = (across - (2 * middle / pen.aspect - 1)) * pen.aspect / 0.3
    lit = 1.0 + camera.sun * 0.5 * np.clip(camera.side * around, -1, 1)
    shadow = Image.new("L", (width, height))
    x, y, reach = middle * height, foot * height, 0.16 * size * height
    slant = -camera.side * camera.sun * 0.25 * height
    ImageDraw.Draw(shadow).ellipse(
        [x - reach + min(slant, 0), y - 0.2 * reach, x + reach + max(slant, 0), y + 0.2 * reach],
        255,
    )
    shadow = np.asarray(shadow.filter(ImageFilter.GaussianBlur(0.01 * height)), np.float32) / 255
    canvas *= 1.0 - (0.25 + 0.5 * camera.sun) * shadow[..., None]
    canvas *= 1.0 - cover
    canvas += cover * lit * np.asarray(pen.image, np.float32)


@dataclasses.dataclass(frozen=True)
class _Frame:
    """From a person's own lengths, feet at 0 and head at 1, to places in the picture."""

    middle: float
    foot: float
    size: float
    breadth: float
    facing: float
    stride: float

    @property
    def front(self):
        """1: faces the camera; 0: sideways; -1: shows the back."""
        return math.cos(self.facing)

    @property
    def sideways(self):
        """1: to the right; -1: to the left."""
        return math.sin(self.facing)

    def at(self, x, y):
        return self.middle + x * self.breadth, self.foot - y * self.size

    def many(self, *points):
        return [self.at(*point) for point in points]


def _body(pen, who, frame):
    """From the back to the front."""
    broad = 0.115 * (0.66 + 0.34 * abs(frame.front))  # half the shoulders
    cloth = _cloth(pen, who, frame)
    step = frame.stride * (0.025 + 0.085 * abs(frame.sideways))
    swing = frame.stride * (0.02 + 0.09 * abs(frame.sideways))
    if who.bag == "backpack" and frame.front >= 0:
        _backpack(pen, who, frame, broad)
    if who.style == "long" and frame.front > -0.3:
        pen.limb(
            frame.many((0, 0.92), (-0.01 * frame.sideways, 0.80)), 0.13 * frame.breadth, who.hair
        )
    _arm(pen, who, frame, -broad, swing, cloth)
    for side, reach in ((-1, step), (1, -step)):
        _leg(pen, who, frame, side, reach, broad)
    low = 0.30 if who.top == "coat" else 0.47
    if who.bottom == "skirt":
        wide = 0.8 * broad + 0.045
        points = ((-0.75 * broad, 0.52), (0.75 * broad, 0.52), (wide, 0.28), (-wide, 0.28))
        pen.shape(frame.many(*points), who.bottom_colour)
    flare = 0.92 if who.top == "coat" else 0.78
    torso = (
        *((-0.35 * broad, 0.855), (0.35 * broad, 0.855), (broad, 0.80), (0.84 * broad, 0.60)),
        *((flare * broad, low), (-flare * broad, low), (-0.84 * broad, 0.60), (-broad, 0.80)),
    )
    pen.shape(frame.many(*torso), cloth)
    if who.top == "jacket" and frame.front > 0.15:
        half, shift = 0.38 * broad * frame.front, 0.3 * broad * frame.sideways
        inner = ((shift - half, 0.85), (shift + half, 0.85))
        inner += ((shift + 0.8 * half, low), (shift - 0.8 * half, low))
        pen.shape(frame.many(*inner), who.second_colour)
    if who.pattern == "print" and frame.front > 0.2 and who.top in ("tee", "shirt"):
        x, y = frame.at(0.35 * broad * frame.sideways, 0.72)
        pen.oval(x, y, 0.045 * frame.breadth * frame.front, 0.04 * frame.size, who.second_colour)
    _arm(pen, who, frame, broad, -swing, cloth)
    _bags(pen, who, frame, broad)
    _head(pen, who, frame)


def _cloth(pen, who, frame):
    """The colour of the top, or a picture of the layer's size with its pattern."""
    if who.pattern in ("plain", "print") or who.top in ("jacket", "coat"):
        return who.top_colour
    height, width = pen.image.size[::-1]
    x = ((np.arange(width) / height - frame.middle) / frame.breadth)[None, :]
    y = ((frame.foot - np.arange(height) / height) / frame.size)[:, None]
    line = 0.055
    rows, columns = (y / line) % 1 < 0.5, (x / line + 0.25) % 1 < 0.5
    if who.pattern == "dots":
        second = ((x / line) % 1 - 0.5) ** 2 + ((y / line) % 1 - 0.5) ** 2 < 0.1
    else:
        second = {
            "stripes": rows | (x > 9),
            "columns": columns | (y > 9),
            "check": rows ^ columns,
            "halves": (y < 0.66) | (x > 9),
        }[who.pattern]
    colours = np.array([who.top_colour, who.second_colour], np.uint8)
    return Image.fromarray(colours[second.astype(int)])


def _leg(pen, who, frame, side, step, broad):
    hip, knee = side * 0.42 * broad, side * 0.40 * broad + 0.5 * step
    ankle = side * 0.38 * broad + step
    toe = 0.05 * frame.sideways + 0.01 * side
    thick = 0.082 * frame.breadth
    pen.limb(frame.many((ankle, 0.022), (ankle + toe, 0.015)), 0.035 * frame.size, who.shoes)
    pen.limb(frame.many((hip, 0.48), (knee, 0.27), (ankle, 0.05)), 0.75 * thick, who.skin)
    if who.bottom == "trousers":
        pen.limb(frame.many((hip, 0.48), (knee, 0.27), (ankle, 0.055)), thick, who.bottom_colour)
    else:
        end = (hip + 0.55 * (knee - hip), 0.36)
        pen.limb(frame.many((hip, 0.48), end), 1.1 * thick, who.bottom_colour)


def _arm(pen, who, frame, shoulder, swing, cloth):
    elbow = (1.12 * shoulder + 0.4 * swing, 0.65)
    hand = (1.14 * shoulder + swing, 0.49)
    thick = 0.062 * frame.breadth
    points = frame.many((0.95 * shoulder, 0.79), elbow, hand)
    pen.limb(points, 0.72 * thick, who.skin)
    if who.top == "tee":
        sleeve = [points[0], tuple(np.mean(points[:2], 0))]
    else:
        wrist = tuple(0.85 * np.array(points[2]) + 0.15 * np.array(points[1]))
        sleeve = [points[0], points[1], wrist]
    pen.limb(sleeve, thick, cloth)


def _backpack(pen, who, frame, broad):
    shift = -0.75 * broad * frame.sideways
    half = broad * (0.45 + 0.25 * abs(frame.front))
    points = (
        (shift - half, 0.80),
        (shift + half, 0.80),
        (shift + half, 0.56),
        (shift - half, 0.56),
    )
    pen.shape(frame.many(*points), who.bag_colour)
    pocket = tuple(int(0.7 * value) for value in who.bag_colour)
    lower = ((shift - 0.7 * half, 0.66), (shift + 0.7 * half, 0.66))
    lower += ((shift + 0.7 * half, 0.58), (shift - 0.7 * half, 0.58))
    pen.shape(frame.many(*lower), pocket)


def _bags(pen, who, frame, broad):
    if who.bag == "backpack":
        if frame.front < 0:
            _backpack(pen, who, frame, broad)
        else:
            for side in (-1, 1):
                strap = frame.many((side * 0.6 * broad, 0.83), (side * 0.62 * broad, 0.66))
                pen.limb(strap, 0.018 * frame.breadth, who.bag_colour)
    elif who.bag == "shoulder":
        # Over the right shoulder of the person, so on the other side from behind.
        side = -1 if frame.front >= 0 else 1
        ends = frame.many((side * 0.6 * broad, 0.84), (-side * 0.95 * broad, 0.50))
        pen.limb(ends, 0.02 * frame.breadth, who.bag_colour)
        x = -side * 1.0 * broad
        corners = ((x - 0.055, 0.52), (x + 0.055, 0.52), (x + 0.06, 0.41), (x - 0.06, 0.41))
        pen.shape(frame.many(*corners), who.bag_colour)
    elif who.bag == "hand":
        x = (1 if frame.front >= 0 else -1) * 1.25 * broad
        corners = ((x - 0.04, 0.45), (x + 0.04, 0.45), (x + 0.055, 0.31), (x - 0.055, 0.31))
        pen.shape(frame.many(*corners), who.bag_colour)


def _head(pen, who, frame):
    x, y = frame.at(0.012 * frame.sideways, 0.925)
    wide, high = 0.058 * frame.size, 0.073 * frame.size
    pen.limb(frame.many((0, 0.87), (0, 0.84)), 0.055 * frame.breadth, who.skin)
    pen.oval(x, y, wide, high, who.skin)
    covered = who.hat if who.style in ("cap", "hood") else who.hair
    if who.style != "bald":
        if frame.front < -0.4:  # from behind
            pen.oval(x, y - 0.1 * high, 1.06 * wide, 1.0 * high, covered)
        else:  # the crown, and the back of the head where it shows
            pen.oval(x, y - 0.12 * high, 1.08 * wide, 1.0 * high, covered, 180, 360)
            back = -math.copysign(1, frame.sideways)
            if abs(frame.sideways) > 0.4:
                start = 90 if back < 0 else -90
                pen.oval(x + 0.1 * back * wide, y, wide, high, covered, start, start + 180)
    if who.style == "hood":
        pen.limb(frame.many((-0.05, 0.86), (0.05, 0.86)), 0.05 * frame.size, who.hat)
    elif who.style == "bun":
        pen.oval(x - 0.5 * wide * frame.sideways, y - 1.1 * high, 0.5 * wide, 0.4 * high, who.hair)
    elif who.style == "cap" and frame.front > -0.4:
        x += 0.7 * wide * frame.sideways
        pen.oval(x, y - 0.15 * high, 1.1 * wide, 0.16 * high, who.hat)
    elif who.style == "long" and frame.front <= -0.3:
        pen.limb(frame.many((0, 0.92), (0, 0.79)), 0.12 * frame.breadth, who.hair)
