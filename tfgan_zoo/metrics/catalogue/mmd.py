"""The squared maximum mean discrepancy over all pairs."""

from tfgan_zoo.metrics import kernel
from tfgan_zoo.metrics.metric import Metric, Score


def compute(real, fake, train, extractor, settings):
    """The scores `polynomial_mmd`, `rbf_mmd`; as `Metric.compute`."""
    return [
        Score(
            "polynomial_mmd",
            f"MMD^2, polynomial, {extractor}",
            kernel.polynomial_mmd(real.features, fake.features),
            "unbiased, (xy/D + 1)^3, all pairs",
            "lower",
        ),
        Score(
            "rbf_mmd",
            f"MMD^2, Gaussian, {extractor}",
            kernel.rbf_mmd(real.features, fake.features),
            "unbiased, bandwidth the median distance of the pooled sample, all pairs",
            "lower",
        ),
    ]


METRIC = Metric(
    "mmd",
    "squared MMD over all pairs, polynomial and Gaussian kernel, unbiased",
    compute,
    ("features",),
)
