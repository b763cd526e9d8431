"""The sets of pictures that are scored: generated ones, real ones and those trained on.

They come from exported generators, folders, files and data sources, and are read in batches.
"""

import dataclasses
import pathlib
from collections.abc import Callable

import numpy as np

from tfgan_zoo.metrics.metric import Seeded

LARGEST_DEFAULT = 10_000
BUILT_IN = ("facades", "digits", "people")


def option(default, help, lower=None, upper=None, choices=None):
    """A field of `Options`, which is a flag of the scoring command too.

    Args:
        default: its value if nothing is said.
        help: a phrase that a stranger understands, with the unit.
        lower, upper: bounds of a number, both allowed; None bounds nothing.
        choices: the words that it may be.
    """
    bounds = {"lower": lower, "upper": upper, "choices": choices}
    return dataclasses.field(default=default, metadata={"help": help, **bounds})


@dataclasses.dataclass(frozen=True, kw_only=True)
class Options(Seeded):
    """Which pictures are scored against which; each is a flag of the scoring command."""

    generated: str | None = option(None, "SavedModel, .tflite, folder, .npz or a data source.")
    real: str | None = option(None, "Data source: facades, digits, people, tfds:NAME, or a folder.")
    real_split: str = option("test", "Split of --real; 'all' takes a whole folder.")
    generated_split: str = option("train", "Split of --generated, if it is a data source.")
    train_split: str = option("train", "Split that the generator was trained on.")
    num_samples: int | None = option(
        None,
        "Generated pictures; default as many as real, of a folder, a file or a data source all.",
        1,
    )
    num_real: int | None = option(None, "Real pictures; default all, at most 10,000.", 1)
    download: bool = option(False, "Let Keras and TensorFlow Datasets download what is missing.")
    skip_bad: bool = option(False, "Go on without the picture files that cannot be used.")
    data_dir: str | None = option(None, "Folder of prepared TensorFlow Datasets; default theirs.")
    latents: str | None = option(
        None,
        "Prior, of a generator that does not say its own.",
        choices=("normal", "uniform"),
    )
    image_size: int | None = option(
        None, "Side in pixels at which a data source is read, or a translator works.", 1
    )
    channels: int | None = option(None, "Channels of a data source given as --generated.", 1, 4)
    batch_size: int = option(64, "Pictures in one call of generator and extractor.", 1)


@dataclasses.dataclass
class Pictures:
    """A set of pictures that can be read in batches.

    Attributes:
        what: as the user named it.
        shape: (height, width, channels).
        read: () -> iterable of uint8 `[b, H, W, C]`.
        count: how many; None until it is known how many a generator shall draw.
        total: how many they were chosen from; None for a generator.
        names: of the files in a folder, else None.
        sha256: of the exported generator that draws them, else None.
        facts: what the protocol says of them beside this: the split, the latents.
        source_shape: of the pictures that a generator turns into others, else None.
        sources: () -> iterable of uint8 batches that a generator turns into these.
    """

    what: str
    shape: tuple
    read: Callable
    count: int | None = None
    total: int | None = None
    names: list | None = None
    sha256: str | None = None
    facts: dict = dataclasses.field(default_factory=dict)
    source_shape: tuple | None = None
    sources: Callable | None = None


def open_generated(options, extractor):
    """`Pictures` of --generated; `extractor` may give a data source its size, None if not known."""
    from tfgan_zoo.metrics import generated

    spec = options.generated
    path = pathlib.Path(spec).expanduser()
    if generated.is_generator(path):
        return open_generator(options, path)
    if options.latents:
        raise ValueError(f"--generated={spec} is no generator: leave out --latents.")
    if path.suffix.lower() == ".npz":
        images = generated.load_npz(path)
        rows = some(options, "num_samples", spec, len(images))
        read = batched(options, lambda batch: images[batch], rows)
        return Pictures(spec, images.shape[1:], read, count=len(rows), total=len(images))
    if path.is_dir():
        split, examples = "all", open_folder(options, path)
    elif spec in BUILT_IN or spec.startswith("tfds:"):
        split = options.generated_split
        examples = open_examples(options, spec, split, data_shape(options, extractor))
    else:
        raise ValueError(
            f"--generated={spec} is none of these: a folder of a SavedModel or of pictures, a "
            f".tflite or .npz file, {', '.join(BUILT_IN)} or tfds:NAME."
        )
    rows = some(options, "num_samples", f"{spec}, split {split},", len(examples))
    return part_of(options, spec, split, examples, "images", rows)


