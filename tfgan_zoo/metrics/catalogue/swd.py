"""The sliced Wasserstein distance between features."""

import dataclasses

from tfgan_zoo.metrics import transport
from tfgan_zoo.metrics.metric import Metric, Score, Seeded, setting


@dataclasses.dataclass(frozen=True)
class Settings(Seeded):
    """What the metric swd takes beside the pictures."""

    projections: int = setting(1000, "Directions of the sliced Wasserstein distance.", 1)


def compute(real, fake, train, extractor, settings):
    """The score `sliced_wasserstein`; as `Metric.compute`."""
    return [
        Score(
            "sliced_wasserstein",
            f"Sliced Wasserstein distance, {extractor}",
            transport.sliced_wasserstein(
                real.features,
                fake.features,
                projections=settings.projections,
                seed=settings.seed,
            ),
            f"order 2, {settings.projections} projections",
            "lower",
        )
    ]


METRIC = Metric(
    "swd",
    "sliced Wasserstein distance on features",
    compute,
    ("features",),
    settings=Settings,
)
