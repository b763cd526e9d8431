"""How probable held-out pictures are under exported models: exactly, by a bound, or by annealing.

::

    RUN/<table>/<model>.json   what was measured of one export, and under which terms
    RUN/time.json              how long each takes to draw
    RUN/table.md results.json  the tables

Each export is measured as it was exported, by the tightest that it allows:

- one with the signature `log_prob` says it itself: exactly, or, where it draws the noise that makes
  grey levels continuous, by a lower bound (Jensen's inequality, over the noise);
- an encoder that gives a Gaussian (parts `encode` and `decode`): the importance-weighted bound
  (`evaluate.likelihood`), in the mean a lower bound;
- a decoder alone: annealed importance sampling from its prior, in the mean a lower bound as well,
  with the gap of bidirectional Monte Carlo on pictures that it drew itself (`metrics.ais`).

Black and white: each test picture is binarised once by a draw of its grey levels. A decoder that
draws grey pictures is given the likelihood of pixels that are white with the probability of its
grey: a reading of ours for models without any. Grey levels: the logarithm of the probability of the
256 levels, of which a density of (level + noise) / 256 is a lower bound once log 256 is taken off
for each pixel. A decoder without variances of its own is given one deviation for all pixels, the
best of several on training pictures.

A model of classes is asked for each class: what stands in the table is the logarithm of the sum of
the probabilities times the classes' frequencies.
"""

import dataclasses
import hashlib
import json
import math
import pathlib

import numpy as np
import tensorflow as tf
from scipy.special import logsumexp

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.evaluate import autoregressive, likelihood
from tfgan_zoo.evaluate.tables import first_pictures
from tfgan_zoo.export import measured, served, stored
from tfgan_zoo.export.interface import Interface
from tfgan_zoo.kinds.image import to_float
from tfgan_zoo.metrics.ais import ais, bdmc
from tfgan_zoo.training.run_directory import RunError, write_atomically
from trainers.experiments import likelihood_report
from trainers.program import say

