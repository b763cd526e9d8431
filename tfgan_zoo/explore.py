"""Looks into an exported generator or discriminator: each command draws one picture.

python -m tfgan_zoo.explore interpolate --generator=saved_models/dcgan/1 --output=between.png
python -m tfgan_zoo.explore features --extractor=RUN/export/dcgan --data=DATA --output=features.png

| command       | the picture                                                                      |
|---------------|----------------------------------------------------------------------------------|
| `samples`     | samples with their numbers, to choose from                                       |
| `interpolate` | two rows a pair of latents: straight, and along the great circle                 |
| `arithmetic`  | mean of --plus less mean of --minus plus mean of --to, with jitter around it     |
| `sweep`       | a row a latent dimension of --dimensions, its values from --low to --high        |
| `classes`     | a row a latent, a column a class; for generators that take labels                |
| `drop`        | samples, and the same without the feature maps that draw a marked region         |
| `features`    | what a linear SVM reads from a discriminator's features, by the number of labels |

Numbers of samples are those of the picture that `samples` draws with the same --seed. The window
experiment (`drop`) and the arithmetic on means of three are those of DCGAN, arXiv 1511.06434,
section 6. `features` is its section 5, beside raw pixels and k-means features; it prints a table
and writes every number, with its protocol, into a JSON file beside the picture.
"""

import importlib.metadata
import json
import os
import pathlib
import sys
import time

import numpy as np
from absl import app, flags, logging

NUMBERED = 64  # samples that `samples` draws
BATCH = 250  # pictures in one call of an extractor


class ExploreError(ValueError):
    """What cannot be drawn; the message says what to do about it."""


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


class Generator:
    """An exported generator from latents, and what lies inside it.

    Args:
        path: folder that holds saved_model.pb, or a folder of versions.
        prior: `normal` or `uniform`, for an export that does not hold its prior.

    Attributes:
        dimension: of the latents.
        classes: how many labels it takes; None if it takes none.
    """

    def __init__(self, path, prior=None):
        import tensorflow as tf

        from tfgan_zoo.metrics.extractors import saved_model_folder

        folder = saved_model_folder(path)
        if folder is None:
            raise ExploreError(f"--generator={path} holds no saved_model.pb.")
        self._loaded = tf.saved_model.load(str(folder))
        self._function = self._loaded.signatures.get("serving_default")
        specs = self._function.structured_input_signature[1] if self._function else {}
        if "latents" not in specs or not set(specs) <= {"latents", "labels"}:
            raise ExploreError(
                f"--generator={path} takes {', '.join(specs) or 'nothing'}; these commands need a "
                "generator from latents."
            )
        self.dimension = specs["latents"].shape[1]
        self.takes_labels = "labels" in specs
        if not prior and "latents" not in self._loaded.signatures:
            raise ExploreError(
                f"--generator={path} does not say what its latents are drawn from: give "
                "--latents=normal or --latents=uniform."
            )
        self._prior = prior

    def draw_latents(self, count, seed):
        """float32 `[count, Z]` from the prior."""
        import tensorflow as tf

        if self._prior:
            chance = np.random.default_rng(seed)
            shape = (count, self.dimension)
            drawn = (
                chance.standard_normal(shape)
                if self._prior == "normal"
                else chance.uniform(-1, 1, shape)
            )
            return drawn.astype(np.float32)
        draw = self._loaded.signatures["latents"]
        return draw(num_images=tf.constant(count), seed=tf.constant(seed))["latents"].numpy()

    def __call__(self, latents, labels=None):
        """Images float32 `[N, H, W, C]` in [-1, 1] from `[N, Z]`, and labels `[N]` if it takes them
        (zeros by default).
        """
        import tensorflow as tf

        inputs = {"latents": tf.constant(latents, tf.float32)}
        if self.takes_labels:
            labels = np.zeros(len(latents)) if labels is None else labels
            inputs["labels"] = tf.constant(labels, tf.int32)
        (images,) = self._function(**inputs).values()
        images = images.numpy()
        if images.ndim != 4:
            raise ExploreError("This generator draws points, not pictures.")
        return images

    def opened(self, layer):
        """(maps, finish) of a hidden convolution.

        Args:
            layer: which of the activated feature maps, in the order from latents to pixels;
                negative ones count from the end.

        Returns:
            `maps`: latents -> float32 `[N, h, w, F]`, and `finish`: (latents, maps) -> images with
            these maps in place of the generator's own.
        """
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import (
            convert_variables_to_constants_v2,
        )

        frozen = convert_variables_to_constants_v2(self._function)
        graph = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(frozen.graph.as_graph_def(), name=""), []
        )
        found = [
            operation.outputs[0].name
            for operation in frozen.graph.get_operations()
            if operation.type in ("Relu", "LeakyRelu", "Elu", "Selu")
            and operation.outputs[0].shape.rank == 4
        ]
        if not -len(found) <= layer < len(found):
            raise ExploreError(
                f"--layer={layer}: the generator has {len(found)} activated feature maps."
            )
        tensor = graph.graph.get_tensor_by_name(found[layer])
        inputs = [graph.graph.get_tensor_by_name(t.name) for t in frozen.inputs]
        output = graph.graph.get_tensor_by_name(frozen.outputs[0].name)
        inside, outside = graph.prune(inputs, tensor), graph.prune([*inputs, tensor], output)

        def arguments(latents):
            latents = tf.constant(latents, tf.float32)
            named = {"latents": latents, "labels": tf.zeros(len(latents), tf.int32)}
            return [named[t.name.split(":")[0]] for t in frozen.inputs]

        return (
            lambda latents: inside(*arguments(latents)).numpy(),
            lambda latents, maps: outside(*arguments(latents), tf.constant(maps)).numpy(),
        )


