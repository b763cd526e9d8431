"""Scores an exported generator, or any set of pictures, against real ones.

python -m tfgan_zoo.metrics.score --generated=saved_models/dcgan/1 --real=tfds:mnist \
    --metrics=fid,kid,is,prdc,1nn --num_samples=10000

--generated takes a SavedModel, a TFLite file, a folder of pictures, an .npz file, or whatever
--real takes; two splits of real data against each other give the floor of a score. It prints a
table and a line of JSON that holds the whole protocol.
"""

import dataclasses
import importlib.metadata
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
flags.DEFINE_integer("num_samples", None, "Generated pictures; default as many as real.", 1)
flags.DEFINE_integer("num_real", None, "Real pictures; default all, at most 10,000.", 1)
flags.DEFINE_string(
    "extractor",
    "auto",
    "inception, mnist_cnn, pixels, or the folder of a SavedModel; auto: mnist_cnn for grey "
    "pictures of at most 32x32, inception for others.",
)
flags.DEFINE_string("inception_weights", None, "File of Keras' Inception-v3 weights.")
flags.DEFINE_bool("download", False, "Let Keras and TensorFlow Datasets download what is missing.")
flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
flags.DEFINE_enum("latents", None, ["normal", "uniform"], "Prior of a generator that lacks it.")
flags.DEFINE_integer("image_size", None, "Side of the pictures of a data source in pixels.", 1)
flags.DEFINE_integer("channels", None, "Channels of the pictures of a data source.", 1, 4)
flags.DEFINE_integer("seed", 0, "Of the latents, the choice of real pictures and estimators.", 0)
flags.DEFINE_integer("batch_size", 64, "Pictures in one call of generator and extractor.", 1)
flags.DEFINE_string("output", None, "File that the line of JSON is appended to as well.")
flags.DEFINE_string("cache_dir", None, "Of real statistics; default ~/.cache/tfgan_zoo/scores.")
flags.DEFINE_bool("cache", True, "Keep and use statistics of real pictures.")
flags.DEFINE_integer("is_splits", 10, "Splits of the Inception Score.", 1)
flags.DEFINE_integer("kid_subsets", 100, "Subsets of the kernel distance.", 1)
flags.DEFINE_integer("kid_subset_size", 1000, "Pictures in each of them.", 2)
flags.DEFINE_integer("manifold_k", 3, "Neighbours of precision and recall.", 1)
flags.DEFINE_integer("coverage_k", 5, "Neighbours of density and coverage.", 1)
flags.DEFINE_integer("projections", 1000, "Of the sliced Wasserstein distance.", 1)
flags.DEFINE_integer("ms_ssim_pairs", 1000, "Pairs whose MS-SSIM is averaged.", 2)
flags.DEFINE_integer("max_shift", 1, "Pixels by which a copied picture may be moved.", 0)
flags.DEFINE_integer("border", 0, "Pixels that luma scores cut off.", 0)

LARGEST_DEFAULT = 10_000
PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scipy", "scikit-learn")


