"""Each picture against its true one: l1, PSNR and SSIM."""

from tfgan_zoo.metrics import reconstruction
from tfgan_zoo.metrics.metric import Metric, mean_over_pairs


def compute(real, fake, train, extractor, settings):
    """The scores `l1`, `psnr`, `ssim`; as `Metric.compute`."""
    found = reconstruction.reconstruction_scores(fake.floats(), real.floats())
    scores = []
    for key, better, unit in (
        ("l1", "lower", "mean absolute difference in [-1, 1]"),
        ("psnr", "higher", "dB"),
        ("ssim", "higher", "Gaussian window of 11"),
    ):
        scores.append(mean_over_pairs(key, key.upper(), found[key], unit, better))
    return scores


METRIC = Metric(
    "paired",
    "l1, PSNR and SSIM of each picture against its true one",
    compute,
    ("pictures",),
    equal=True,
    paired=True,
    smallest=lambda settings, classes: 1,
    side=lambda settings: reconstruction.WINDOW,
)