def slerp(first, second, shares):
    """Points on the great circle between two latents (Shoemake 1985; White 2016, arXiv 1609.04468).

    Args:
        first, second: `[Z]`.
        shares: `[S]` from 0 (the first) to 1 (the second).

    Returns:
        `[S, Z]`. The direction turns evenly and the length goes evenly from one to the other; two
        latents of one direction are joined by a straight line.
    """
    shares = np.asarray(shares)[:, None]
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    cosine = np.clip(np.dot(first, second) / (lengths[0] * lengths[1]), -1, 1)
    angle = np.arccos(cosine)
    if np.sin(angle) < 1e-6:
        return first + shares * (second - first)
    turned = np.sin((1 - shares) * angle) * first / lengths[0]
    turned = (turned + np.sin(shares * angle) * second / lengths[1]) / np.sin(angle)
    return turned * (lengths[0] + shares * (lengths[1] - lengths[0]))


def rows(pictures, captions=None):
    """`[rows, columns, H, W, C]` as one picture."""
    from tfgan_zoo.training.pictures import grid

    columns = [pictures[:, x] for x in range(pictures.shape[1])]
    return grid(columns, captions, scale=2 if pictures.shape[2] <= 32 else 1)


def table(generator, latents, labels=None):
    """Pictures of `latents [rows, columns, Z]`, `[rows, columns, H, W, C]`."""
    images = generator(latents.reshape(-1, latents.shape[-1]), labels)
    return images.reshape(*latents.shape[:2], *images.shape[1:])


def samples(generator, options):
    """64 samples, 8 a row; the first row's numbers stand above, the others count on."""
    latents = generator.draw_latents(NUMBERED, options.seed)
    pictures = table(generator, latents.reshape(8, 8, -1))
    return rows(pictures, [f"{column}, +8" for column in range(8)])


def interpolate(generator, options):
    """Two rows a pair: straight, then along the great circle."""
    ends = generator.draw_latents(2 * options.count, options.seed).reshape(options.count, 2, -1)
    shares = np.linspace(0, 1, options.steps)
    straight = ends[:, :1] + shares[None, :, None] * (ends[:, 1:] - ends[:, :1])
    circle = np.stack([slerp(first, second, shares) for first, second in ends])
    both = np.stack([straight, circle], 1).reshape(2 * options.count, options.steps, -1)
    return rows(table(generator, both))


