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

from absl import flags, logging

from tfgan_zoo import backend, command
from tfgan_zoo.command import UsageError
from tfgan_zoo.data.places import home
from tfgan_zoo.evaluate import sets
from tfgan_zoo.metrics import extractors, suite
from tfgan_zoo.metrics.report import Report
from tfgan_zoo.metrics.statistics_cache import StatisticsCache

FLAGS = flags.FLAGS
flags.DEFINE_list("metrics", ["fid", "kid", "prdc"], "Any of those that --list_metrics names.")
flags.DEFINE_bool("list_metrics", False, "Name the metrics and what each is, and end.")
flags.DEFINE_string(
    "extractor",
    "auto",
    "inception, mnist_cnn, pixels, or the folder of a SavedModel; auto: mnist_cnn for grey "
    "pictures of at most 32x32, inception for others.",
)
flags.DEFINE_string("inception_weights", None, "File of Keras' Inception-v3 weights.")
flags.DEFINE_string("output", None, "File that the line of JSON is appended to as well.")
flags.DEFINE_bool(
    "write_card",
    False,
    "Put the scores, with their protocol, into the card of the export that --generated names.",
)
flags.DEFINE_string("remark", None, "A sentence on the scores for that card.")
flags.DEFINE_string("cache_dir", None, "Of real statistics; default ~/.cache/tfgan_zoo/scores.")
flags.DEFINE_bool("cache", True, "Keep and use statistics of real pictures.")


def define_flags(fields):
    """Defines the flag of each dataclass field, by its name, type, default and help."""
    for field in fields:
        name, default, metadata = field.name, field.default, field.metadata
        if field.type is bool:
            flags.DEFINE_bool(name, default, metadata["help"])
        elif field.type in (int, int | None):
            bounds = metadata["lower"], metadata["upper"]
            flags.DEFINE_integer(name, default, metadata["help"], *bounds)
        elif metadata["choices"]:
            flags.DEFINE_enum(name, default, metadata["choices"], metadata["help"])
        else:
            flags.DEFINE_string(name, default, metadata["help"])


def given(settings):
    """An instance of the dataclass `settings` with the values of its flags."""
    return settings(
        **{field.name: FLAGS[field.name].value for field in dataclasses.fields(settings)}
    )


FIELDS = [*dataclasses.fields(sets.Options), *dataclasses.fields(suite.Settings)]
define_flags({field.name: field for field in FIELDS}.values())  # both have a seed, the same

# Of these, a `~` at the beginning is the home folder.
HOMES = ("generated", "real", "extractor", "inception_weights", "output", "cache_dir", "data_dir")
PACKAGES = ("tensorflow", "keras", "numpy", "pillow", "scipy", "scikit-learn")


def main(argv):
    if len(argv) > 1:
        raise UsageError(f"Unexpected argument '{argv[1]}'; every option is a --flag=value.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    sys.stdout.reconfigure(errors="backslashreplace")  # names and e-acute on a terminal of ASCII
    sys.stderr.reconfigure(errors="backslashreplace")
    if FLAGS.list_metrics:
        print("\n".join(f"{name:14} {metric.summary}" for name, metric in suite.METRICS.items()))
        return
    for name in ("generated", "real"):
        if not getattr(FLAGS, name):
            raise UsageError(f"--{name} is missing; --help shows what it takes.")
    try:
        if backend.complaint():
            raise ValueError(backend.complaint())
        for name in HOMES:
            value = FLAGS[name].value
            if value is not None and value.startswith("~"):
                FLAGS[name].value = str(home(value))
        if FLAGS.output:
            append(FLAGS.output, "")  # better now than after an hour
        if FLAGS.write_card:
            from tfgan_zoo.export import compared

            compared.check(FLAGS.generated)
        elif FLAGS.remark is not None:
            raise ValueError("--remark stands in a card: it needs --write_card.")
        with contextlib.redirect_stdout(sys.stderr):  # what TFDS says while it prepares a set
            report = score()
        line = report.json_line()
        print(f"{report.table()}\n\n{line}")
        if FLAGS.output:
            append(FLAGS.output, line + "\n")
        if FLAGS.write_card:
            scores = [dataclasses.asdict(score) for score in report.scores]
            folder = compared.add(FLAGS.generated, scores, report.protocol, FLAGS.remark)
            print(f"The card in {folder} has these scores now.", file=sys.stderr)
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
    settings, options = given(suite.Settings), given(sets.Options)
    names = list(dict.fromkeys(FLAGS.metrics))
    suite.check_names(names)
    needs = suite.needs_of(names)
    extractor = None
    if FLAGS.extractor != "auto":
        extractor = find_extractor(FLAGS.extractor)
    elif needs == {"pictures"}:
        extractor = extractors.pixels()  # stands in the protocol; nothing asks it
    suite.check_names(names, extractor)
    generated = sets.open_generated(options, extractor)
    extractor = extractor or find_extractor(extractors.automatic(generated.shape))
    extractor.check_shape(generated.shape)
    real = sets.open_real(options, generated)
    if generated.count is None:
        generated.count = FLAGS.num_samples or real.count
    train = None
    if any(suite.METRICS[name].needs_train for name in names):
        train = sets.open_train(options, generated)
    suite.check_request(names, extractor, real.count, generated.count, settings, generated.shape)
    for name in names:
        if suite.METRICS[name].paired:
            sets.check_pairs(name, generated, real)

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
    return extractors.find(name, weights=FLAGS.inception_weights, download=FLAGS.download)


def facts(side):
    """What the protocol says of the pictures of a `suite.Side`."""
    return {"pictures": side.digest, "count": side.count, "shape": list(side.shape)}


def versions():
    """Of the packages that numbers depend on, and the commit."""
    from tfgan_zoo.training.run_directory import commit

    found = {name: importlib.metadata.version(name) for name in PACKAGES}
    return {**found, "commit": commit(pathlib.Path(__file__).resolve().parents[2])}


def collect_kept(pictures, extractor, needs, label):
    """The `suite.Side` of real pictures: from the statistics of an earlier score, if the pictures
    and everything else are the same, else from a pass.
    """
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
    command.run(main, __doc__)
