"""Precision, recall, density and coverage of the manifold of features."""

import dataclasses

from tfgan_zoo.metrics import neighbours
from tfgan_zoo.metrics.metric import Metric, Score, setting


@dataclasses.dataclass(frozen=True)
class Settings:
    """What the metric prdc takes beside the pictures."""

    manifold_k: int = setting(3, "Neighbours of precision and recall.", 1)
    coverage_k: int = setting(5, "Neighbours of density and coverage.", 1)


def compute(real, fake, train, extractor, settings):
    """The scores `precision`, `recall`, `density`, `coverage`; as `Metric.compute`."""
    manifold = neighbours.precision_recall(real.features, fake.features, k=settings.manifold_k)
    coverage = neighbours.density_coverage(real.features, fake.features, k=settings.coverage_k)
    improved = f"k = {settings.manifold_k}, surface inside (<=), as torch-fidelity"
    naeem = f"k = {settings.coverage_k}, surface outside (<), as prdc"
    return [
        Score("precision", f"Precision, {extractor}", manifold["precision"], improved, "higher"),
        Score("recall", f"Recall, {extractor}", manifold["recall"], improved, "higher"),
        Score("density", f"Density, {extractor}", coverage["density"], naeem, "real"),
        Score("coverage", f"Coverage, {extractor}", coverage["coverage"], naeem, "higher"),
    ]


METRIC = Metric(
    "prdc",
    "precision, recall, density, coverage of the manifold",
    compute,
    ("features",),
    settings=Settings,
    smallest=lambda settings, classes: 1 + max(settings.manifold_k, settings.coverage_k),
    lowered="--manifold_k and --coverage_k",
)