LEVELS = 256
CHOOSING = 10  # training pictures that a deviation is chosen on
CHOOSING_DISTRIBUTIONS = 200
SEED = 0


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much is measured; the attributes are the flags of `trainers.likelihoods`."""

    pictures: int = 1000
    few: int = 50
    importance_samples: int = 5000
    chains: int = 16
    distributions: int = 1000
    sigmas: tuple = (0.03, 0.05, 0.1, 0.15, 0.2)
    drawn: int = 64
    rounds: int = 3


@dataclasses.dataclass(frozen=True)
class Export:
    """One export on the disk.

    Attributes:
        name: of the model.
        folder: as it was given.
        main: interface of what draws, which calls the SavedModel.
        log_prob, encode: likewise, of what says a likelihood and of what gives a posterior; None
            where there is none.
        numbers: that the SavedModels hold.
        digest: of what they hold.
    """

    name: str
    folder: pathlib.Path
    main: Interface
    log_prob: Interface | None
    encode: Interface | None
    numbers: int
    digest: str


def run(run_dir, *, spec, request, tables, effort):
    """Measures what is not measured yet, then writes the tables.

    Args:
        run_dir: folder of the experiment.
        spec, request: of the data, as for `data.sources.open_images`.
        tables: "black_and_white" and "grey" -> folders of exports.
        effort: `Effort`.

    Raises:
        RunError, DataError: for what a user can mend.
    """
    if not any(tables.values()):
        raise RunError("Nothing to measure: give --black_and_white or --grey, folders of exports.")
    shape = (*request.image_size, request.channels)
    exports = {
        table: [opened(folder, shape, table) for folder in folders]
        for table, folders in tables.items()
    }
    for table, listed in exports.items():
        names = [export.name for export in listed]
        twice = [name for name in names if names.count(name) > 1]
        if twice:
            raise RunError(
                f"--{table} has {twice[0]} twice; measure versions in runs of their own."
            )
    train, test = (open_images(spec, split, request) for split in ("train", "test"))
    folder, results = pathlib.Path(run_dir), {}
    for table, listed in exports.items():
        world = World(table, train, test, effort)
        rows = [("independent pixels", world.independent())]
        for export in listed:
            rows.append((export.name, world.measured(export, folder / table)))
        results[table] = dict(rows) if listed else {}
    drawn_in = timed(folder, [export for listed in exports.values() for export in listed], effort)
    times = {
        table: {export.name: drawn_in[export.digest] for export in listed}
        for table, listed in exports.items()
    }
    likelihood_report.write(folder, results, times, test.info, math.prod(shape), effort)
    say((folder / "table.md").read_text())


def opened(folder, shape, table):
    """The `Export` in a folder.

    Raises:
        RunError: if there is none that draws pictures of this shape, or none that can be measured
            for this table.
    """
    folder = pathlib.Path(folder).expanduser()
    parts = {name: folder / name for name in ("encode", "decode")}
    both = all((part / "card.json").is_file() for part in parts.values())
    main, card, files = _loaded(parts["decode"] if both else folder)
    encode = None
    if both:
        encode, _, more = _loaded(parts["encode"])
        if {output.name for output in encode.outputs} >= {"means", "log_variances"}:
            files = [*files, *more]
        else:
            encode = None
    drawn = main.outputs[0]
    if drawn.kind != "image" or drawn.shape != shape:
        raise RunError(
            f"{folder} gives {drawn.kind} {drawn.shape}, and the pictures are {shape}: leave it "
            "out, or give another --image_size or --channels."
        )
    log_prob = next((other for other in main.also if other.name == "log_prob"), None)
    if log_prob is None and main.first("class"):
        raise RunError(
            f"{folder} draws by class and has no signature log_prob: decoders are annealed from "
            "latents alone, so leave it out."
        )
    if log_prob is None and encode is None:
        _unit_normal(main.latents, folder)
    own_variances = any(output.name == "log_variances" for output in main.outputs)
    if encode is not None and table == "grey" and not own_variances:
        raise RunError(
            f"{folder} has no variances of grey levels: measure it as --black_and_white."
        )
    digest = hashlib.sha256()
    for file in files:
        digest.update(file.read_bytes())
    name = card["name"].removesuffix("_decode") if both else card["name"]
    return Export(name, folder, main, log_prob, encode, _numbers(files), digest.hexdigest())


def _loaded(folder):
    """(interface that calls, card, files) of an export's folder."""
    card = stored.find_card(folder) if (folder / "card.json").is_file() else None
    if card is None:
        raise RunError(f"{folder} holds no card.json of an exported model: export it first.")
    path = folder / str(card["version"])
    loaded = tf.saved_model.load(str(path))

    def called(signature):
        # Looked up at each call: a signature alone does not keep its model's variables alive.
        return lambda **inputs: loaded.signatures[signature](**inputs)

    interface = stored.from_card(
        card, called("serving_default"), stored.sampler(loaded), further=called
    )
    files = (
        sorted(path.rglob("*.index")) + sorted(path.rglob("*.data-*")) + [path / "saved_model.pb"]
    )
    return interface, card, files


def _numbers(files):
    """How many numbers the checkpoints among the files hold."""
    total = 0
    for file in files:
        if file.suffix == ".index":
            shapes = tf.train.load_checkpoint(str(file.with_suffix(""))).get_variable_to_shape_map()
            total += sum(
                math.prod(shape) for name, shape in shapes.items() if not name.startswith("_CHECK")
            )
    return total


def _unit_normal(item, folder):
    """Latents of this prior of latents of N(0, I), by operations with a gradient.

    Raises:
        RunError: for a prior that is no such function of Gaussian numbers.
    """
    parts = item.prior.describe() if item is not None else None
    unknown = [p["kind"] for p in parts or () if p["kind"] not in ("normal", "uniform")]
    if not parts or unknown:
        raise RunError(
            f"{folder} draws from {', '.join(unknown) or 'no latents'}; decoders are annealed from "
            "normal and uniform latents alone, so leave it out."
        )

    def latents(normal):
        columns = []
        for part, values in zip(
            parts, tf.split(normal, [p["size"] for p in parts], 1), strict=True
        ):
            if part["kind"] == "uniform":
                share = 0.5 * (1.0 + tf.math.erf(values * 2.0**-0.5))
                values = part["low"] + (part["high"] - part["low"]) * share
            columns.append(values)
        return tf.concat(columns, 1)

    return latents


