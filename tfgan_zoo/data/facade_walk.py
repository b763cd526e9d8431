"""Clips of a camera that walks along drawn facades and knows how each of its pixels moves.

A street is drawn once, several times as wide as the picture. The camera goes back and forth along
it, bobs as a walker does, and zooms slowly. Trees stand between it and the houses, pass by faster
and hide what is behind them. Each frame is made of the same street, so that where a pixel was a
frame ago, and whether it was seen there, follows from the camera alone.
"""

import dataclasses

import numpy as np
from PIL import Image, ImageDraw

from tfgan_zoo.data.facade_drawing import LABEL_NAMES, MIN_SIDE, PALETTE, SPLITS, draw

FINE = 2  # pixels of the drawn street, and places that are looked at, for a side of a pixel
REACH = 0.9  # heights of a picture that the camera goes to either side
NEAR = 1.6  # how much faster trees pass by than houses
LEVEL = 0.6  # height that a zoom leaves where it is, as a share of the picture's, from the top
PURE = 0.02  # a pixel with more of another layer than that belongs to neither
_STREAM = 3  # `draw` takes 0 to 2 of an example's entropy
_PLANT = LABEL_NAMES.index("plant")


@dataclasses.dataclass(frozen=True)
class _Camera:
    """Where the camera stands at each frame: sines of their own period and phase.

    Attributes:
        walk, zoom, bob: (mean, amplitude, frames of a period, phase) of the place in heights of a
            picture, of the magnification, and of the height of the eye.
    """

    walk: tuple
    zoom: tuple
    bob: tuple

    @classmethod
    def drawn(cls, chance):
        def phase():
            return 2 * np.pi * chance.random()

        side = 1 if chance.random() < 0.5 else -1
        return cls(
            walk=(0.0, side * REACH, 120 + 80 * chance.random(), phase()),
            zoom=(1.14, 0.04 + 0.04 * chance.random(), 60 + 60 * chance.random(), phase()),
            bob=(0.0, 0.004 + 0.006 * chance.random(), 10 + 6 * chance.random(), phase()),
        )

    def at(self, frame):
        """(place, zoom, height of the eye) at a frame."""
        return tuple(
            mean + amplitude * np.sin(2 * np.pi * frame / period + phase)
            for mean, amplitude, period, phase in (self.walk, self.zoom, self.bob)
        )

    def sees(self, frame, size, depth, fine=1):
        """What lies at each place of a picture, in a layer whose motion is `depth` times the
        houses', in heights from the layer's middle and from its top: (y `[H]`, x `[W]`).
        """
        height, width = size
        place, zoom, eye = self.at(frame)
        y = (np.arange(height * fine) + 0.5) / fine / height
        x = ((np.arange(width * fine) + 0.5) / fine - width / 2) / height
        return LEVEL + (y - LEVEL) / zoom + depth * eye, x / zoom + depth * place

    def shows(self, frame, size, depth, y, x):
        """The pixels (rows, columns) at which a frame shows these places of a layer."""
        height, width = size
        place, zoom, eye = self.at(frame)
        rows = (LEVEL + (y - depth * eye - LEVEL) * zoom) * height - 0.5
        return rows, (x - depth * place) * zoom * height + width / 2 - 0.5


def walk(seed, split, index, size=(64, 64), frames=30):
    """Draw one clip.

    Args:
        seed: non-negative int, the set.
        split: "train", "validation" or "test"; splits share no street.
        index: non-negative int, the clip.
        size: (height, width) in pixels, each at least `MIN_SIDE`. The same clip at another size of
            the same aspect is the same walk.
        frames: how many, T. A shorter clip is the beginning of a longer one.

    Returns:
        labels: uint8 `[T, height, width, 3]`, every pixel a row of `facade_drawing.PALETTE`.
        photos: uint8 `[T, height, width, 3]`.
        motion: float32 `[T, height, width, 3]`: how far to the right and how far down of a pixel,
            in pixels, the frame before shows what is seen there, and 1 where it does, 0 where that
            was hidden or outside, or where a pixel is part tree and part house. The first frame,
            which has none before it, has 0 everywhere.

    Raises:
        ValueError: as `facade_drawing.draw`, and for less than one frame.
    """
    height, width = size
    if frames < 1:
        raise ValueError(f"frames is {frames}; a clip has at least 1.")
    if min(size) < MIN_SIDE:
        raise ValueError(f"size is {height}x{width}; each side needs at least {MIN_SIDE} pixels.")
    tall = height * FINE
    wide = _even(tall * (width / height + 2 * REACH + 0.1))
    labels, street = draw(seed, split, index, (tall, wide))
    chance = np.random.Generator(np.random.PCG64((seed, SPLITS.index(split), index, _STREAM)))
    camera = _Camera.drawn(chance)
    trees = _trees(chance, tall, _even(tall * (width / height + 2 * NEAR * REACH + 0.1)))
    street = np.dstack([street.astype(np.float32), np.full((tall, wide, 1), 255, np.float32)])

    found = [], [], []
    before = None
    for frame in range(frames):
        far, near = (
            _looked_at(layer, *camera.sees(frame, size, depth, FINE))
            for layer, depth in ((street, 1.0), (trees, NEAR))
        )
        cover = near[..., 3:] / 255
        photo = _means(far[..., :3] * (1 - cover) + near[..., :3])
        share = _means(cover)[..., 0]
        seen = _nearest(labels, *camera.sees(frame, size, 1.0))
        layer = np.where(share <= PURE, 0, np.where(share >= 1 - PURE, 1, -1))
        found[0].append(np.where(share[..., None] > 0.5, PALETTE[_PLANT], seen))
        found[1].append(np.clip(np.rint(photo), 0, 255).astype(np.uint8))
        found[2].append(_motion(camera, frame, size, layer, share > 0.5, before))
        before = layer
    return tuple(np.stack(part) for part in found)


