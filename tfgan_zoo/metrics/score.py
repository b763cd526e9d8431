"""Scores an exported generator, or any set of pictures, against real ones.

python -m tfgan_zoo.metrics.score --generated=saved_models/dcgan/1 --real=tfds:mnist \
    --metrics=fid,kid,is,prdc,1nn --num_samples=10000

--generated takes a SavedModel, a TFLite file, a folder of pictures, an .npz file, or whatever
--real takes; two splits of real data against each other give the floor of a score. It prints a
table and a line of JSON that holds the whole protocol.
"""

import contextlib
import dataclasses
import importlib.metadata
import math
import os
import pathlib
import sys
import time
from collections.abc import Callable

import numpy as np
from absl import app, flags, logging

FLAGS = flags.FLAGS
flags.DEFINE_string("generated", None, "SavedModel, .tflite, folder, .npz or a data source.")
flags.DEFINE_string("real", None, "Data source: facades, digits, tfds:NAME, or a folder.")
flags.DEFINE_list("metrics", ["fid", "kid", "prdc"], "Any of those that --list_metrics names.")
flags.DEFINE_bool("list_metrics", False, "Name the metrics and what each is, and end.")
flags.DEFINE_string("real_split", "test", "Split of --real; 'all' takes a whole folder.")
flags.DEFINE_string("generated_split", "train", "Split of --generated, if it is a data source.")
flags.DEFINE_string("train_split", "train", "Split that the generator was trained on.")
flags.DEFINE_integer(
    "num_samples",
    None,
    "Generated pictures; default as many as real, of a folder, a file or a data source all.",
    1,
)
flags.DEFINE_integer("num_real", None, "Real pictures; default all, at most 10,000.", 1)
flags.DEFINE_string(
    "extractor",
    "auto",
    "inception, mnist_cnn, pixels, or the folder of a SavedModel; auto: mnist_cnn for grey "
    "pictures of at most 32x32, inception for others.",
)
flags.DEFINE_string("inception_weights", None, "File of Keras' Inception-v3 weights.")
flags.DEFINE_bool("download", False, "Let Keras and TensorFlow Datasets download what is missing.")
flags.DEFINE_bool("skip_bad", False, "Go on without the picture files that cannot be used.")
flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
flags.DEFINE_enum(
    "latents", None, ["normal", "uniform"], "Prior, of a generator that does not say its own."
)
flags.DEFINE_integer(
    "image_size", None, "Side in pixels at which a data source is read, or a translator works.", 1
)
flags.DEFINE_integer("channels", None, "Channels of a data source given as --generated.", 1, 4)
flags.DEFINE_integer(
    "seed",
    0,
    "Of the latents, of the choice where only some pictures are taken, and of estimators.",
    0,
    2**31 - 1,
)
flags.DEFINE_integer("batch_size", 64, "Pictures in one call of generator and extractor.", 1)
flags.DEFINE_string("output", None, "File that the line of JSON is appended to as well.")
flags.DEFINE_string("cache_dir", None, "Of real statistics; default ~/.cache/tfgan_zoo/scores.")
flags.DEFINE_bool("cache", True, "Keep and use statistics of real pictures.")
flags.DEFINE_integer("is_splits", 10, "Splits of the Inception Score.", 1)
flags.DEFINE_integer("kid_subsets", 100, "Subsets of the kernel distance.", 1)
flags.DEFINE_integer("kid_subset_size", 1000, "Pictures in each of them.", 2)
flags.DEFINE_integer("manifold_k", 3, "Neighbours of precision and recall.", 1)
flags.DEFINE_integer("coverage_k", 5, "Neighbours of density and coverage.", 1)
flags.DEFINE_integer("projections", 1000, "Directions of the sliced Wasserstein distance.", 1)
flags.DEFINE_integer("ms_ssim_pairs", 1000, "Pairs whose MS-SSIM is averaged.", 2)
flags.DEFINE_integer("max_shift", 1, "Pixels by which a copied picture may be moved.", 0)
flags.DEFINE_integer("border", 0, "Pixels that luma scores cut off.", 0)

