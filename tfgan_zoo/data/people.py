"""The built-in set for re-identification: drawn people in two places, as a TFDS builder.

Each place is a data set as Market-1501 and DukeMTMC-reID are: its people are its own, two cameras
see each of them several times, and no person of the test split is in another split. Importing this
module registers the set for `tfds.load("zoo_people/64x32")`. `people_drawing` draws the pictures.
"""

import dataclasses

import numpy as np
import tensorflow_datasets as tfds

from tfgan_zoo.data import builtin
from tfgan_zoo.data.people_drawing import CAMERAS, PLACES, SPLITS, draw

__all__ = ["CAMERAS", "PLACES", "SPLITS", "PeopleConfig", "ZooPeople", "draw", "load"]

LICENCE = "Drawn by this project's own code; Apache-2.0, as the code."
DESCRIPTION = (
    "People drawn by a program, each with clothes of their own, seen by two cameras in the street "
    "or by two in a station, several times by each. Not photographs of real people."
)
PEOPLE = {"train": 100, "validation": 40, "test": 80}  # of each place
VIEWS = 4  # of a person by a camera
NAMES = tuple(name for place in PLACES for name in CAMERAS[place])  # a camera's number is its place


@dataclasses.dataclass
class PeopleConfig(tfds.core.BuilderConfig):
    """One version of the set.

    Attributes:
      image_size: (height, width) in pixels.
      seed: which set; the same seed at another size shows the same people.
      people: split -> people of each place. Person i of a split does not depend on the counts.
    """

    image_size: tuple[int, int] = (64, 32)
    seed: int = 0
    people: dict[str, int] = dataclasses.field(default_factory=lambda: dict(PEOPLE))


class ZooPeople(tfds.core.GeneratorBasedBuilder):
    """TFDS builder of the drawn people.

    Features: "image", uint8 [H, W, 3]; "person", a number within the split, those of the street
    first; "camera", the number in `NAMES`; "view", from 0 to 3.
    """

    VERSION = tfds.core.Version("1.0.0")
    BUILDER_CONFIGS = [
        PeopleConfig(name=f"{h}x{h // 2}", description=f"{h}x{h // 2}", image_size=(h, h // 2))
        for h in (64, 128)
    ]

    def _info(self):
        features = {
            "image": tfds.features.Image(shape=(*self.builder_config.image_size, 3)),
            "person": tfds.features.Scalar(np.int64),
            "camera": tfds.features.ClassLabel(names=NAMES),
            "view": tfds.features.Scalar(np.int64),
        }
        return builtin.describe(self, DESCRIPTION, LICENCE, features)

    def _split_generators(self, dl_manager):
        del dl_manager  # nothing to download
        people = self.builder_config.people
        return {split: self._generate_examples(split, n) for split, n in people.items()}

    def _generate_examples(self, split, count):
        config = self.builder_config
        for key, (place, number, camera, view) in enumerate(_views(count)):
            image = draw(config.seed, place, split, number, camera, view, config.image_size)
            yield (
                key,
                {
                    "image": image,
                    "person": number + count * PLACES.index(place),
                    "camera": camera,
                    "view": view,
                },
            )


def _views(count):
    """(place, person, camera, view) of each picture, in their order."""
    return [
        (place, number, camera, view)
        for place in PLACES
        for number in range(count)
        for camera in CAMERAS[place]
        for view in range(VIEWS)
    ]


def load(split, *, image_size, places=PLACES, seed=0, num_people=None, data_dir=None):
    """Prepare the set with TFDS where that has not been done, and read one split.

    Args:
      split: "train", "validation" or "test".
      image_size: (height, width) in pixels, at least 16 each.
      places: those whose people are returned.
      seed: non-negative int, which set.
      num_people: of the split, in each place; default 100, 40 and 80.
      data_dir: the TFDS data folder; default that of TFDS.

    Returns:
      `(arrays, names, info)`: {"images": uint8 [N, height, width, 3], "persons": int32 [N],
      numbered from 0, "cameras": int32 [N]}; one name per example, such as
      "street-test-0007-c2-v3"; and a dict with name, source, split, licence, description,
      camera_names.

    Raises:
      ValueError: on an unknown split, or a number that makes no picture.
      OSError: where the set can be neither found nor written.
    """
    count = PEOPLE.get(split, 0) if num_people is None else num_people
    draw(seed, PLACES[0], split, 0, NAMES[0], 0, image_size)  # says what is wrong with these
    if count < 1:
        raise ValueError(f"num_people is {num_people}; it must be at least 1.")
    height, width = image_size
    config = f"{height}x{width}"
    if num_people is not None or seed or config not in ZooPeople.builder_configs:
        people = dict(PEOPLE) if num_people is None else {split: num_people}
        own = "" if num_people is None else f"_{split}{num_people}"
        config = PeopleConfig(
            name=f"{config}_seed{seed}{own}", image_size=(height, width), seed=seed, people=people
        )
    arrays, builder = builtin.read_split(lambda: ZooPeople(config=config, data_dir=data_dir), split)
    views = _views(count)
    kept = [row for row, (place, *_) in enumerate(views) if place in places]
    numbers = np.unique(arrays["person"][kept], return_inverse=True)[1]
    fields = {
        "images": arrays["image"][kept],
        "persons": numbers.astype(np.int32),
        "cameras": arrays["camera"][kept].astype(np.int32),
    }
    names = [
        f"{place}-{split}-{number:04d}-c{NAMES.index(camera) + 1}-v{view}"
        for place, number, camera, view in (views[row] for row in kept)
    ]
    where = "" if tuple(places) == PLACES else f" ({', '.join(places)})"
    info = {
        "name": f"{builder.name}/{builder.builder_config.name}{where}",
        "source": f"drawn by tfgan_zoo.data.people, version {ZooPeople.VERSION}, seed {seed}",
        "split": split,
        "licence": LICENCE,
        "description": DESCRIPTION,
        "camera_names": list(NAMES),
    }
    return fields, names, info