def arithmetic(generator, options):
    """Means, their sum in the middle of a 3x3 of its neighbours, as DCGAN's figure 7."""
    latents = generator.draw_latents(NUMBERED, options.seed)
    means = [chosen(latents, name, options) for name in ("plus", "minus", "to")]
    result = means[0] - means[1] + means[2]
    chance = np.random.default_rng(options.seed)
    around = result + chance.uniform(-options.jitter, options.jitter, (3, 3, generator.dimension))
    around[1, 1] = result
    parts = np.repeat(np.stack(means)[None], 3, 0)
    pictures = table(generator, np.concatenate([parts, around], 1).astype(np.float32))
    pictures[1:, :3] = 1.0  # the means once, at the top
    return rows(pictures, ["plus", "minus", "to", "", "result", ""])


def chosen(latents, name, options):
    """Mean latent of the samples whose numbers the option `name` lists; zero for an empty list."""
    try:
        numbers = [int(number) for number in getattr(options, name)]
    except ValueError as error:
        raise ExploreError(
            f"--{name} takes numbers of samples from 0 to {NUMBERED - 1}."
        ) from error
    if any(not 0 <= number < NUMBERED for number in numbers):
        raise ExploreError(f"--{name} takes numbers of samples from 0 to {NUMBERED - 1}.")
    if not numbers and name != "minus":
        raise ExploreError(
            f"--{name} is empty: name samples by the numbers of the picture that 'samples' draws."
        )
    return latents[numbers].mean(0) if numbers else np.zeros_like(latents[0])


def sweep(generator, options):
    """A row a dimension, the rest of the latent held."""
    try:
        dimensions = [int(dimension) for dimension in options.dimensions]
    except ValueError as error:
        raise ExploreError("--dimensions takes numbers of latent dimensions.") from error
    if any(not 0 <= dimension < generator.dimension for dimension in dimensions):
        raise ExploreError(f"--dimensions lie from 0 to {generator.dimension - 1}.")
    held = generator.draw_latents(1, options.seed)
    latents = np.tile(held, (len(dimensions), options.steps, 1))
    for row, dimension in enumerate(dimensions):
        latents[row, :, dimension] = np.linspace(options.low, options.high, options.steps)
    return rows(table(generator, latents))


def classes(generator, options):
    """A row a latent, a column a class."""
    if not generator.takes_labels:
        raise ExploreError("This generator takes no labels; 'sweep' varies the code of InfoGAN.")
    count = 10
    latents = generator.draw_latents(options.count, options.seed)
    latents = np.repeat(latents[:, None], count, 1)
    labels = np.tile(np.arange(count), options.count)
    return rows(table(generator, latents, labels), [str(label) for label in range(count)])


def drop(generator, options):
    """Samples above, and below them the same without the maps that a regression ties to --region.

    As in DCGAN: logistic regression on the activations at each place of --fitted samples tells
    inside from outside of the region; every map with a positive weight is switched off everywhere.
    """
    from sklearn.linear_model import LogisticRegression

    maps, finish = generator.opened(options.layer)
    latents = generator.draw_latents(max(options.fitted, options.count), options.seed)
    images, active = generator(latents[: options.count]), maps(latents)
    inside = region_mask(options.region, images.shape[1:3], active.shape[1:3])
    labels = np.tile(inside.ravel(), len(active))
    features = active.reshape(-1, active.shape[-1])
    weights = LogisticRegression(max_iter=1000).fit(features, labels).coef_[0]
    changed = finish(latents[: options.count], np.where(weights > 0, 0, active[: options.count]))
    logging.warning("%d of %d feature maps are switched off.", (weights > 0).sum(), len(weights))
    return rows(np.stack([images, changed]))