def _motion(camera, frame, size, layer, is_tree, before):
    """float32 `[H, W, 3]`, as of `walk`; `before` is the layer of each pixel of the last frame."""
    height, width = size
    if before is None:
        return np.zeros((height, width, 3), np.float32)
    places = []
    for depth in (1.0, NEAR):
        rows, columns = camera.shows(frame - 1, size, depth, *camera.sees(frame, size, depth))
        places.append(np.stack(np.meshgrid(columns, rows), -1))
    was = np.where(is_tree[..., None], places[1], places[0])
    here = np.stack(np.meshgrid(np.arange(width), np.arange(height)), -1)
    inside = (was >= 0).all(-1) & (was <= (width - 1, height - 1)).all(-1)
    corner = np.floor(was).astype(np.int64)
    seen = inside & (layer >= 0)
    for right, down in np.ndindex(2, 2):  # all that a bilinear blend would take there
        column = np.clip(corner[..., 0] + right, 0, width - 1)
        row = np.clip(corner[..., 1] + down, 0, height - 1)
        seen &= before[row, column] == layer
    return np.dstack([was - here, seen]).astype(np.float32)


def _even(pixels):
    return 2 * int(np.ceil(pixels / 2))


def _looked_at(layer, y, x):
    """`[H, W, C]`, float32, blended bilinearly of the layer `[h, w, C]` at places in its heights
    from its middle and top; its edge goes on.
    """
    tall, wide, _ = layer.shape

    def along(places, count):
        places = np.clip(places, 0, count - 1)
        low = np.floor(places).astype(np.int64)
        return low, np.minimum(low + 1, count - 1), (places - low).astype(np.float32)

    top, bottom, down = along(y * tall - 0.5, tall)
    left, right, across = along(x * tall + wide / 2 - 0.5, wide)
    down, across = down[:, None, None], across[:, None]
    rows = layer[top] * (1 - down) + layer[bottom] * down
    return rows[:, left] * (1 - across) + rows[:, right] * across


def _nearest(layer, y, x):
    """`[H, W, C]` of the layer at the pixels nearest to these places."""
    tall, wide, _ = layer.shape
    rows = np.clip(np.floor(y * tall), 0, tall - 1).astype(np.int64)
    columns = np.clip(np.floor(x * tall + wide / 2), 0, wide - 1).astype(np.int64)
    return layer[rows][:, columns]


def _means(fine):
    """The means of squares of `FINE` by `FINE`."""
    height, width, channels = fine.shape
    parts = fine.reshape(height // FINE, FINE, width // FINE, FINE, channels)
    return parts.mean((1, 3))


def _trees(chance, tall, wide):
    """Trees, float32 `[tall, wide, 4]` in [0, 255]: colours times their cover, and the cover."""
    unit, scale = tall, 2
    picture = Image.new("RGBA", (wide * scale, tall * scale))
    pen = ImageDraw.Draw(picture)

    def disc(x, y, radius, colour):
        at = [v * unit * scale for v in (x - radius, y - radius, x + radius, y + radius)]
        pen.ellipse(at, (*(min(255, max(0, int(v))) for v in colour), 255))

    x, end = 0.4 * chance.random(), wide / unit
    while x < end:
        foot, height = 0.955 + 0.03 * chance.random(), 0.5 + 0.2 * chance.random()
        radius = height * (0.2 + 0.05 * chance.random())
        top, trunk = foot - height + radius, 0.012 + 0.004 * chance.random()
        at = [v * unit * scale for v in (x - trunk, top, x + trunk, foot)]
        pen.rectangle(at, (84, 66, 52, 255))
        pen.rectangle([at[0] + (at[2] - at[0]) * 0.6, *at[1:]], (58, 46, 38, 255))
        leaf = np.array(((76, 112, 46), (98, 126, 52), (64, 100, 58))[int(3 * chance.random())])
        clumps = []
        for number in range(90):
            inner = number < 25
            angle = 2 * np.pi * chance.random()
            far = (0.7 if inner else 0.95) * radius * chance.random() ** 0.5
            cx, cy = x + far * np.cos(angle), top + 1.1 * far * np.sin(angle)
            light = (x - cx + 1.2 * (top - cy)) / radius + 1.2 * chance.random() - 0.6 - inner
            size = radius * (0.2 if inner else 0.1) * (0.8 + 0.5 * chance.random())
            clumps.append((light, cx, cy, size))
        for light, cx, cy, size in sorted(clumps):
            disc(cx, cy, size, leaf * max(0.4, 0.9 + 0.26 * light))
        x += 1.0 + 1.2 * chance.random()
    layer = np.asarray(picture, np.float32)
    layer[..., :3] *= layer[..., 3:] / 255
    return layer.reshape(tall, scale, wide, scale, 4).mean((1, 3))