def some(options, flag, what, total, limit=None):
    """Rows of a set of `total`: as many as the flag says, else all or `limit`. Where that is not
    all, they are drawn from --seed: the first ones of a sorted set are all of one class.
    """
    count = getattr(options, flag) or min(total, limit or total)
    if count > total:
        raise ValueError(f"--{flag}={count}, but {what} holds {total} pictures.")
    if count == total:
        return np.arange(total)
    return np.sort(np.random.default_rng(options.seed).choice(total, count, replace=False))


def batched(options, fetch, rows):
    """A function that reads `fetch(rows)` in batches."""

    def read():
        for first in range(0, len(rows), options.batch_size):
            yield fetch(rows[first : first + options.batch_size])

    return read


def part_of(options, what, split, examples, field, rows):
    """`Pictures` in these rows of a field of the `Examples` of a split."""
    rule = "every picture in it" if split == "all" else examples.info["split_rule"]
    if examples.info.get("skipped"):
        rule += f"; {examples.info['skipped']} file(s) skipped"
    return Pictures(
        what,
        examples.fields[field].shape,
        batched(options, lambda batch: examples.fetch(batch)[field], rows),
        count=len(rows),
        total=len(examples),
        names=[examples.names[row] for row in rows]
        if pathlib.Path(what).expanduser().is_dir()
        else None,
        facts={"split": split, "split_rule": rule},
    )


def open_generator(options, path):
    """`Pictures` that an exported generator draws."""
    from tfgan_zoo.metrics.extractors import hash_of
    from tfgan_zoo.metrics.generated import Generator

    generator = Generator(path, options.latents)
    sha256 = hash_of(generator.path)
    if generator.takes_pictures:
        source_shape = translated_shape(options, generator)
        (first,) = generator.translate([np.zeros((1, *source_shape), np.uint8)])
        pictures = Pictures(options.generated, first.shape[1:], None, sha256=sha256)
        pictures.source_shape = source_shape
        pictures.read = lambda: generator.translate(pictures.sources())
        return pictures
    if options.image_size:
        raise ValueError(
            f"{options.generated} draws pictures of its own size, in which the real ones are read: "
            "leave out --image_size."
        )
    (first,) = generator.draw(1, options.seed)
    pictures = Pictures(options.generated, first.shape[1:], None, sha256=sha256)
    pictures.facts = {"latents": generator.prior}
    pictures.read = lambda: generator.draw(pictures.count, options.seed, options.batch_size)
    return pictures


def translated_shape(options, generator):
    """(height, width, channels) of the pictures that a translator shall start from."""
    height, width, channels = generator.source_shape
    size = options.image_size
    if not (size or height and width):
        raise ValueError(
            f"{options.generated} takes pictures of any size: say by --image_size at which to "
            "score."
        )
    if size and (height or size, width or size) != (size, size):
        raise ValueError(
            f"--image_size={size}, but {options.generated} takes pictures of {height}x{width}."
        )
    return height or size, width or size, channels


def open_folder(options, path):
    """`Examples` of all pictures under a folder, as large as they are; for a generator's output."""
    from tfgan_zoo.data.folders import picture_shapes

    shapes = picture_shapes(path)
    examples_of = {shape: name for name, shape in shapes.items()}
    if len(examples_of) > 1:
        (one, first), (other, second) = list(examples_of.items())[:2]
        raise ValueError(
            f"The pictures in {path} differ in size or channels ({first} is {_size(one)} and "
            f"{second} {_size(other)}): scores compare pictures of one shape; resize them first."
        )
    examples = open_examples(options, str(path), "all", next(iter(examples_of)))
    if len(examples) < len(shapes):
        raise ValueError(
            f"Of the {len(shapes)} pictures under {path} only {len(examples)} lie where they are "
            "read: put them into one folder without folders in it, or into one folder a class."
        )
    return examples


def _size(shape):
    return "x".join(map(str, shape))


def data_shape(options, extractor):
    """(height, width, channels) that --generated is read with if it is a data source."""
    size, channels = extractor and extractor.size, extractor and extractor.channels
    if options.image_size:
        size = (options.image_size, options.image_size)
    if size is None:
        raise ValueError(
            f"--generated={options.generated} is a data source: say at which --image_size, and "
            "with how many --channels, it is read, or name the --extractor that decides it."
        )
    return (*size, options.channels or channels or 3)