def region_mask(region, size, coarse):
    """bool `coarse` (h, w): whether the middle of each place lies in --region of a picture."""
    try:
        top, left, bottom, right = (int(number) for number in region)
    except ValueError as error:
        raise ExploreError("--region takes four numbers: top,left,bottom,right.") from error
    if not (0 <= top < bottom <= size[0] and 0 <= left < right <= size[1]):
        raise ExploreError(f"--region must lie in a picture of {size[0]}x{size[1]} pixels.")
    ys = (np.arange(coarse[0]) + 0.5) * size[0] / coarse[0]
    xs = (np.arange(coarse[1]) + 0.5) * size[1] / coarse[1]
    mask = ((ys >= top) & (ys < bottom))[:, None] & ((xs >= left) & (xs < right))[None]
    if mask.all() or not mask.any():
        raise ExploreError("--region must hold some places of the feature maps, and not all.")
    return mask


def accuracy_cells(curve):
    """The table's cells in percent, with * where a classifier did not converge; the last number of
    labels is all there are, of which there is one draw.
    """
    cells = [f"{100 * p['mean']:.1f} +- {100 * p['std']:.1f}" for p in curve[:-1]]
    cells.append(f"{100 * curve[-1]['mean']:.1f}")
    marks = ["" if point["converged"] else "*" for point in curve]
    return [cell + mark for cell, mark in zip(cells, marks, strict=True)]


def features(options, path):
    """Prints a table of test accuracies, writes the numbers to the JSON file `path`, and returns
    their plot.

    Every representation meets the same pictures, labels, classifier and choice of its cost.
    """
    from tfgan_zoo.metrics import representation
    from tfgan_zoo.training import plots
    from tfgan_zoo.training.run_directory import versions, write_atomically

    began = time.monotonic()
    kmeans = representation.KMeansFeatures(
        options.centroids, patches=options.patches, seed=options.seed
    )
    extractors = find_extractors(options.extractor)
    parts, protocol = labelled_pictures(options, next(iter(extractors.values())))
    images = [images for images, _ in parts]
    counts = label_counts(options.labels, len(images[0]))

    def of_kmeans():
        kmeans.fit(images[0])
        found = [kmeans(part) for part in images]
        return [representation.standardised(part, found[0]) for part in found]

    ways = {
        name: lambda extractor=extractor: [extracted(extractor, part) for part in images]
        for name, extractor in extractors.items()
    }
    ways["pixels"] = lambda: [part.reshape(len(part), -1) / 127.5 - 1 for part in images]
    ways["k-means"] = of_kmeans
    width = max(map(len, ways))
    print(f"{'':{width}}  dimensions" + "".join(f"{count:>14,}" for count in counts), flush=True)
    curves, results = {}, []
    for name, way in ways.items():
        found = [
            representation.Labelled(part, labels)
            for part, (_, labels) in zip(way(), parts, strict=True)
        ]
        curve = representation.accuracy_by_labels(
            *found, counts, draws=options.draws, seed=options.seed
        )
        dimensions = found[0].features.shape[1]
        cells = "".join(f"{cell:>14}" for cell in accuracy_cells(curve))
        print(f"{name:{width}}  {dimensions:>10,}{cells}", flush=True)
        results.append({"representation": name, "dimensions": dimensions, "curve": curve})
        curves[f"{name} ({dimensions:,})"] = [
            (p["labels"], 100 * p["mean"], 100 * p["std"]) for p in curve
        ]
    if not all(point["converged"] for result in results for point in result["curve"]):
        print("* A classifier had not converged after its largest number of iterations.")
    protocol |= {
        "extractors": {name: extractor.sha256 for name, extractor in extractors.items()},
        "classifier": "LinearSVC, one against the rest, of "
        f"{', '.join(f'{cost:g}' for cost in representation.COSTS)} the cost that is best on the "
        f"held-out pictures over {representation.CHOOSING} draws, tolerance "
        f"{representation.TOLERANCE:g}",
        "kmeans": f"{kmeans.centroids} centroids of {kmeans.patches} whitened patches of "
        f"{kmeans.side}x{kmeans.side}, "
        "triangle activation, sums over quadrants, standardised",
        "draws": options.draws,
        "seed": options.seed,
        "seconds": round(time.monotonic() - began),
        "versions": versions() | {"scikit-learn": importlib.metadata.version("scikit-learn")},
    }
    text = json.dumps({"protocol": protocol, "results": results}, indent=2)
    write_atomically(path, (text + "\n").encode())
    print(f"numbers: {path}")
    return plots.error_bars(
        curves, title=options.data, across="labels", up="test accuracy (%), linear SVM"
    )