class World:
    """The pictures of one table, and what exports say of them.

    Args:
        table: "black_and_white" or "grey".
        train, test: `Examples` with the field `images`.
        effort: `Effort`.
    """

    def __init__(self, table, train, test, effort):
        self.binary, self.effort = table == "black_and_white", effort
        self.train, self.test = train, test

    def pixels(self, examples, count, noise=True):
        """The first pictures as what has a likelihood, `[N, H, W, C]`: 0 or 1, or in [0, 1], grey
        levels with their noise or without.
        """
        images = examples.fetch(np.arange(min(count, len(examples))))["images"]
        if self.binary:
            return likelihood.binarised(to_float(images).numpy(), SEED)
        chance = np.random.default_rng(SEED).random(images.shape)
        return ((images + (chance if noise else 0.5)) / LEVELS).astype(np.float32)

    def discrete(self, found):
        """A log density of the pixels as the bound of the logarithm of a probability, `[N]`."""
        pixels = math.prod(self.test.fields["images"].shape)
        return found if self.binary else found - pixels * math.log(LEVELS)

    def independent(self):
        """What independent pixels with the training pictures' frequencies say."""
        asked = (self.train, len(self.train)), (self.test, self.effort.pictures)
        if self.binary:
            pixels = (self.pixels(examples, count) for examples, count in asked)
            found = likelihood.independent(*pixels, "bernoulli")
        else:
            levels = (first_pictures(examples, count) for examples, count in asked)
            found = autoregressive.independent(*levels, LEVELS)
        return {**summary(found), "bound": "exact"}

    def measured(self, export, folder):
        """The row of an export, measured now unless `folder` holds it under the same terms."""
        terms = {**dataclasses.asdict(self.effort), "digest": export.digest}
        terms = {**terms, "test": self.test.info["name"]}
        terms = json.loads(json.dumps(terms))
        file = folder / f"{export.name}.json"
        if file.is_file():
            row = json.loads(file.read_text())
            if row["terms"] == terms:
                return row
        say(f"{folder.name}: {export.name} ...")
        row = self._measure(export)
        row |= {"numbers": export.numbers, "terms": terms}
        folder.mkdir(parents=True, exist_ok=True)
        write_atomically(file, json.dumps(row, indent=2))
        say(f"{folder.name}: {export.name}: {row['nats']:.2f} nats, {row['bound']}.")
        return row

    def _measure(self, export):
        if export.log_prob is not None:
            return self._said(export)
        if export.encode is not None:
            return self._importance_weighted(export)
        return self._annealed(export)

    def _said(self, export):
        function = export.log_prob
        pixels = self.pixels(self.test, self.effort.pictures, noise=False)
        images = 2.0 * pixels - 1.0 if self.binary else exact_levels(pixels)
        run = served.Served(function, function)
        given = {"images": images}
        if function.first("seed"):
            given["seed"] = np.int32(SEED)
        label = function.first("class")
        if label is None:
            found = run(**given)["log_prob"]
        else:
            shares = self._shares(label.classes)
            each = [
                run(**given, **{label.name: np.full(len(images), number)})["log_prob"]
                + np.log(share)
                for number, share in enumerate(shares)
                if share
            ]
            found = logsumexp(np.stack(each), axis=0)
        bound = "lower bound, one draw of the noise" if function.first("seed") else "exact"
        return {**summary(np.asarray(found, np.float64)[:, 0]), "bound": bound}

    def _shares(self, classes):
        """How often each class is among the training pictures."""
        labels = self.train.fetch(np.arange(len(self.train)))["labels"]
        return np.bincount(labels, minlength=classes) / len(labels)

    def _importance_weighted(self, export):
        encode, decode = (served.Served(i, i) for i in (export.encode, export.main))

        def encode_pixels(values):
            found = encode(images=2.0 * values - 1.0)
            return found["means"], found["log_variances"]

        found = likelihood.importance_weighted(
            encode_pixels,
            likelihood.likelihood_of(decode, "bernoulli" if self.binary else "gaussian"),
            self.pixels(self.test, self.effort.few),
            samples=self.effort.importance_samples,
            seed=SEED,
        )
        bound = f"lower bound, {self.effort.importance_samples:,} draws of the posterior"
        return {**summary(self.discrete(found)), "bound": bound}

    def _annealed(self, export):
        latents = _unit_normal(export.main.latents, export.folder)
        drawn = export.main.outputs[0].name

        def decoder(normal):
            pictures = export.main.call(**{export.main.latents.name: latents(normal)})[drawn]
            return 0.5 * (tf.reshape(pictures, [tf.shape(normal)[0], -1]) + 1.0)

        options = {"chains": self.effort.chains, "distributions": self.effort.distributions}
        pixels = flat(self.pixels(self.test, self.effort.few))
        size, extra = export.main.latents.shape[0], {}
        if self.binary:
            model = {"log_likelihood": likelihood.bernoulli_of_means}
            simulate = {"simulate": bernoulli_draw}
        else:
            extra = {"sigma": self._sigma(decoder, size)}
            model, simulate = extra, {}
        found = ais(decoder, size, pixels, **model, **options)["log_likelihood"]
        gap = bdmc(decoder, size, num_examples=len(pixels), **model, **simulate, **options)["gap"]
        bound = f"lower bound, annealed through {self.effort.distributions:,} distributions"
        return {**summary(self.discrete(found)), **extra, "gap": gap, "bound": bound}

    def _sigma(self, decoder, size):
        """The deviation under which training pictures are most probable."""
        pixels = flat(self.pixels(self.train, CHOOSING))
        options = {"chains": self.effort.chains, "distributions": CHOOSING_DISTRIBUTIONS}
        found = {
            sigma: ais(decoder, size, pixels, sigma, **options)["log_likelihood"].mean()
            for sigma in self.effort.sigmas
        }
        return max(found, key=found.get)


