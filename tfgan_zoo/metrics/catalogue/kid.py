"""The kernel distance: KID, with Inception."""

import dataclasses

from tfgan_zoo.metrics import kernel
from tfgan_zoo.metrics.metric import Metric, Score, setting


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the metric kid takes beside the pictures."""

    kid_subsets: int = setting(
        100, "Subsets of the kernel distance, which are torch-fidelity's draw.", 1
    )
    kid_subset_size: int = setting(1000, "Pictures in each subset of the kernel distance.", 2)


def compute(real, fake, train, extractor, settings):
    """The scores `kernel_distance`, `kernel_distance_std`; as `Metric.compute`."""
    found = kernel.kernel_distance(
        real.features,
        fake.features,
        subsets=settings.kid_subsets,
        subset_size=settings.kid_subset_size,
    )
    name = "KID" if extractor == "inception" else f"Kernel distance, {extractor}"
    estimator = (
        f"unbiased squared MMD, (xy/D + 1)^3, {settings.kid_subsets} subsets of "
        f"{settings.kid_subset_size}, torch-fidelity's draw"
    )
    return [
        Score("kernel_distance", name, found["mean"], estimator, "lower"),
        Score("kernel_distance_std", f"{name}, std", found["std"], estimator, "neither"),
    ]


METRIC = Metric(
    "kid",
    "kernel distance: unbiased polynomial MMD over subsets",
    compute,
    ("features",),
    settings=Settings,
    smallest=lambda settings, classes: settings.kid_subset_size,
    lowered="--kid_subset_size",
)
