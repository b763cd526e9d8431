"""The exact Wasserstein distance between features."""

from tfgan_zoo.metrics import transport
from tfgan_zoo.metrics.metric import Metric, Score


def compute(real, fake, train, extractor, settings):
    """The score `wasserstein`; as `Metric.compute`."""
    return [
        Score(
            "wasserstein",
            f"Wasserstein distance, {extractor}",
            transport.wasserstein(real.features, fake.features),
            f"exact transport, Euclidean cost, N {real.count}; biased upwards at any finite N",
            "lower",
        )
    ]


METRIC = Metric(
    "wasserstein",
    "exact optimal transport on features",
    compute,
    ("features",),
    largest=(2000, "its time grows with the cube; lower --num_samples, or take swd"),
    equal=True,
)