def find_extractors(specs):
    """Name -> extractor, of what --extractor lists; an export is that of its discriminator."""
    from tfgan_zoo.metrics import extractors

    found = {}
    for spec in specs:
        path = pathlib.Path(spec).expanduser()
        parent = [path.parent] if path.name.isdigit() else []
        folders = [folder / "features" for folder in (path, *parent)] + [path]
        folder = next(filter(None, map(extractors.saved_model_folder, folders)), None)
        name = spec
        if folder:
            kept = [part for part in folder.resolve().parts if not part.isdigit()]
            name = next((part for part in reversed(kept) if part != "features"), spec)
        try:
            extractor = extractors.find(str(folder or spec))
        except ValueError as error:
            raise ExploreError(
                f"--extractor={spec} holds no features: its trainer writes those of the "
                "discriminator with --export_features; a finished run does when its command is "
                f"given again with that flag. ({error})"
                if folder
                else error
            ) from error
        found[name if name not in found else spec] = extractor
    return found


def labelled_pictures(options, extractor):
    """((uint8 images, labels) of training, held-out and test pictures) and what the protocol says
    of them. They have the size that the extractor takes.
    """
    from tfgan_zoo.data.sources import open_images

    def opened(split):
        return open_images(
            options.data,
            split,
            image_size=extractor.size or (32, 32),
            channels=extractor.channels or 3,
            data_dir=options.data_dir,
            download=options.download,
            val_count=0,
        )

    train, test = opened("train"), opened("test")
    if "labels" not in train.fields:
        raise ExploreError(
            f"--data={options.data} has no classes: give a TFDS set with labels, or a folder that "
            "holds a folder of pictures for each class."
        )
    chance = np.random.default_rng(options.seed)
    held_out = max(1, min(options.num_held_out, len(train) // 5))
    order = chance.permutation(len(train))[: held_out + options.num_train]
    rows = {"training": order[held_out:], "held-out": order[:held_out]}
    rows["test"] = chance.permutation(len(test))[: options.num_test]
    tables = {"training": train, "held-out": train, "test": test}
    parts = [tables[name].fetch(np.sort(chosen)) for name, chosen in rows.items()]
    return [(part["images"], part["labels"]) for part in parts], {
        "data": options.data,
        "description": train.info["description"],
        "shape": list(train.fields["images"].shape),
        "pictures": {name: len(chosen) for name, chosen in rows.items()},
    }


def label_counts(labels, total):
    """The numbers that --labels lists, rising, and `total` behind them."""
    try:
        counts = sorted({int(count) for count in labels})
    except ValueError as error:
        raise ExploreError("--labels takes numbers of labels, such as 100,1000.") from error
    if counts and not 0 < counts[0] <= counts[-1] <= total:
        raise ExploreError(f"--labels lie from 1 to {total:,}, the number of training pictures.")
    return sorted({*counts, total})


def extracted(extractor, pictures):
    """float32 `[N, D]` of uint8 pictures."""
    return np.concatenate(
        [extractor(pictures[i : i + BATCH])[0] for i in range(0, len(pictures), BATCH)]
    )


COMMANDS = {
    function.__name__: function
    for function in (samples, interpolate, arithmetic, sweep, classes, drop)
}
NAMES = (*COMMANDS, features.__name__)


if __name__ == "__main__":
    define_flags()
    app.run(main)
