"""All scores of one set of pictures against another, from one pass over each.

`METRICS` holds every metric of the folder `catalogue`; `collect` makes the pass; `check_request`
finds what cannot work before the pass begins.
"""

import dataclasses
import hashlib
import importlib
import pkgutil

import numpy as np

from tfgan_zoo.metrics import catalogue, extractors, frechet
from tfgan_zoo.metrics.metric import Seeded

WIDEST = 4096  # features whose covariance is factored in seconds, in 134 MB; both grow fast


def find_metrics():
    """The `METRIC` of each file in the folder `catalogue`, by its name, in the order of names."""
    metrics = [
        importlib.import_module(f"{catalogue.__name__}.{module.name}").METRIC
        for module in pkgutil.iter_modules(catalogue.__path__)
    ]
    return {metric.name: metric for metric in sorted(metrics, key=lambda metric: metric.name)}


METRICS = find_metrics()


def all_settings():
    """The settings of all metrics: fields by name, the seed first."""
    classes = [Seeded, *(metric.settings for metric in METRICS.values())]
    return {field.name: field for one in classes for field in dataclasses.fields(one)}


Settings = dataclasses.make_dataclass(
    "Settings",
    [
        (name, field.type, dataclasses.field(default=field.default, metadata=field.metadata))
        for name, field in all_settings().items()
    ],
    frozen=True,
    namespace={"__doc__": "What all metrics take beside the pictures; part of the protocol."},
)


def own_settings(metric, settings):
    """What of `Settings` is the metric's: an instance of its own settings."""
    names = [field.name for field in dataclasses.fields(metric.settings)]
    return metric.settings(**{name: getattr(settings, name) for name in names})


@dataclasses.dataclass
class Side:
    """What one pass leaves of a set of pictures; None where nothing asked for it.

    Attributes:
        count: pictures.
        shape: (height, width, channels).
        digest: SHA-256, hexadecimal, of the pictures in their order.
        moments: `frechet.GaussianStatistics` of the features.
        features: float32 `[N, D]`.
        probabilities: float64 `[N, K]`.
        pictures: uint8 `[N, H, W, C]`.
    """

    count: int
    shape: tuple[int, int, int]
    digest: str
    moments: frechet.GaussianStatistics | None = None
    features: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    pictures: np.ndarray | None = None

    def floats(self):
        """The pictures as float32 in [-1, 1]."""
        return self.pictures.astype(np.float32) / np.float32(127.5) - np.float32(1)


def check_names(names, extractor=None):
    """Raises ValueError unless `names` are some of `METRICS`, and the extractor, if it is known,
    gives what they need.
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        wrong = ", ".join(map(repr, unknown)) or "nothing"
        raise ValueError(
            f"--metrics names {wrong}, which is no metric; choose any of {', '.join(METRICS)}."
        )
    for name in names:
        if extractor and "probabilities" in METRICS[name].needs and not extractor.classes:
            raise ValueError(
                f"The metric {name} needs class probabilities, which the extractor "
                f"{extractor.name} does not give: take another --extractor."
            )


def check_request(names, extractor, real_count, fake_count, settings, shape=None):
    """Raises ValueError, in one sentence, for what could only fail after the pass.

    Args:
        names: of `METRICS`.
        extractor: the `extractors.Extractor`.
        real_count, fake_count: pictures of each side.
        settings: `Settings`.
        shape: (height, width, channels) of the pictures, if it is known.
    """
    check_names(names, extractor)
    for name in names:
        metric = METRICS[name]
        own = own_settings(metric, settings)
        smallest = metric.smallest(own, extractor.classes)
        for side, count in (("real", real_count), ("generated", fake_count)):
            if side == "real" and not metric.needs_real:
                continue
            if count < smallest:
                lowered = f"lower {metric.lowered}, " if metric.lowered else ""
                raise ValueError(
                    f"The metric {name} needs at least {smallest} {side} pictures and there are "
                    f"{count}: take more, {lowered}or leave {name} out of --metrics."
                )
            if metric.largest and count > metric.largest[0]:
                raise ValueError(
                    f"The metric {name} takes at most {metric.largest[0]} pictures a side, not "
                    f"{count}: {metric.largest[1]}."
                )
        side = metric.side(own)
        if shape and min(shape[:2]) < side:
            raise ValueError(
                f"The metric {name} needs pictures of at least {side} pixels a side, and these are "
                f"{shape[0]}x{shape[1]}: leave {name} out of --metrics."
            )
        if metric.equal and real_count != fake_count:
            raise ValueError(
                f"The metric {name} needs as many generated as real pictures; there are "
                f"{fake_count} and {real_count}: set --num_samples and --num_real alike."
            )


def needs_of(names):
    """Everything that the metrics need of a pass: a set of words."""
    return {need for name in names for need in METRICS[name].needs}


def collect(batches, extractor, needs, progress=None):
    """One pass.

    Args:
        batches: iterable of uint8 `[b, H, W, C]`.
        extractor: the `extractors.Extractor`.
        needs: words of `needs_of`; memory grows with the number of pictures for all but `moments`.
        progress: called with the number of pictures done, after each batch.

    Returns:
        `Side`.

    Raises:
        ValueError: for pictures that cannot be scored, of different shapes, or none; for features
            that are too wide for their covariance.
    """
    moments, content, shape = frechet.GaussianStatistics(), hashlib.sha256(), None
    kept = {"features": [], "probabilities": [], "pictures": []}
    count = 0
    for pictures in batches:
        pictures = extractors.check_pictures(pictures)
        if shape not in (None, pictures.shape[1:]):
            raise ValueError(f"Pictures differ in shape: {shape} and {pictures.shape[1:]}.")
        shape = pictures.shape[1:]
        content.update(np.ascontiguousarray(pictures))
        count += len(pictures)
        if needs - {"pictures"}:
            features, probabilities = extractor(pictures)
            if "moments" in needs:
                if features.shape[1] > WIDEST:
                    raise ValueError(
                        f"The metric fid needs the covariance of the features, and those of "
                        f"{extractor.name} are {features.shape[1]} wide; at most {WIDEST} are "
                        "taken: choose another --extractor, or the metrics kid or swd."
                    )
                moments.update(features)
            if "features" in needs:
                kept["features"].append(features)
            if "probabilities" in needs:
                kept["probabilities"].append(probabilities)
        if "pictures" in needs:
            kept["pictures"].append(pictures)
        if progress:
            progress(count)
    if not count:
        raise ValueError("There are no pictures to score.")
    return Side(
        count=count,
        shape=tuple(shape),
        digest=content.hexdigest(),
        moments=moments if "moments" in needs else None,
        **{name: np.concatenate(parts) if parts else None for name, parts in kept.items()},
    )


def compute(names, real, fake, extractor_name, settings, train=None):
    """The scores of `names`, in their order: list of `metric.Score`."""
    scores = []
    for name in names:
        own = own_settings(METRICS[name], settings)
        scores += METRICS[name].compute(real, fake, train, extractor_name, own)
    return scores