def summary(found):
    """The mean of log-likelihoods `[N]`, its standard error and N."""
    error = found.std(ddof=1) / math.sqrt(len(found))
    return {"nats": float(found.mean()), "error": float(error), "count": len(found)}


def exact_levels(centres):
    """Pictures in [-1, 1] of 256 levels, float32, of (level + 1/2) / 256."""
    return to_float(np.floor(centres * LEVELS).astype(np.uint8)).numpy()


def flat(pixels):
    """`[N, D]` of `[N, H, W, C]`."""
    return pixels.reshape(len(pixels), -1)


def bernoulli_draw(means, chance):
    """Pixels 0 or 1 with these probabilities, float64."""
    return (chance.random(means.shape) < means).astype(np.float64)


def timed(folder, exports, effort):
    """Digest -> milliseconds that a picture takes, of calls that all exports take in turns. Of one
    name there may be two, each in a table of its own.

    Measured now unless the folder holds times of the same exports.
    """
    digests = sorted({export.digest for export in exports})
    terms = {"digests": digests, "drawn": effort.drawn, "rounds": effort.rounds}
    file = folder / "time.json"
    if file.is_file():
        known = json.loads(file.read_text())
        if known["terms"] == terms:
            return known["milliseconds"]
    say("How long each takes to draw ...")
    runs = {export.digest: drawing(export.main, effort.drawn) for export in exports}
    seconds = measured.race(runs, {}, effort.rounds)
    found = {digest: 1000 * float(np.median(s)) / effort.drawn for digest, s in seconds.items()}
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(file, json.dumps({"terms": terms, "milliseconds": found}, indent=2))
    return found


def drawing(interface, count):
    """() -> `count` pictures that an interface draws."""
    run, given = served.Served(interface, interface), {}
    for item in interface.inputs:
        if item.prior is not None:
            given[item.name] = item.prior.sample(count, tf.constant([SEED, 0])).numpy()
        elif item.kind == "class":
            given[item.name] = np.arange(count) % item.classes
        elif item.kind == "count":
            given[item.name] = np.int32(count)
        elif not item.batched:
            given[item.name] = item.default
        else:
            raise DataError(f"{interface.name} needs its input {item.name} to draw a picture.")
    return lambda: run(**given)
