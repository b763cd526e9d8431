"""Diversity: MS-SSIM between pairs of samples."""

import dataclasses

from tfgan_zoo.metrics import reconstruction, structural
from tfgan_zoo.metrics.metric import Metric, Score, Seeded, setting


@dataclasses.dataclass(frozen=True)
class Settings(Seeded):
    """What the metric ms_ssim takes beside the pictures."""

    ms_ssim_pairs: int = setting(1000, "Pairs of pictures whose MS-SSIM is averaged.", 2)


def compute(real, fake, train, extractor, settings):
    """The score `ms_ssim`; as `Metric.compute`."""
    fewer = min(real.count, fake.count)
    pairs = min(settings.ms_ssim_pairs, fewer * (fewer - 1) // 2)
    found = {
        name: structural.ms_ssim_diversity(side.floats(), pairs=pairs, seed=settings.seed)
        for name, side in (("real", real), ("fake", fake))
    }
    estimator = f"{pairs} pairs, {found['fake']['scales']:.0f} scales"
    return [
        Score(
            "ms_ssim",
            "MS-SSIM between samples",
            found["fake"]["mean"],
            f"{estimator}; +- {found['fake']['standard_error']:.4f}; "
            f"real pictures {found['real']['mean']:.4f}",
            "real",
        )
    ]


METRIC = Metric(
    "ms_ssim",
    "MS-SSIM between pairs of samples: diversity",
    compute,
    ("pictures",),
    settings=Settings,
    smallest=lambda settings, classes: 3,
    side=lambda settings: reconstruction.WINDOW,
)