def open_examples(options, spec, split, shape):
    """`Examples` of a data source at `shape`; 'all' of a folder takes every picture in it."""
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images

    whole = split == "all" and pathlib.Path(spec).expanduser().is_dir()
    if whole:
        check_no_splits(spec)
    request = Request(
        image_size=shape[:2],
        channels=shape[2],
        **asked(options),
        **({"val_count": 0, "test_count": 0} if whole else {}),
    )
    return open_images(spec, "train" if whole else split, request)


def asked(options):
    """What the flags ask of the data room."""
    return {
        "data_dir": options.data_dir,
        "download": options.download,
        "skip_bad": options.skip_bad,
    }


def check_no_splits(spec):
    """Raises ValueError if a folder that shall be taken as a whole holds folders of splits."""
    from tfgan_zoo.data import folders, splits

    listing = folders.list_images(pathlib.Path(spec).expanduser(), splits.HoldOut(0, 0))
    found = [name for name, records in listing.splits.items() if records]
    if found != ["train"]:
        raise ValueError(
            f"{spec} holds the split folders {', '.join(found)}: name one of them instead of the "
            "whole."
        )


def open_split(options, split, generated):
    """(`Examples` of a split of --real at the shape of the generated pictures, the field that holds
    the real ones); of pairs that is the target.
    """
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_pairs

    shape, source = generated.shape, generated.source_shape
    if not source:
        spec = options.real
        folder = pathlib.Path(spec).expanduser().is_dir()
        if spec not in BUILT_IN and not spec.startswith("tfds:") and not folder:
            raise ValueError(
                f"--real={spec} is no folder that exists, and none of {', '.join(BUILT_IN)} and "
                "tfds:NAME."
            )
        return open_examples(options, spec, split, shape), "images"
    if source[:2] != shape[:2]:
        raise ValueError(
            f"{generated.what} draws {_size(shape)} from {_size(source)}: pairs of different sizes "
            "cannot be scored."
        )
    request = Request(
        image_size=shape[:2],
        source_channels=source[2],
        target_channels=shape[2],
        **asked(options),
    )
    return open_pairs(options.real, split, request), "target"


def open_real(options, generated):
    """`Pictures` of --real; of a large set a part. A generator that takes pictures gets its own."""
    examples, field = open_split(options, options.real_split, generated)
    flag = "num_real"
    if generated.source_shape and options.num_samples:
        flag = "num_samples"
        if options.num_real not in (None, options.num_samples):
            raise ValueError(
                f"{generated.what} draws one picture from each real pair: --num_real="
                f"{options.num_real} and --num_samples={options.num_samples} cannot both be."
            )
    what = f"{options.real}, split {options.real_split},"
    rows = some(options, flag, what, len(examples), LARGEST_DEFAULT)
    if generated.source_shape:
        generated.sources = batched(options, lambda batch: examples.fetch(batch)["source"], rows)
    return part_of(options, options.real, options.real_split, examples, field, rows)


def open_train(options, generated):
    """`Pictures` that the generator was trained on, all of them."""
    split = options.train_split
    if split == options.real_split:
        raise ValueError(
            f"--train_split and --real_split are both {split}: the metrics memorisation and parzen "
            "need training pictures and held-out ones."
        )
    examples, field = open_split(options, split, generated)
    return part_of(options, options.real, split, examples, field, np.arange(len(examples)))


def check_pairs(name, generated, real):
    """Raises ValueError unless generated picture i belongs to real picture i."""
    if generated.source_shape:
        return
    problem = None
    if generated.total is None:
        problem = f"{generated.what} draws its pictures at random"
    elif (generated.total, generated.count) != (real.total, real.count):
        problem = (
            f"{generated.count} of the {generated.total} pictures of {generated.what} meet "
            f"{real.count} of the {real.total} of {real.what}"
        )
    elif generated.names and real.names:
        pairs = zip(generated.names, real.names, strict=True)
        problem = next((f"{one} would meet {other}" for one, other in pairs if one != other), None)
    if problem:
        raise ValueError(
            f"The metric {name} compares each generated picture with its true one, and {problem}: "
            "leave it out, or give two sets whose pictures belong together."
        )
