"""Looks into an exported generator or discriminator: each command draws one picture, or many.

python -m tfgan_zoo.explore interpolate --generator=saved_models/dcgan/1 --output=between.png
python -m tfgan_zoo.explore features --extractor=RUN/export/dcgan --data=DATA --output=features.png

python -m tfgan_zoo.explore translate --generator=saved_models/pix2pix --input=maps --output=drawn
python -m tfgan_zoo.explore draw --generator=saved_models/dcgan --count=100 --output=drawn

| command       | the picture                                                                      |
|---------------|----------------------------------------------------------------------------------|
| `samples`     | samples with their numbers, to choose from                                       |
| `interpolate` | two rows a pair of latents: straight, and along the great circle                 |
| `arithmetic`  | mean of --plus less mean of --minus plus mean of --to, with jitter around it     |
| `attributes`  | held-out pictures of --data, and each with the vector of a class added           |
| `sweep`       | a row a latent dimension of --dimensions, its values from --low to --high        |
| `plane`       | the pictures of a latent of two dimensions, each at its place                    |
| `classes`     | a row a latent, a column a class; for generators that take labels                |
| `drop`        | samples, and the same without the feature maps that draw a marked region         |
| `features`    | what a linear SVM reads from a discriminator's features, by the number of labels |
| `translate`   | every picture of the folder --input as the generator translates it, in --output  |
| `complete`    | every picture of --input with its hole, --mask, filled by the generator          |
| `relabel`     | every picture of --input with every label in a row, or with --label alone        |
| `draw`        | --count samples, each a file of its own in the folder --output                   |

Numbers of samples are those of the picture that `samples` draws with the same --seed. The window
experiment (`drop`) and the arithmetic on means of three are those of DCGAN, arXiv 1511.06434,
section 6. `features` is its section 5, beside raw pixels and k-means features; it prints a table
and writes every number, with its protocol, into a JSON file beside the picture.
"""

import os
import pathlib
import sys

from absl import flags, logging

from tfgan_zoo import backend, command
from tfgan_zoo.data.places import home
from tfgan_zoo.explore import files
from tfgan_zoo.explore.attributes import attributes
from tfgan_zoo.explore.clip import clip
from tfgan_zoo.explore.features import features
from tfgan_zoo.explore.generator import ExploreError, Generator
from tfgan_zoo.explore.holes import complete
from tfgan_zoo.explore.latents import COMMANDS
from tfgan_zoo.explore.relabel import relabel
from tfgan_zoo.training.settings import LARGEST, fault

# Command -> the flags that say something to it, beside --output.
FROM_LATENTS = ("generator", "latents", "seed")
USES = {
    "samples": FROM_LATENTS,
    "interpolate": (*FROM_LATENTS, "count", "steps"),
    "arithmetic": (*FROM_LATENTS, "plus", "minus", "to", "jitter"),
    "attributes": (
        *("generator", "data", "data_dir", "download", "num_train", "count"),
        *("attributes", "strength"),
    ),
    "sweep": (*FROM_LATENTS, "dimensions", "steps", "low", "high"),
    "plane": (*FROM_LATENTS, "steps", "low", "high"),
    "classes": (*FROM_LATENTS, "count"),
    "drop": (*FROM_LATENTS, "count", "region", "layer", "fitted"),
    "features": (
        *("extractor", "data", "data_dir", "download", "labels", "draws", "num_train", "seed"),
        *("num_held_out", "num_test", "centroids", "patches"),
    ),
    "translate": ("generator", "input", "seed", "keep_size", "overwrite"),
    "complete": ("generator", "input", "mask", "blend", "overwrite"),
    "relabel": ("generator", "input", "label", "overwrite"),
    "clip": ("generator", "input", "overwrite"),
    "draw": (*FROM_LATENTS, "count", "label", "category", "set", "overwrite"),
}
NEEDS = {
    "attributes": ("generator", "data"),
    "features": ("extractor", "data"),
    "translate": ("generator", "input"),
    "complete": ("generator", "input", "mask"),
    "relabel": ("generator", "input"),
    "clip": ("generator", "input"),
}
# Those that read or write many pictures.
ON_FILES = {**files.COMMANDS, "complete": complete, "relabel": relabel, "clip": clip}


