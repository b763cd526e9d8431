"""Are generated pictures nearer to the training pictures than held-out ones are?"""

import dataclasses

from tfgan_zoo.metrics import memorisation
from tfgan_zoo.metrics.metric import Metric, Score, setting


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the metric memorisation takes beside the pictures."""

    max_shift: int = setting(1, "Pixels by which a copy of a training picture may be moved.", 0)


def compute(real, fake, train, extractor, settings):
    """The scores `memorisation_*`, `memorised_share_*`; as `Metric.compute`."""
    in_features = memorisation.memorisation(
        train=train.features, held_out=real.features, fake=fake.features
    )
    in_pixels = memorisation.memorisation_of_images(
        train=train.floats(),
        held_out=real.floats(),
        fake=fake.floats(),
        max_shift=settings.max_shift,
    )
    scores = []
    for key, place, found in (
        ("features", extractor, in_features),
        ("pixels", f"pixels, shifts to {settings.max_shift}", in_pixels),
    ):
        caveats = ()
        if found["p_value"] < 0.01 or found["share_nearer"] > 0.05:
            caveats = (
                f"Generated pictures lie nearer to the {train.count} training pictures than "
                f"held-out ones do (p {found['p_value']:.1e}): the training set may be copied, or "
                "the pictures lack detail; look at them beside their nearest training pictures.",
            )
        estimator = (
            f"median distance to the nearest training picture over that of held-out ones; 1 is "
            f"fresh, 0 copied; p {found['p_value']:.2g}"
        )
        scores += [
            Score(
                f"memorisation_{key}",
                f"Memorisation, {place}",
                found["ratio"],
                estimator,
                "real",
                caveats,
            ),
            Score(
                f"memorised_share_{key}",
                f"Memorised share, {place}",
                found["share_nearer"],
                "generated pictures nearer to a training picture than 99 % of held-out ones; "
                "0.01 is fresh",
                "real",
            ),
        ]
    return scores


METRIC = Metric(
    "memorisation",
    "nearest training pictures against held-out ones, in pixels and features",
    compute,
    ("pictures", "features"),
    settings=Settings,
    needs_train=True,
    smallest=lambda settings, classes: 100,
    side=lambda settings: 4 * settings.max_shift,
)
