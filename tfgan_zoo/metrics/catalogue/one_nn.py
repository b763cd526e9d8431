"""The 1-nearest-neighbour two-sample test."""

from tfgan_zoo.metrics import neighbours
from tfgan_zoo.metrics.metric import Metric, Score


def compute(real, fake, train, extractor, settings):
    """The scores `one_nn`, `one_nn_real`, `one_nn_fake`; as `Metric.compute`."""
    found = neighbours.nearest_neighbour_accuracy(real.features, fake.features)
    estimator = "leave-one-out accuracy, Euclidean; under 0.5 means copies"
    return [
        Score("one_nn", f"1-NN accuracy, {extractor}", found["total"], estimator, "0.5"),
        Score("one_nn_real", "1-NN accuracy on real ones", found["real"], estimator, "0.5"),
        Score("one_nn_fake", "1-NN accuracy on generated ones", found["fake"], estimator, "0.5"),
    ]


METRIC = Metric(
    "1nn",
    "leave-one-out 1-nearest-neighbour two-sample test",
    compute,
    ("features",),
    equal=True,
)
