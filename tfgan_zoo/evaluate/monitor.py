"""Scores of a generator while it trains, always against the same real pictures."""

import numpy as np

from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.metrics import extractors, generated, suite

BATCH = 64
SEED = (0, 2)


def training(names, extractor, inputs, train, num_samples):
    """The scores of `--metrics` at each validation, of pictures from fixed inputs against training
    pictures, as the literature's Frechet distances are: the test split must not choose a
    checkpoint, and is kept for the scores of the export.

    The real pictures are read here, since what cannot work must be said before the first step.

    Args:
        names: of `suite.METRICS`, as for `Monitor`.
        extractor: name, as for `extractor_for`.
        inputs: (count, seed) -> inputs of the interface by name, such as `latent.inputs_of(prior)`
            or `labels.inputs_of(prior, classes)`.
        train: `Examples` with the field `images`.
        num_samples: pictures of either side; of the real ones at most as many as there are.

    Returns:
        `Evaluator` of an interface with the output `images`.

    Raises:
        ValueError: as `Monitor` and `extractor_for`.
    """
    count = min(num_samples, len(train))
    rows = np.sort(np.random.default_rng(0).choice(len(train), count, replace=False))
    monitor = Monitor(
        names,
        extractor_for(extractor, train.fields["images"].shape),
        (train.fetch(rows[i : i + BATCH])["images"] for i in range(0, count, BATCH)),
        num_samples,
        suite.Settings(kid_subset_size=min(1000, count, num_samples)),
    )

    def measure(served):
        drawn = inputs(num_samples, SEED)
        return monitor(
            served(**{name: values[i : i + BATCH] for name, values in drawn.items()})["images"]
            for i in range(0, num_samples, BATCH)
        )

    return Evaluator("metrics", "", measure, training=True, better=monitor.better)


class Monitor:
    """Metrics of `suite.METRICS` as a function of generated pictures.

    What belongs to the real pictures is computed once, here.

    Args:
        names: of `suite.METRICS`, none of those that compare pictures one by one or need the
            training set.
        extractor: an `extractors.Extractor`.
        real: iterable of uint8 `[b, H, W, C]`.
        num_samples: pictures that each call will bring.
        settings: `suite.Settings`.

    Raises:
        ValueError: one sentence, for what could only fail at the first call.
    """

    def __init__(self, names, extractor, real, num_samples, settings):
        suite.check_names(names, extractor)
        for name in names:
            if suite.METRICS[name].needs_train or suite.METRICS[name].paired:
                raise ValueError(
                    f"The metric {name} is not for a running training: take it of the exported "
                    "generator, with python -m tfgan_zoo.metrics.score."
                )
        self.names, self.extractor, self.settings = tuple(names), extractor, settings
        self.needs = suite.needs_of(names)
        self.real = suite.collect(real, extractor, self.needs)
        suite.check_request(names, extractor, self.real.count, num_samples, settings)

    def __call__(self, images):
        """Scores by their keys, such as `frechet_distance`.

        Args:
            images: iterable of float `[b, H, W, C]` in [-1, 1].

        Raises:
            ValueError: for pictures that are not finite, out of range or too few.
        """
        pictures = (generated.quantise(batch, "The generator") for batch in images)
        fake = suite.collect(pictures, self.extractor, self.needs)
        scores = suite.compute(self.names, self.real, fake, self.extractor.name, self.settings)
        return {score.key: score.value for score in scores}

    def better(self):
        """What is better of each score, by its key: known from the real pictures' own scores."""
        own = suite.compute(self.names, self.real, self.real, self.extractor.name, self.settings)
        words = ("higher", "lower")
        return {s.key: s.better if s.better in words else "neither" for s in own}


def extractor_for(name, shape):
    """The extractor called `name`, or for `auto` the one that suits pictures of `shape`.

    Args:
        name: as for `extractors.find`, or `auto`: mnist_cnn for grey pictures of at most 32x32,
            inception for others.
        shape: (height, width, channels).

    Raises:
        ValueError: where it is missing, or cannot take such pictures.
    """
    extractor = extractors.find(extractors.automatic(shape) if name == "auto" else name)
    extractor.check_shape(shape)
    return extractor
