"""The drawn facades in chosen materials, by day and by night, with and without snow.

The same (seed, split, index) is the same building under every `Look`: same label map, same sun,
same clouds, and at night the same windows are lit. `facade_drawing.draw` takes a look; this module
says what one is, and offers them as a set: `--data=facade_materials`.
"""

import dataclasses
import itertools

import numpy as np
import tensorflow_datasets as tfds
from PIL import Image, ImageFilter
from scipy import ndimage

from tfgan_zoo.data import builtin
from tfgan_zoo.data.facade_drawing import (
    BALCONY,
    CORNICE,
    DOOR,
    MOULDING,
    PLANT,
    ROOF,
    SHOP,
    SKY,
    STREET,
    WINDOW,
    draw,
)

LICENCE = "Drawn by this project's own code; Apache-2.0, as the code."
DESCRIPTION = (
    "Building facades drawn by a program, of brick, stone or painted boards, by day or by night, "
    "with or without snow. A training building is there in one of these twelve looks, a held-out "
    "one in all. Not photographs of real buildings."
)
BUILDINGS = {"train": 1200, "validation": 24, "test": 50}

_SNOW = np.array((238, 242, 250), np.float32)
_LEDGES = (ROOF, CORNICE, MOULDING, BALCONY)
_LIT = np.array((255, 206, 118), np.float32)  # of a lamp behind glass
_NIGHT = np.array((0.52, 0.56, 0.78), np.float32)  # what moonlight leaves of each colour


@dataclasses.dataclass(frozen=True)
class Material:
    """What walls are made of.

    Attributes:
      walls: colours of which each building takes one.
      fabric: brick, ashlar, plaster or boards.
    """

    walls: tuple
    fabric: str


MATERIALS = {
    "brick": Material(((164, 78, 56), (150, 68, 52), (172, 88, 62), (142, 66, 50)), "brick"),
    "stone": Material(((216, 204, 176), (204, 196, 180), (226, 216, 194)), "ashlar"),
    "boards": Material(((84, 124, 148), (96, 138, 150), (76, 112, 142)), "boards"),
}


