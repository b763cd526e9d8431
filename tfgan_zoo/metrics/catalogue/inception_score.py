"""The Inception Score, which looks at no real picture."""

import dataclasses

from tfgan_zoo.metrics import class_scores
from tfgan_zoo.metrics.metric import Metric, Score, setting


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the metric is takes beside the pictures."""

    is_splits: int = setting(10, "Splits of the Inception Score.", 1)


def compute(real, fake, train, extractor, settings):
    """The scores `inception_score`, `inception_score_std`; as `Metric.compute`."""
    found = class_scores.inception_score(fake.probabilities, splits=settings.is_splits)
    name = "Inception Score" + ("" if extractor == "inception" else f", {extractor}")
    estimator = f"mean over {settings.is_splits} splits in the order drawn; std across them"
    return [
        Score("inception_score", name, found["mean"], estimator, "higher"),
        Score("inception_score_std", f"{name}, std", found["std"], estimator, "neither"),
    ]


METRIC = Metric(
    "is",
    "Inception Score: sure and varied classes; looks at no real picture",
    compute,
    ("probabilities",),
    settings=Settings,
    needs_real=False,
    smallest=lambda settings, classes: settings.is_splits * classes,
    lowered="--is_splits",
)
