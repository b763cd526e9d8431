"""The Mode Score."""

from tfgan_zoo.metrics import class_scores
from tfgan_zoo.metrics.metric import Metric, Score


def compute(real, fake, train, extractor, settings):
    """The score `mode_score`; as `Metric.compute`."""
    return [
        Score(
            "mode_score",
            f"Mode Score, {extractor}",
            class_scores.mode_score(fake.probabilities, real.probabilities.mean(0)),
            "one split; p(y*) the mean over the real pictures",
            "higher",
        )
    ]


METRIC = Metric(
    "mode",
    "Mode Score: Inception Score less the wrong shares of classes",
    compute,
    ("probabilities",),
    smallest=lambda settings, classes: classes,
)