def define_flags():
    """The flags of the command line, by the names of the options that the pictures take.

    Not at import: another command of this package has flags of the same names.
    """
    flags.DEFINE_string("generator", None, "Folder of an exported generator, or of one version.")
    flags.DEFINE_string("output", None, "PNG file of the picture; GIF file of clip; else a folder.")
    flags.DEFINE_enum("latents", None, ["normal", "uniform"], "Prior of a generator that lacks it.")
    integer("seed", 0, "Of the latents, or of the noise that translates.", 0)
    integer("count", 8, "Rows: pairs, latents or samples; of draw the pictures.", 1)
    integer("steps", 9, "Columns of interpolate and sweep; of plane also rows.", 2)
    flags.DEFINE_list("plus", [], "Numbers of samples whose mean latent is taken.")
    flags.DEFINE_list("minus", [], "Numbers of samples whose mean latent is subtracted.")
    flags.DEFINE_list("to", [], "Numbers of samples whose mean latent is added.")
    flags.DEFINE_list("attributes", [], "Classes whose vectors are added; all by default.")
    number("strength", 1.0, "What the vectors of attributes are multiplied by.")
    number("jitter", 0.25, "Half width of the uniform noise around a result.", low=0.0)
    flags.DEFINE_list("dimensions", ["0"], "Latent dimensions that sweep varies, a row each.")
    number("low", -2.0, "First value of a sweep.")
    number("high", 2.0, "Last value of a sweep.")
    flags.DEFINE_list("region", [], "Marked region of drop: top, left, bottom, right in pixels.")
    flags.DEFINE_integer("layer", -1, "Which hidden convolution drop looks at; -1 is the last.")
    integer("fitted", 150, "Samples that the regression of drop is fitted on.", 10, 2000)
    flags.DEFINE_list(
        "extractor",
        [],
        "Of features, a line each: exports of trainers with --export_features, other folders of "
        "extractors, or the names of python -m tfgan_zoo.metrics.score.",
    )
    flags.DEFINE_string("data", None, "Pictures with classes; tfds:NAME or a folder.")
    flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
    flags.DEFINE_bool("download", False, "Let TensorFlow Datasets download and prepare a set.")
    flags.DEFINE_list("labels", ["100", "1000"], "Numbers of labels, beside all of them.")
    integer("draws", 10, "Of each number of labels but the last.", 1)
    integer("num_train", 10_000, "Training pictures at most.", 2)
    integer("num_held_out", 2000, "Training pictures at most that choose costs.", 1)
    integer("num_test", 10_000, "Test pictures at most.", 1)
    integer("centroids", 400, "Of the k-means features, four times as many.", 1)
    integer("patches", 50_000, "That k-means learns from.", 1)
    flags.DEFINE_string(
        "input",
        None,
        "Of translate, complete and relabel a picture or a folder of them; of clip its frames.",
    )
    flags.DEFINE_string(
        "mask",
        None,
        "Of complete: a picture that is white where pixels are missing, for all pictures, or a "
        "folder with one for each, of its name.",
    )
    flags.DEFINE_bool(
        "blend", False, "Blend what is drawn with the pixels around the hole, after Poisson."
    )
    flags.DEFINE_bool(
        "keep_size",
        True,
        "Resize what is drawn to the size of its input; else the generator's. What a generator "
        "enlarges is never resized.",
    )
    flags.DEFINE_bool("overwrite", False, "Write over files that are there.")
    flags.DEFINE_string("label", None, "Class to draw, its number or name; all by default.")
    integer("category", None, "Value of the categorical code to draw, from 0 on.", 0)
    flags.DEFINE_list("set", [], "Values of latent dimensions, such as 62:1.5,63:-1.")


def integer(name, default, text, low, high=LARGEST):
    """A flag of whole numbers from `low` to `high`."""
    flags.DEFINE_integer(name, default, text, low, high)


def number(name, default, text, **bounds):
    """A flag of finite numbers; `bounds` as for `settings.fault`."""

    def holds(value):
        wrong = fault(value, bounds)
        if wrong:
            raise flags.ValidationError(wrong)
        return True

    flags.DEFINE_float(name, default, text)
    flags.register_validator(name, holds)


def main(argv):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    sys.stdout.reconfigure(errors="backslashreplace")  # names on a terminal of ASCII
    sys.stderr.reconfigure(errors="backslashreplace")
    options = flags.FLAGS
    if len(argv) != 2 or argv[1] not in USES:
        raise command.UsageError(f"Name one command: {', '.join(USES)}.")
    name = argv[1]
    for needed in (*NEEDS.get(name, ("generator",)), "output"):
        if not getattr(options, needed):
            raise command.UsageError(f"--{needed} is missing; --help shows what it takes.")
    idle = idle_flags(options, name)
    if idle:
        raise command.UsageError(f"{', '.join(idle)} says nothing to '{name}': leave it out.")
    try:
        if backend.complaint():
            raise ExploreError(backend.complaint())
        for place in ("generator", "output", "input", "mask", "data_dir"):
            if options[place].value is not None:
                options[place].value = str(home(options[place].value))
        print(act(name, options, pathlib.Path(options.output)))
    except (ValueError, OSError) as error:  # the library's errors are sentences for the user
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


def idle_flags(options, name):
    """The flags that were given and that the command does not look at."""
    known = {flag for uses in USES.values() for flag in uses}
    return [f"--{f}" for f in sorted(known - {*USES[name]}) if options[f].present]


def act(name, options, path):
    """Does what the command says; returns what to tell of it."""
    if name in ON_FILES:
        return ON_FILES[name](options, path, show=files.show)
    if not path.parent.is_dir():
        raise ExploreError(f"--output={path}: there is no folder {path.parent}.")
    if path.is_dir():
        raise ExploreError(f"--output={path} is a folder: name a PNG file in it.")
    if name == "features":
        picture = features(options, path.with_suffix(".json"))
    else:
        drawn = {**COMMANDS, "attributes": attributes}[name]
        picture = drawn(Generator(options.generator, options.latents), options)
    save(picture, path)
    return f"{picture.width}x{picture.height}: {path}"


def save(picture, path):
    """Writes a PNG file as a whole."""
    from tfgan_zoo.training.pictures import save as write

    write(picture, path)


if __name__ == "__main__":
    define_flags()
    command.run(main, __doc__)
