"""Looks into an exported generator: each command draws one picture.

python -m tfgan_zoo.explore interpolate --generator=saved_models/dcgan/1 --output=between.png

| command       | the picture                                                                      |
|---------------|----------------------------------------------------------------------------------|
| `samples`     | samples with their numbers, to choose from                                       |
| `interpolate` | two rows a pair of latents: straight, and along the great circle                 |
| `arithmetic`  | mean of --plus less mean of --minus plus mean of --to, with jitter around it     |
| `sweep`       | a row a latent dimension of --dimensions, its values from --low to --high        |
| `classes`     | a row a latent, a column a class; for generators that take labels                |
| `drop`        | samples, and the same without the feature maps that draw a marked region         |

Numbers of samples are those of the picture that `samples` draws with the same --seed. The window
experiment (`drop`) and the arithmetic on means of three are those of DCGAN, arXiv 1511.06434,
section 6.
"""

import os
import pathlib
import sys

import numpy as np
from absl import app, flags, logging

NUMBERED = 64  # samples that `samples` draws


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


def main(argv):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    options = flags.FLAGS
    if len(argv) != 2 or argv[1] not in COMMANDS:
        raise app.UsageError(f"Name one command: {', '.join(COMMANDS)}.")
    for name in ("generator", "output"):
        if getattr(options, name) is None:
            raise app.UsageError(f"--{name} is missing; --help shows what it takes.")
    try:
        picture = COMMANDS[argv[1]](Generator(options.generator, options.latents), options)
        path = pathlib.Path(options.output)
        save(picture, path)
    except (ValueError, OSError) as error:  # the library's errors are sentences for the user
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
    print(f"{picture.width}x{picture.height}: {path}")


def save(picture, path):
    """Writes a PNG file as a whole."""
    from tfgan_zoo.training.pictures import save as write

    if not path.parent.is_dir():
        raise ExploreError(f"--output={path}: there is no folder {path.parent}.")
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


COMMANDS = {
    function.__name__: function
    for function in (samples, interpolate, arithmetic, sweep, classes, drop)
}


if __name__ == "__main__":
    define_flags()
    app.run(main)