@dataclasses.dataclass(frozen=True)
class Look:
    """How a building of the drawn set looks.

    Attributes:
      material: of its walls, a `Material`, or None for what its style has.
      night: whether the sun has set and lamps are lit.
      snow: whether it has snowed.
    """

    material: Material | None = None
    night: bool = False
    snow: bool = False

    def dress(self, canvas, dice):
        """Changes the layers of a drawn scene before it is lit.

        Args:
          canvas: of `facade_drawing`, which is changed.
          dice: chance of which each call takes the same.
        """
        lamps = _lamps(canvas, dice)
        if self.snow:
            _snow(canvas)
        if self.night:
            canvas.sun.paste(110, (0, 0, *canvas.sun.size))
            canvas.mirror = canvas.mirror.point([value // 6 for value in range(256)])
            canvas.lamps = lamps

    def finish(self, photo, canvas):
        """The photograph, uint8 [height, width, 3], under this look's sky and lamps."""
        sky = _shares(canvas, canvas.label.point([255] + [0] * 255))
        picture = photo.astype(np.float32)
        if self.snow:
            grey = 206 + 14 * np.linspace(0, 1, len(photo), dtype=np.float32)[:, None, None]
            cloudy = grey + 0.35 * (picture - picture.mean((0, 1)))
            picture += sky * (cloudy * (0.99, 1.0, 1.03) - picture)
        if self.night:
            picture = _at_night(picture, sky, canvas)
        return np.clip(picture, 0, 255).astype(np.uint8)


def _shares(canvas, layer):
    """Of each pixel of the result, the share that a layer of 0 and 255 covers: [H, W, 1]."""
    return np.asarray(layer.reduce(canvas.scale), np.float32)[..., None] / 255


def _lamps(canvas, dice):
    """A layer of the panes that are lit at night, from 0 to 255. Frames and bars stay dark."""
    labels, glass = np.asarray(canvas.label), np.asarray(canvas.mirror) > 0
    lit = np.zeros(labels.shape, np.uint8)
    for label, chance in ((WINDOW, 0.72), (DOOR, 0.6), (SHOP, 0.95)):
        places, count = ndimage.label(labels == label)
        for number, place in enumerate(ndimage.find_objects(places), 1):
            bright = dice.uniform(0.7, 1.0) if dice.chance(chance) else 0.0
            lit[place][(places[place] == number) & glass[place]] = int(255 * bright)
    return Image.fromarray(lit)


def _snow(canvas):
    """Lays snow on the street, on roofs and plants, and on everything that juts out."""
    labels = np.asarray(canvas.label)
    colour = np.asarray(canvas.colour, np.float32)
    cap = max(canvas.scale, round(0.013 * canvas.unit))
    deep = np.zeros(labels.shape, np.float32)  # how much of a pixel the snow hides
    deep[labels == STREET] = 0.9
    deep[labels == ROOF] = 0.82
    # Leaves and branches show where they face down, which is where they are drawn darkest.
    plant = labels == PLANT
    deep[plant] = np.clip(colour[plant].mean(-1) / 150 + 0.2, 0, 0.85)
    for label in _LEDGES:
        of_label = labels == label
        edge = of_label.copy()
        edge[1:] &= ~of_label[:-1]
        # From the upper edge downwards, over whatever lies there.
        fallen = edge.copy()
        for down in range(1, cap):
            fallen[down:] |= edge[:-down]
        deep[fallen & (labels != SKY)] = 0.95
    shaded = np.clip(0.9 + 0.1 * colour.mean(-1) / 160, 0.85, 1.0)[..., None]
    mixed = colour + deep[..., None] * (_SNOW * shaded - colour)
    canvas.colour = Image.fromarray(np.clip(mixed, 0, 255).astype(np.uint8))


def _at_night(picture, sky, canvas):
    """The photograph of dusk without sun, in moonlight and lamplight: float32 [H, W, 3]."""
    height = len(picture)
    up = np.linspace(1, 0, height, dtype=np.float32)[:, None, None]
    moonlit = picture * _NIGHT
    heaven = np.array((44, 54, 100)) - up * (26, 28, 40) + 0.12 * (picture - picture.mean((0, 1)))
    picture = moonlit + sky * (heaven - moonlit)
    lamps = canvas.lamps.reduce(canvas.scale)
    lit = np.asarray(lamps, np.float32)[..., None] / 255
    halo = np.asarray(lamps.filter(ImageFilter.GaussianBlur(0.035 * height)), np.float32)
    # What hangs behind a lit pane shows against the light.
    dressed = 0.75 + 0.25 * (moonlit / np.maximum(_NIGHT, 0.1)).mean(-1, keepdims=True) / 255
    picture += lit * (_LIT * dressed - picture)
    return picture + 0.3 * halo[..., None] / 255 * _LIT * (1 - lit) * (1 - 0.7 * sky)


LOOKS = {
    "+".join(filter(None, (name, night, snow))): Look(material, bool(night), bool(snow))
    for (name, material), night, snow in itertools.product(
        MATERIALS.items(), ("", "night"), ("", "snow")
    )
}


@dataclasses.dataclass
class MaterialsConfig(tfds.core.BuilderConfig):
    """One version of the set.

    Attributes:
      image_size: (height, width) in pixels.
      seed: which set; the same seed at another size shows the same buildings.
      buildings: split -> number of buildings.
    """

    image_size: tuple[int, int] = (64, 64)
    seed: int = 0
    buildings: dict[str, int] = dataclasses.field(default_factory=lambda: dict(BUILDINGS))


class ZooFacadeMaterials(tfds.core.GeneratorBasedBuilder):
    """TFDS builder of the looks; features "image", uint8 [H, W, 3], and "label", one of `LOOKS`."""

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        MaterialsConfig(name=str(side), description=f"{side}x{side}", image_size=(side, side))
        for side in (64, 128)
    ]

    def _info(self):
        image = tfds.features.Image(shape=(*self.builder_config.image_size, 3))
        label = tfds.features.ClassLabel(names=list(LOOKS))
        return builtin.describe(self, DESCRIPTION, LICENCE, {"image": image, "label": label})

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        counts = self.builder_config.buildings
        return {split: self._generate_examples(split, n) for split, n in counts.items()}

    def _generate_examples(self, split, buildings):
        config, looks = self.builder_config, list(LOOKS.values())
        for row, (index, label) in enumerate(rows_of(split, buildings)):
            _, photo = draw(config.seed, split, index, config.image_size, looks[label])
            yield row, {"image": photo, "label": label}


def rows_of(split, buildings):
    """(building, look) of each example of a split: of a training building one look, in turn, so
    that no pairs are learnt from; of a held-out one all, one after the other.
    """
    if split == "train":
        return [(index, index % len(LOOKS)) for index in range(buildings)]
    return list(itertools.product(range(buildings), range(len(LOOKS))))


def load(split, *, image_size, seed=0, num_examples=None, data_dir=None):
    """Prepare the set with TFDS where that has not been done, and read one split.

    Args:
      split: "train", "validation" or "test".
      image_size: (height, width) in pixels.
      seed: non-negative int, which set.
      num_examples: number of buildings; default 1200, 24 and 50. A held-out building is twelve
        examples, a training building one.
      data_dir: the TFDS data folder; default that of TFDS.

    Returns:
      `(arrays, names, info)`: {"images": uint8 [N, height, width, 3], "labels": int32 [N]}; one
      name per example; and a dict with name, source, split, licence, description, label_names, and
      of held-out splits `views`, 12: how many examples in a row show one building.

    Raises:
      ValueError: on an unknown split, or a number that makes no picture.
      OSError: where the set can be neither found nor written.
    """
    draw(seed, split, 0, image_size)  # says at once what is wrong with its arguments
    count = BUILDINGS[split] if num_examples is None else num_examples
    if count < 1:
        raise ValueError(f"num_examples is {num_examples}; it must be at least 1.")
    height, width = image_size
    config = str(height)
    known = config in ZooFacadeMaterials.builder_configs and height == width
    if num_examples is not None or seed or not known:
        counts = dict(BUILDINGS) if num_examples is None else {split: num_examples}
        sizes = "" if num_examples is None else f"_{split}{num_examples}"
        name = f"{height}x{width}_seed{seed}{sizes}"
        config = MaterialsConfig(name=name, image_size=(height, width), seed=seed, buildings=counts)
    arrays, builder = builtin.read_split(
        lambda: ZooFacadeMaterials(config=config, data_dir=data_dir), split
    )
    info = {
        "name": f"{builder.name}/{builder.builder_config.name}",
        "source": "drawn by tfgan_zoo.data.facade_materials, version "
        f"{ZooFacadeMaterials.VERSION}, seed {seed}",
        "split": split,
        "licence": LICENCE,
        "description": DESCRIPTION,
        "label_names": list(LOOKS),
    }
    if split != "train":
        info["views"] = len(LOOKS)
    labels = np.asarray(arrays["label"], np.int32)
    names = [f"{split}-{index:05d}-{list(LOOKS)[label]}" for index, label in rows_of(split, count)]
    return {"images": arrays["image"], "labels": labels}, names, info
