"""What can be asked of the front doors of the data room, each thing once.

Importing this starts no TensorFlow, so that a command can make its flags from it and stay quick.
"""

from __future__ import annotations

import dataclasses
import pathlib
from collections.abc import Callable

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.splits import HoldOut

PICTURES = ("images", "pairs", "unpaired")
FILES = (*PICTURES, "text")
LABELS = {
    "pairs": ("auto", "source", "target", "none"),
    "unpaired": ("auto", "a", "b", "none"),
}


def _asked(default, text, families=(), **more):
    """A field with its line of help, the doors that heed it (all where none is named), and what
    else is known of it.
    """
    metadata = {"help": text, "families": families, **more}
    return dataclasses.field(default=default, metadata=metadata)


def _channels(what, family):
    return _asked(3, f"Channels of {what}, 1 to 4.", (family,), low=1, high=4)


@dataclasses.dataclass(frozen=True)
class Request:
    """How data is to be opened; a door heeds what concerns it.

    The metadata of each field holds `help`, one line with the unit; `families`, the doors that
    heed it (`images`, `pairs`, `unpaired`, `points`, `text`; all where it is empty); and where
    they exist `low` and `high`, the bounds; `choices`, or choices by family; and `flag`: the name
    of the command-line flag where it is another, or None where a command has no flag for it.

    Raises:
        DataError: for a value that is out of bounds or none of the choices.
    """

    image_size: tuple[int, int] = _asked(
        (256, 256), "Size that pictures are resized to: (height, width) in pixels.", PICTURES
    )
    channels: int = _channels("the pictures", "images")
    kind: str = _asked(
        "image",
        "What single pictures are: photographs (image), label maps whose colours are never mixed "
        "(labels), or what the data says (auto).",
        ("images",),
        choices=("image", "labels", "auto"),
        flag=None,
    )
    source_channels: int = _channels("the source", "pairs")
    target_channels: int = _channels("the target", "pairs")
    channels_a: int = _channels("the pictures of A", "unpaired")
    channels_b: int = _channels("the pictures of B", "unpaired")
    direction: str = _asked(
        "AtoB",
        "Which side of a pair is the source: the left half or first folder (AtoB), or the other.",
        ("pairs",),
        choices=("AtoB", "BtoA"),
    )
    side_by_side: bool = _asked(
        False,
        "Cut each picture of --data=DIR into a pair, left and right, although its halves have "
        "another shape than --image_size.",
        ("pairs",),
    )
    labels: str = _asked(
        "auto",
        "Which side is a label map, whose colours are never mixed; auto goes by palette PNGs and "
        "by what a built-in or TFDS set says.",
        ("pairs", "unpaired"),
        choices=LABELS,
    )
    units: str = _asked(
        "words",
        "What a token stands for: words, which blanks separate, or characters.",
        ("text",),
        choices=("words", "characters"),
    )
    lower_case: bool = _asked(True, "Turn text into small letters.", ("text",))
    vocabulary_size: int | None = _asked(
        5000,
        "Tokens in the vocabulary, the four marks included; rarer words become unknown.",
        ("text",),
        low=5,
    )
    max_length: int = _asked(
        32,
        "Length of a row of text in tokens; longer lines are cut, shorter ones get an end mark and "
        "padding.",
        ("text",),
        low=1,
    )
    data_dir: str | pathlib.Path | None = _asked(
        None, "Folder of prepared TensorFlow Datasets; theirs by default.", PICTURES
    )
    download: bool = _asked(
        False, "Let TensorFlow Datasets download and prepare a set that is not there.", PICTURES
    )
    skip_bad: bool = _asked(
        False, "Go on without the files that cannot be used, and count them.", FILES
    )
    max_pixels: int | None = _asked(
        None,
        "Pixels (width times height) of the largest picture that is read; 178,956,970 by default.",
        PICTURES,
        low=1,
    )
    cache: str = _asked(
        "memory",
        "Where decoded pictures are kept: in memory, on disk, or not at all (none; decoded at each "
        "access, folders only).",
        PICTURES,
        choices=("memory", "disk", "none"),
    )
    cache_dir: str | pathlib.Path | None = _asked(
        None, "Folder of --cache=disk; one in the user's cache folder by default.", PICTURES
    )
    val_count: int | None = _asked(
        None,
        "Examples held out for validation where the data has no such split; 5 % by default.",
        FILES,
        low=0,
        flag="validation_count",
    )
    val_share: float = _asked(
        0.05,
        "Share of examples held out for validation, from 0 to 1, where no count is given.",
        FILES,
        flag=None,
    )
    test_count: int | None = _asked(
        None,
        "Examples held out for the scores where the data has no test split; 10 % by default.",
        FILES,
        low=0,
    )
    test_share: float = _asked(
        0.1,
        "Share of examples held out for the scores, from 0 to 1, where no count is given.",
        FILES,
        flag=None,
    )
    # Not the seed of a run: two runs with other seeds shall see the same data.
    seed: int = _asked(0, "Which drawn facades, points or captions.", low=0, flag=None)
    num_examples: int | None = _asked(
        None, "How many facades, points or captions to draw.", low=1, flag=None
    )
    progress: Callable[[int, int], None] | None = _asked(
        None,
        "Called with (examples done, examples in all) while data is read.",
        PICTURES,
        flag=None,
    )

    def __post_init__(self):
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            choices = field.metadata.get("choices")
            if isinstance(choices, tuple):
                self._check_choice(field.name, choices)
            low, high = field.metadata.get("low"), field.metadata.get("high")
            if value is None or low is None:
                continue
            if value < low or (high is not None and value > high):
                bounds = f"at least {low}" if high is None else f"from {low} to {high}"
                raise DataError(f"{field.name}={value}: give {bounds}.")
        if len(self.image_size) != 2 or min(self.image_size) < 1:
            raise DataError(
                f"image_size={self.image_size}: give (height, width), at least 1 pixel each."
            )

    def check_labels(self, family: str):
        """Raises `DataError` if `labels` names no side of what the door `family` opens."""
        self._check_choice("labels", LABELS[family])

    @property
    def hold_out(self) -> HoldOut:
        """What is cut from training where the data has no validation or test split."""
        return HoldOut(self.val_count, self.test_count, self.val_share, self.test_share)

    def _check_choice(self, name, allowed):
        value = getattr(self, name)
        if value not in allowed:
            raise DataError(f"{name}={value}: choose one of {', '.join(allowed)}.")


DEFAULT = Request()
