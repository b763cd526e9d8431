"""Looks into an exported generator or discriminator: each command draws one picture.

python -m tfgan_zoo.explore interpolate --generator=saved_models/dcgan/1 --output=between.png
python -m tfgan_zoo.explore features --extractor=RUN/export/dcgan --data=DATA --output=features.png

| command       | the picture                                                                      |
|---------------|----------------------------------------------------------------------------------|
| `samples`     | samples with their numbers, to choose from                                       |
| `interpolate` | two rows a pair of latents: straight, and along the great circle                 |
| `arithmetic`  | mean of --plus less mean of --minus plus mean of --to, with jitter around it     |
| `sweep`       | a row a latent dimension of --dimensions, its values from --low to --high        |
| `plane`       | the pictures of a latent of two dimensions, each at its place                    |
| `classes`     | a row a latent, a column a class; for generators that take labels                |
| `drop`        | samples, and the same without the feature maps that draw a marked region         |
| `features`    | what a linear SVM reads from a discriminator's features, by the number of labels |

Numbers of samples are those of the picture that `samples` draws with the same --seed. The window
experiment (`drop`) and the arithmetic on means of three are those of DCGAN, arXiv 1511.06434,
section 6. `features` is its section 5, beside raw pixels and k-means features; it prints a table
and writes every number, with its protocol, into a JSON file beside the picture.
"""

import os
import pathlib
import sys

from absl import app, flags, logging

from tfgan_zoo.explore.features import features
from tfgan_zoo.explore.generator import ExploreError, Generator
from tfgan_zoo.explore.latents import COMMANDS

NAMES = (*COMMANDS, features.__name__)


def define_flags():
    """The flags of the command line, by the names of the options that the pictures take.

    Not at import: another command of this package has flags of the same names.
    """
    flags.DEFINE_string("generator", None, "SavedModel of a generator from latents.")
    flags.DEFINE_string("output", None, "PNG file of the picture.")
    flags.DEFINE_enum("latents", None, ["normal", "uniform"], "Prior of a generator that lacks it.")
    flags.DEFINE_integer("seed", 0, "Of the latents.", 0)
    flags.DEFINE_integer("count", 8, "Rows: pairs, latents or samples.", 1)
    flags.DEFINE_integer("steps", 9, "Columns of interpolate and sweep.", 2)
    flags.DEFINE_list("plus", [], "Numbers of samples whose mean latent is taken.")
    flags.DEFINE_list("minus", [], "Numbers of samples whose mean latent is subtracted.")
    flags.DEFINE_list("to", [], "Numbers of samples whose mean latent is added.")
    flags.DEFINE_float("jitter", 0.25, "Half width of the uniform noise around a result.", 0.0)
    flags.DEFINE_list("dimensions", ["0"], "Latent dimensions that sweep varies, a row each.")
    flags.DEFINE_float("low", -2.0, "First value of a sweep.")
    flags.DEFINE_float("high", 2.0, "Last value of a sweep.")
    flags.DEFINE_list("region", [], "Marked region of drop: top, left, bottom, right in pixels.")
    flags.DEFINE_integer("layer", -1, "Which hidden convolution drop looks at; -1 is the last.")
    flags.DEFINE_integer("fitted", 150, "Samples that the regression of drop is fitted on.", 10)
    flags.DEFINE_list(
        "extractor",
        [],
        "Of features, a line each: exports of trainers with --export_features, other folders of "
        "extractors, or the names of python -m tfgan_zoo.metrics.score.",
    )
    flags.DEFINE_string("data", None, "Of features: pictures with classes; tfds:NAME or a folder.")
    flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
    flags.DEFINE_bool("download", False, "Let TensorFlow Datasets download and prepare a set.")
    flags.DEFINE_list("labels", ["100", "1000"], "Numbers of labels, beside all of them.")
    flags.DEFINE_integer("draws", 10, "Of each number of labels but the last.", 1)
    flags.DEFINE_integer("num_train", 10_000, "Training pictures at most.", 2)
    flags.DEFINE_integer("num_held_out", 2000, "Training pictures at most that choose costs.", 1)
    flags.DEFINE_integer("num_test", 10_000, "Test pictures at most.", 1)
    flags.DEFINE_integer("centroids", 400, "Of the k-means features, four times as many.", 1)
    flags.DEFINE_integer("patches", 50_000, "That k-means learns from.", 1)


def main(argv):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    options = flags.FLAGS
    if len(argv) != 2 or argv[1] not in NAMES:
        raise app.UsageError(f"Name one command: {', '.join(NAMES)}.")
    command = argv[1]
    for name in (*(("extractor", "data") if command == "features" else ("generator",)), "output"):
        if not getattr(options, name):
            raise app.UsageError(f"--{name} is missing; --help shows what it takes.")
    path = pathlib.Path(options.output)
    try:
        if not path.parent.is_dir():
            raise ExploreError(f"--output={path}: there is no folder {path.parent}.")
        if command == "features":
            picture = features(options, path.with_suffix(".json"))
        else:
            picture = COMMANDS[command](Generator(options.generator, options.latents), options)
        save(picture, path)
    except (ValueError, OSError) as error:  # the library's errors are sentences for the user
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{picture.width}x{picture.height}: {path}")


def save(picture, path):
    """Writes a PNG file as a whole."""
    from tfgan_zoo.training.pictures import save as write

    write(picture, path)


if __name__ == "__main__":
    define_flags()
    app.run(main)
