"""The Frechet distance of Gaussians fitted to features: FID, with Inception."""

from tfgan_zoo.metrics import frechet
from tfgan_zoo.metrics.metric import Metric, Score


def compute(real, fake, train, extractor, settings):
    """The score `frechet_distance`; as `Metric.compute`."""
    caveats = [
        f"{side}: {caveat}"
        for side, caveat in (
            ("Real", frechet.rank_caveat(real.moments)),
            ("Generated", frechet.rank_caveat(fake.moments)),
        )
        if caveat
    ]
    label = f"Frechet distance, {extractor}"
    if extractor == "inception":
        label = "FID (Keras Inception-v3)"
        caveats.append("Keras' weights are not the 2015 graph of published FIDs.")
    return [
        Score(
            "frechet_distance",
            label,
            frechet.frechet_distance(real.moments, fake.moments),
            f"Gaussians, covariance over N - 1; N {real.count} real, {fake.count} generated",
            "lower",
            tuple(caveats),
        )
    ]


METRIC = Metric(
    "fid",
    "Frechet distance of Gaussians fitted to features; FID with Inception",
    compute,
    ("moments",),
)