def main(argv):
    if len(argv) > 1:
        raise app.UsageError(f"Unexpected argument '{argv[1]}'; every option is a --flag=value.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    if FLAGS.list_metrics:
        from tfgan_zoo.metrics import suite

        print("\n".join(f"{name:14} {metric.summary}" for name, metric in suite.METRICS.items()))
        return
    for name in ("generated", "real"):
        if getattr(FLAGS, name) is None:
            raise app.UsageError(f"--{name} is missing; --help shows what it takes.")
    try:
        report = score()
        line = report.json_line()
        if FLAGS.output:
            with open(FLAGS.output, "a", encoding="utf-8") as file:
                file.write(line + "\n")
    except (ValueError, OSError) as error:  # the library's errors are sentences for the user
        print(f"\nerror: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{report.table()}\n\n{line}")


def score():
    """The `Report` of what the flags ask for."""
    from tfgan_zoo.metrics import extractors, suite
    from tfgan_zoo.metrics.report import Report

    settings = suite.Settings(
        **{field.name: getattr(FLAGS, field.name) for field in dataclasses.fields(suite.Settings)}
    )
    suite.check_names(FLAGS.metrics)
    extractor = None if FLAGS.extractor == "auto" else find_extractor(FLAGS.extractor)
    generated = open_generated(extractor)
    extractor = extractor or find_extractor(automatic(generated.shape))
    real = open_real(FLAGS.real_split, generated)
    if generated.count is None:
        generated.count = FLAGS.num_samples or real.count
    train = None
    if any(suite.METRICS[name].needs_train for name in FLAGS.metrics):
        train = open_real(FLAGS.train_split, generated, limit=None)
    suite.check_request(FLAGS.metrics, extractor, real.count, generated.count, settings)
    extractor.check_shape(real.shape)
    extractor.check_shape(generated.shape)

    needs = suite.needs_of(FLAGS.metrics)
    real_side = collect_kept(real, extractor, needs, "real")
    train_side = train and collect_kept(train, extractor, needs, "training")
    fake_side = suite.collect(generated.read(), extractor, needs, Bar("generated", generated.count))
    scores = suite.compute(
        FLAGS.metrics, real_side, fake_side, extractor.name, settings, train_side
    )
    protocol = {
        "generated": {
            "what": generated.what,
            "sha256": generated.sha256 or fake_side.digest,
            **facts(fake_side),
        },
        "real": {"what": real.what, **real.split, **facts(real_side)},
        "extractor": {
            "name": extractor.name,
            "sha256": extractor.sha256,
            "description": extractor.description,
            "size": "x".join(map(str, extractor.size or real.shape[:2])),
        },
        "resize": extractors.RESIZE,
        "quantisation": "uint8, rounded",
        "settings": dataclasses.asdict(settings),
        "versions": versions(),
    }
    if train is not None:
        protocol["train"] = {"what": train.what, **train.split, **facts(train_side)}
    return Report(protocol, tuple(scores))


def find_extractor(name):
    """The `Extractor` of that name, with the flags that belong to it."""
    from tfgan_zoo.metrics import extractors

    return extractors.find(name, weights=FLAGS.inception_weights, download=FLAGS.download)


def automatic(shape):
    """The extractor that suits pictures of `shape` (height, width, channels)."""
    return "mnist_cnn" if shape[2] == 1 and max(shape[:2]) <= 32 else "inception"


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
        count: how many; None until it is known how many a generator shall draw.
        read: () -> iterable of uint8 `[b, H, W, C]`.
        sha256: of the exported generator that draws them, else None.
        split: `split` and `split_rule`, of real ones.
        source_shape: of the pictures that a generator turns into others, else None.
        sources: () -> iterable of uint8 batches that belong to these pictures, if paired.
    """

    what: str
    shape: tuple
    count: int | None
    read: Callable
    sha256: str | None = None
    split: dict | None = None
    source_shape: tuple | None = None
    sources: Callable | None = None


def open_generated(extractor):
    """`Pictures` of --generated; `extractor` may give a data source its size, None if not known."""
    from tfgan_zoo.metrics import generated

    path = pathlib.Path(FLAGS.generated).expanduser()
    if generated.is_generator(path):
        return open_generator(path)
    if path.suffix == ".npz":
        arrays = generated.load_npz(path)
        return limited(FLAGS.generated, arrays.shape[1:], len(arrays), lambda rows: arrays[rows])
    if path.is_dir():
        examples = open_folder(path)
    else:
        examples = open_examples(FLAGS.generated, FLAGS.generated_split, data_shape(extractor))
    return limited(
        FLAGS.generated,
        examples.fields["images"].shape,
        len(examples),
        lambda rows: examples.fetch(rows)["images"],
    )


def limited(what, shape, total, fetch):
    """The first --num_samples of `total` pictures, or all."""
    count = FLAGS.num_samples or total
    if count > total:
        raise ValueError(f"--num_samples={count}, but {what} holds {total} pictures.")
    return Pictures(what, tuple(shape), count, batched(fetch, np.arange(count)))


def batched(fetch, rows):
    """A function that reads `fetch(rows)` in batches."""

    def read():
        for first in range(0, len(rows), FLAGS.batch_size):
            yield fetch(rows[first : first + FLAGS.batch_size])

    return read


def open_generator(path):
    """`Pictures` that an exported generator draws."""
    from tfgan_zoo.metrics.extractors import hash_of
    from tfgan_zoo.metrics.generated import Generator

    generator = Generator(path, FLAGS.latents)
    if generator.takes_pictures:
        (first,) = generator.translate([np.zeros((1, *generator.source_shape), np.uint8)])
    else:
        (first,) = generator.draw(1, FLAGS.seed)
    pictures = Pictures(FLAGS.generated, first.shape[1:], None, None, sha256=hash_of(path))
    if generator.takes_pictures:
        pictures.source_shape = generator.source_shape
        pictures.read = lambda: generator.translate(pictures.sources())
    else:
        pictures.read = lambda: generator.draw(pictures.count, FLAGS.seed, FLAGS.batch_size)
    return pictures


def open_folder(path):
    """`Examples` of all pictures under a folder, as large as they are; for a generator's output."""
    from tfgan_zoo.data.folders import picture_shapes
    from tfgan_zoo.data.sources import open_images

    shapes = picture_shapes(path)
    if len(set(shapes.values())) > 1:
        sizes = ", ".join(f"{name} {shape}" for name, shape in list(shapes.items())[:2])
        raise ValueError(
            f"The pictures in {path} differ in size or channels ({sizes}, ...): scores compare "
            "pictures of one shape; resize them first, or take them as --real."
        )
    ((height, width, channels),) = set(shapes.values())
    return open_images(
        str(path), "train", image_size=(height, width), channels=channels, val_count=0, test_count=0
    )


def data_shape(extractor):
    """(height, width, channels) that --generated is read with if it is a data source."""
    size, channels = extractor and extractor.size, extractor and extractor.channels
    if FLAGS.image_size:
        size = (FLAGS.image_size, FLAGS.image_size)
    if size is None:
        raise ValueError(
            f"--generated={FLAGS.generated} is a data source: say at which --image_size it is read."
        )
    return (*size, FLAGS.channels or channels or 3)


def open_examples(spec, split, shape):
    """`Examples` of a data source at `shape`; 'all' of a folder takes every picture in it."""
    from tfgan_zoo.data.sources import open_images

    whole = split == "all" and pathlib.Path(spec).expanduser().is_dir()
    return open_images(
        spec,
        "train" if whole else split,
        image_size=shape[:2],
        channels=shape[2],
        data_dir=FLAGS.data_dir,
        download=FLAGS.download,
        **({"val_count": 0, "test_count": 0} if whole else {}),
    )


def open_real(split, generated, limit=LARGEST_DEFAULT):
    """`Pictures` of --real, at the shape of the generated ones.

    Of a pair the target; its sources are then what the generator starts from. A set that is larger
    than --num_real, or `limit`, gives a random part of itself, drawn from --seed.
    """
    if generated.source_shape:
        from tfgan_zoo.data.sources import open_pairs

        if generated.source_shape[:2] != generated.shape[:2]:
            raise ValueError(
                f"{generated.what} draws {generated.shape} from {generated.source_shape}: pairs of "
                "different sizes cannot be scored."
            )
        examples = open_pairs(
            FLAGS.real,
            split,
            image_size=generated.shape[:2],
            source_channels=generated.source_shape[2],
            target_channels=generated.shape[2],
            data_dir=FLAGS.data_dir,
            download=FLAGS.download,
        )
        field = "target"
    else:
        examples, field = open_examples(FLAGS.real, split, generated.shape), "images"
    total = len(examples)
    asked = FLAGS.num_real if split == FLAGS.real_split else None
    if asked and asked > total:
        raise ValueError(f"--num_real={asked}, but the split {split} of {FLAGS.real} has {total}.")
    count = asked or min(total, limit or total)
    if generated.source_shape and FLAGS.num_samples and split == FLAGS.real_split:
        count = min(count, FLAGS.num_samples)
    rows = np.arange(total)
    if count < total:
        rows = np.sort(np.random.default_rng(FLAGS.seed).choice(total, count, replace=False))
    real = Pictures(
        FLAGS.real,
        examples.fields[field].shape,
        count,
        batched(lambda chosen: examples.fetch(chosen)[field], rows),
        split={"split": split, "split_rule": examples.info["split_rule"]},
    )
    if generated.source_shape and split == FLAGS.real_split:
        generated.sources = batched(lambda chosen: examples.fetch(chosen)["source"], rows)
        if (FLAGS.num_samples or count) > count:
            raise ValueError(
                f"--num_samples={FLAGS.num_samples}, but there are {count} pictures to start from."
            )
    return real


def collect_kept(pictures, extractor, needs, label):
    """The `suite.Side` of real pictures: from the statistics of an earlier score, if the pictures
    and everything else are the same, else from a pass.
    """
    from tfgan_zoo.metrics import extractors, suite
    from tfgan_zoo.metrics.statistics_cache import StatisticsCache

    bar = Bar(label, pictures.count)
    if not FLAGS.cache or not needs - {"pictures"}:
        return suite.collect(pictures.read(), extractor, needs, bar)
    side = suite.collect(pictures.read(), extractor, needs & {"pictures"})
    key = {
        "pictures": side.digest,
        "what": pictures.what,
        **pictures.split,
        "count": side.count,
        "extractor": [extractor.name, extractor.sha256, extractor.size],
        "resize": extractors.RESIZE,
        "versions": {name: importlib.metadata.version(name) for name in PACKAGES},
    }
    folder = FLAGS.cache_dir or pathlib.Path.home() / ".cache" / "tfgan_zoo" / "scores"
    cache = StatisticsCache(folder)
    if cache.load(key, side, needs):
        return side
    side = suite.collect(pictures.read(), extractor, needs, bar)
    try:
        cache.store(key, side)
    except OSError as error:
        logging.warning("The statistics are not kept in %s: %s.", folder, error)
    return side


class Bar:
    """How far a pass is, its rate and the time left, on one line of a terminal."""

    def __init__(self, label, total):
        self.label, self.total = label, total
        self.began = time.monotonic()

    def __call__(self, done):
        if not sys.stderr.isatty():
            return
        rate = done / max(time.monotonic() - self.began, 1e-9)
        left = (self.total - done) / rate
        end = "" if done < self.total else "\r\x1b[2K"
        sys.stderr.write(
            f"\r\x1b[2K{self.label}: {done:,}/{self.total:,} pictures, {rate:,.0f} a second, "
            f"{left:.0f} s left{end}"
        )
        sys.stderr.flush()


if __name__ == "__main__":
    app.run(main)
