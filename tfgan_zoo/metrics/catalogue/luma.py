"""Each picture against its true one in the Y channel, as in super-resolution."""

import dataclasses

from tfgan_zoo.metrics import reconstruction
from tfgan_zoo.metrics.metric import Metric, mean_over_pairs, setting


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the metric luma takes beside the pictures."""

    border: int = setting(
        0, "Pixels that luma scores cut off at each border; in super-resolution the factor.", 0
    )


def compute(real, fake, train, extractor, settings):
    """The scores `luma_psnr`, `luma_ssim`; as `Metric.compute`."""
    unit = f"Y of BT.601, eight bits, {settings.border} pixels cut off at each border"
    scores = []
    for key, function in (("psnr", reconstruction.luma_psnr), ("ssim", reconstruction.luma_ssim)):
        values = function(fake.floats(), real.floats(), settings.border)
        scores.append(mean_over_pairs(f"luma_{key}", f"{key.upper()} of Y", values, unit, "higher"))
    return scores


METRIC = Metric(
    "luma",
    "PSNR and SSIM of the Y channel, borders cut off, as in super-resolution",
    compute,
    ("pictures",),
    settings=Settings,
    equal=True,
    paired=True,
    smallest=lambda settings, classes: 1,
    side=lambda settings: reconstruction.WINDOW + 2 * settings.border,
)
