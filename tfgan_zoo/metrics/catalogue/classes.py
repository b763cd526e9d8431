"""The shares of the classes among the pictures."""

import numpy as np

from tfgan_zoo.metrics import class_scores
from tfgan_zoo.metrics.metric import Metric, Score


def compute(real, fake, train, extractor, settings):
    """The scores `class_entropy`, `missing_classes`, `class_distance`; as `Metric.compute`."""
    real, fake = (class_scores.class_histogram(side.probabilities) for side in (real, fake))
    distance = 0.5 * np.abs(np.subtract(real["shares"], fake["shares"])).sum()
    shares = " ".join(f"{share:.3f}" for share in fake["shares"][:20])
    return [
        Score(
            "class_entropy",
            f"Entropy of classes, {extractor}",
            fake["entropy"],
            f"nats, likeliest class of each; real pictures {real['entropy']:.3f}; shares {shares}"
            + (" ..." if len(fake["shares"]) > 20 else ""),
            "real",
        ),
        Score(
            "missing_classes",
            f"Missing classes, {extractor}",
            float(fake["missing"]),
            f"of {len(fake['shares'])}, never the likeliest; real pictures {real['missing']:.0f}",
            "lower",
        ),
        Score(
            "class_distance",
            f"Distance of class shares, {extractor}",
            float(distance),
            "total variation against the shares in the real pictures",
            "lower",
        ),
    ]


METRIC = Metric(
    "classes",
    "histogram of the likeliest class: entropy, missing ones, distance to the real one",
    compute,
    ("probabilities",),
    smallest=lambda settings, classes: 1,
)