LARGEST_DEFAULT = 10_000
BUILT_IN = ("facades", "digits")
PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scipy", "scikit-learn")


def main(argv):
    if len(argv) > 1:
        raise app.UsageError(f"Unexpected argument '{argv[1]}'; every option is a --flag=value.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    sys.stdout.reconfigure(errors="backslashreplace")  # names and e-acute on a terminal of ASCII
    sys.stderr.reconfigure(errors="backslashreplace")
    if FLAGS.list_metrics:
        from tfgan_zoo.metrics import suite

        print("\n".join(f"{name:14} {metric.summary}" for name, metric in suite.METRICS.items()))
        return
    for name in ("generated", "real"):
        if not getattr(FLAGS, name):
            raise app.UsageError(f"--{name} is missing; --help shows what it takes.")
    try:
        if FLAGS.output:
            append(FLAGS.output, "")  # better now than after an hour
        with contextlib.redirect_stdout(sys.stderr):  # what TFDS says while it prepares a set
            report = score()
        line = report.json_line()
        print(f"{report.table()}\n\n{line}")
        if FLAGS.output:
            append(FLAGS.output, line + "\n")
    except (ValueError, OSError, MemoryError) as error:  # the library's errors are sentences
        if isinstance(error, MemoryError):
            error = f"the memory does not suffice; take fewer pictures or metrics ({error})"
        status("")
        print(f"\nerror: {error}", file=sys.stderr)
        sys.exit(2)


def append(path, text):
    """Adds text to a file."""
    try:
        with open(pathlib.Path(path).expanduser(), "a", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise ValueError(f"--output={path} cannot be written: {error.strerror}.") from error


def score():
    """The `Report` of what the flags ask for."""
    from tfgan_zoo.metrics import extractors, suite
    from tfgan_zoo.metrics.report import Report

    settings = suite.Settings(
        **{field.name: getattr(FLAGS, field.name) for field in dataclasses.fields(suite.Settings)}
    )
    names = list(dict.fromkeys(FLAGS.metrics))
    suite.check_names(names)
    needs = suite.needs_of(names)
    extractor = None
    if FLAGS.extractor != "auto":
        extractor = find_extractor(FLAGS.extractor)
    elif needs == {"pictures"}:
        extractor = extractors.pixels()  # stands in the protocol; nothing asks it
    suite.check_names(names, extractor)
    generated = open_generated(extractor)
    extractor = extractor or find_extractor(extractors.automatic(generated.shape))
    extractor.check_shape(generated.shape)
    real = open_real(generated)
    if generated.count is None:
        generated.count = FLAGS.num_samples or real.count
    train = None
    if any(suite.METRICS[name].needs_train for name in names):
        train = open_train(generated)
    suite.check_request(names, extractor, real.count, generated.count, settings, generated.shape)
    for name in names:
        if suite.METRICS[name].paired:
            check_pairs(name, generated, real)

    real_side = collect_kept(real, extractor, needs, "real")
    train_side = train and collect_kept(train, extractor, needs, "training")
    fake_side = suite.collect(generated.read(), extractor, needs, Bar("generated", generated.count))
    if fake_side.digest == real_side.digest:
        raise ValueError(
            f"The generated pictures are the real ones, byte for byte ({generated.what} and "
            f"{real.what}): compare two different sets, or two splits of one."
        )
    scores = []
    for name in names:
        status(f"computing {name}")
        scores += suite.compute([name], real_side, fake_side, extractor.name, settings, train_side)
    status("")
    protocol = {
        "generated": {
            "what": generated.what,
            "sha256": generated.sha256 or fake_side.digest,
            **generated.facts,
            **facts(fake_side),
        },
        "real": {"what": real.what, **real.facts, **facts(real_side)},
        "extractor": {
            "name": extractor.name,
            "sha256": extractor.sha256,
            "description": extractor.description,
            "size": "x".join(map(str, extractor.size or real.shape[:2])),
        },
        "resize": extractors.RESIZE,
        "quantisation": "uint8, rounded; real pictures in the generated shape",
        "settings": dataclasses.asdict(settings),
        "versions": versions(),
    }
    if train is not None:
        protocol["train"] = {"what": train.what, **train.facts, **facts(train_side)}
    return Report(protocol, tuple(scores))


def find_extractor(name):
    """The `Extractor` of that name, with the flags that belong to it."""
    from tfgan_zoo.metrics import extractors

    return extractors.find(name, weights=FLAGS.inception_weights, download=FLAGS.download)


def facts(side):
    """What the protocol says of the pictures of a `suite.Side`."""
    return {"pictures": side.digest, "count": side.count, "shape": list(side.shape)}


def versions():
    """Of the packages that numbers depend on, and the commit."""
    from tfgan_zoo.training.run_directory import commit

    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {**found, "commit": commit(pathlib.Path(__file__).resolve().parents[2])}


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


def open_generated(extractor):
    """`Pictures` of --generated; `extractor` may give a data source its size, None if not known."""
    from tfgan_zoo.metrics import generated

    spec = FLAGS.generated
    path = pathlib.Path(spec).expanduser()
    if generated.is_generator(path):
        return open_generator(path)
    if FLAGS.latents:
        raise ValueError(f"--generated={spec} is no generator: leave out --latents.")
    if path.suffix.lower() == ".npz":
        images = generated.load_npz(path)
        rows = some("num_samples", spec, len(images))
        read = batched(lambda batch: images[batch], rows)
        return Pictures(spec, images.shape[1:], read, count=len(rows), total=len(images))
    if path.is_dir():
        split, examples = "all", open_folder(path)
    elif spec in BUILT_IN or spec.startswith("tfds:"):
        split = FLAGS.generated_split
        examples = open_examples(spec, split, data_shape(extractor))
    else:
        raise ValueError(
            f"--generated={spec} is none of these: a folder of a SavedModel or of pictures, a "
            f".tflite or .npz file, {', '.join(BUILT_IN)} or tfds:NAME."
        )
    rows = some("num_samples", f"{spec}, split {split},", len(examples))
    return part_of(spec, split, examples, "images", rows)


def some(flag, what, total, limit=None):
    """Rows of a set of `total`: as many as the flag says, else all or `limit`. Where that is not
    all, they are drawn from --seed: the first ones of a sorted set are all of one class.
    """
    count = getattr(FLAGS, flag) or min(total, limit or total)
    if count > total:
        raise ValueError(f"--{flag}={count}, but {what} holds {total} pictures.")
    if count == total:
        return np.arange(total)
    return np.sort(np.random.default_rng(FLAGS.seed).choice(total, count, replace=False))


def batched(fetch, rows):
    """A function that reads `fetch(rows)` in batches."""

    def read():
        for first in range(0, len(rows), FLAGS.batch_size):
            yield fetch(rows[first : first + FLAGS.batch_size])

    return read


def part_of(what, split, examples, field, rows):
    """`Pictures` in these rows of a field of the `Examples` of a split."""
    rule = "every picture in it" if split == "all" else examples.info["split_rule"]
    if examples.info.get("skipped"):
        rule += f"; {examples.info['skipped']} file(s) skipped"
    return Pictures(
        what,
        examples.fields[field].shape,
        batched(lambda batch: examples.fetch(batch)[field], rows),
        count=len(rows),
        total=len(examples),
        names=[examples.names[row] for row in rows]
        if pathlib.Path(what).expanduser().is_dir()
        else None,
        facts={"split": split, "split_rule": rule},
    )


def open_generator(path):
    """`Pictures` that an exported generator draws."""
    from tfgan_zoo.metrics.extractors import hash_of
    from tfgan_zoo.metrics.generated import Generator

    generator = Generator(path, FLAGS.latents)
    sha256 = hash_of(generator.path)
    if generator.takes_pictures:
        source_shape = translated_shape(generator)
        (first,) = generator.translate([np.zeros((1, *source_shape), np.uint8)])
        pictures = Pictures(FLAGS.generated, first.shape[1:], None, sha256=sha256)
        pictures.source_shape = source_shape
        pictures.read = lambda: generator.translate(pictures.sources())
        return pictures
    if FLAGS.image_size:
        raise ValueError(
            f"{FLAGS.generated} draws pictures of its own size, in which the real ones are read: "
            "leave out --image_size."
        )
    (first,) = generator.draw(1, FLAGS.seed)
    pictures = Pictures(FLAGS.generated, first.shape[1:], None, sha256=sha256)
    pictures.facts = {"latents": generator.prior}
    pictures.read = lambda: generator.draw(pictures.count, FLAGS.seed, FLAGS.batch_size)
    return pictures


def translated_shape(generator):
    """(height, width, channels) of the pictures that a translator shall start from."""
    height, width, channels = generator.source_shape
    size = FLAGS.image_size
    if not (size or height and width):
        raise ValueError(
            f"{FLAGS.generated} takes pictures of any size: say by --image_size at which to score."
        )
    if size and (height or size, width or size) != (size, size):
        raise ValueError(
            f"--image_size={size}, but {FLAGS.generated} takes pictures of {height}x{width}."
        )
    return height or size, width or size, channels


def open_folder(path):
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
    examples = open_examples(str(path), "all", next(iter(examples_of)))
    if len(examples) < len(shapes):
        raise ValueError(
            f"Of the {len(shapes)} pictures under {path} only {len(examples)} lie where they are "
            "read: put them into one folder without folders in it, or into one folder a class."
        )
    return examples


def _size(shape):
    return "x".join(map(str, shape))


def data_shape(extractor):
    """(height, width, channels) that --generated is read with if it is a data source."""
    size, channels = extractor and extractor.size, extractor and extractor.channels
    if FLAGS.image_size:
        size = (FLAGS.image_size, FLAGS.image_size)
    if size is None:
        raise ValueError(
            f"--generated={FLAGS.generated} is a data source: say at which --image_size, and with "
            "how many --channels, it is read, or name the --extractor that decides it."
        )
    return (*size, FLAGS.channels or channels or 3)


def open_examples(spec, split, shape):
    """`Examples` of a data source at `shape`; 'all' of a folder takes every picture in it."""
    from tfgan_zoo.data.sources import open_images

    whole = split == "all" and pathlib.Path(spec).expanduser().is_dir()
    if whole:
        check_no_splits(spec)
    return open_images(
        spec,
        "train" if whole else split,
        image_size=shape[:2],
        channels=shape[2],
        data_dir=FLAGS.data_dir,
        download=FLAGS.download,
        skip_bad=FLAGS.skip_bad,
        **({"val_count": 0, "test_count": 0} if whole else {}),
    )


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


def open_split(split, generated):
    """(`Examples` of a split of --real at the shape of the generated pictures, the field that holds
    the real ones); of pairs that is the target.
    """
    from tfgan_zoo.data.sources import open_pairs

    shape, source = generated.shape, generated.source_shape
    if not source:
        spec = FLAGS.real
        folder = pathlib.Path(spec).expanduser().is_dir()
        if spec not in BUILT_IN and not spec.startswith("tfds:") and not folder:
            raise ValueError(
                f"--real={spec} is no folder that exists, and none of {', '.join(BUILT_IN)} and "
                "tfds:NAME."
            )
        return open_examples(spec, split, shape), "images"
    if source[:2] != shape[:2]:
        raise ValueError(
            f"{generated.what} draws {_size(shape)} from {_size(source)}: pairs of different sizes "
            "cannot be scored."
        )
    examples = open_pairs(
        FLAGS.real,
        split,
        image_size=shape[:2],
        source_channels=source[2],
        target_channels=shape[2],
        data_dir=FLAGS.data_dir,
        download=FLAGS.download,
        skip_bad=FLAGS.skip_bad,
    )
    return examples, "target"


def open_real(generated):
    """`Pictures` of --real; of a large set a part. A generator that takes pictures gets its own."""
    examples, field = open_split(FLAGS.real_split, generated)
    flag = "num_real"
    if generated.source_shape and FLAGS.num_samples:
        flag = "num_samples"
        if FLAGS.num_real not in (None, FLAGS.num_samples):
            raise ValueError(
                f"{generated.what} draws one picture from each real pair: --num_real="
                f"{FLAGS.num_real} and --num_samples={FLAGS.num_samples} cannot both be."
            )
    what = f"{FLAGS.real}, split {FLAGS.real_split},"
    rows = some(flag, what, len(examples), LARGEST_DEFAULT)
    if generated.source_shape:
        generated.sources = batched(lambda batch: examples.fetch(batch)["source"], rows)
    return part_of(FLAGS.real, FLAGS.real_split, examples, field, rows)


def open_train(generated):
    """`Pictures` that the generator was trained on, all of them."""
    split = FLAGS.train_split
    if split == FLAGS.real_split:
        raise ValueError(
            f"--train_split and --real_split are both {split}: the metrics memorisation and parzen "
            "need training pictures and held-out ones."
        )
    examples, field = open_split(split, generated)
    return part_of(FLAGS.real, split, examples, field, np.arange(len(examples)))


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


def collect_kept(pictures, extractor, needs, label):
    """The `suite.Side` of real pictures: from the statistics of an earlier score, if the pictures
    and everything else are the same, else from a pass.
    """
    from tfgan_zoo.metrics import extractors, suite
    from tfgan_zoo.metrics.statistics_cache import StatisticsCache

    bar = Bar(label, pictures.count)
    kept = needs - {"pictures"}
    if not FLAGS.cache or not kept:
        return suite.collect(pictures.read(), extractor, needs, bar)
    side = suite.collect(pictures.read(), extractor, needs & {"pictures"})
    key = {
        "pictures": side.digest,
        "what": pictures.what,
        **pictures.facts,
        "count": side.count,
        "extractor": [extractor.name, extractor.sha256, extractor.size],
        "resize": extractors.RESIZE,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    folder = FLAGS.cache_dir or pathlib.Path.home() / ".cache" / "tfgan_zoo" / "scores"
    cache = StatisticsCache(pathlib.Path(folder).expanduser())
    if cache.load(key, side, kept):
        return side
    found = suite.collect(pictures.read(), extractor, kept, bar)
    found.pictures = side.pictures
    try:
        cache.store(key, found, kept)
    except OSError as error:
        logging.warning("The statistics are not kept in %s: %s.", folder, error)
    return found


class Bar:
    """How far a pass is, its rate and the time left, on one line of a terminal."""

    def __init__(self, label, total):
        self.label, self.total = label, total
        self.began, self.shown = time.monotonic(), -math.inf

    def __call__(self, done):
        now = time.monotonic()
        if now < self.shown + 0.1 and done < self.total:  # a terminal may be slow
            return
        self.shown = now
        rate = done / max(now - self.began, 1e-9)
        bar = ("#" * (20 * done // self.total)).ljust(20, ".")
        status(
            f"{self.label:9} [{bar}] {done:,}/{self.total:,} pictures, {rate:,.0f} a second, "
            f"{(self.total - done) / rate:.0f} s left"
        )


def status(text):
    """Shows a line on a terminal in place of the last one, and nothing elsewhere."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[2K{text}")
        sys.stderr.flush()


if __name__ == "__main__":
    app.run(main)
