"""The Parzen-window log-likelihood by the protocol of Goodfellow et al. (arXiv 1406.2661)."""

from tfgan_zoo.metrics import parzen
from tfgan_zoo.metrics.metric import Metric, Score

# Pictures that the width is chosen on. Those of Goodfellow et al. were kept from training; these
# are the last of the training split, which `--validation_count` of a trainer keeps from it.
PARZEN_VALIDATION = 1000


def compute(real, fake, train, extractor, settings):
    """The score `parzen`; as `Metric.compute`."""

    def flat(pictures):
        return pictures.reshape(len(pictures), -1) / 255.0

    validation = train.pictures[-PARZEN_VALIDATION:]
    found = parzen.parzen(flat(real.pictures), flat(validation), flat(fake.pictures))
    estimator = (
        f"nats, pixels in [0, 1], sigma {found['sigma']:.3f} chosen on the last "
        f"{len(validation)} training pictures (the authors' were not trained on); "
        f"+- {found['standard_error']:.2f} over {real.count} test pictures"
    )
    caveats = (found["caveat"],) if found["caveat"] else ()
    return [
        Score(
            "parzen",
            "Parzen log-likelihood",
            found["log_likelihood"],
            estimator,
            "higher",
            caveats,
        )
    ]


METRIC = Metric(
    "parzen",
    "Parzen-window log-likelihood by the protocol of Goodfellow et al.",
    compute,
    ("pictures",),
    needs_train=True,
)
