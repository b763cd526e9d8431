"""Whether pictures of one person are found among those of others: rank-1 and mAP, as Market-1501
has them (Zheng et al. 2015; the authors' `evaluation` in github.com/layumi/Person-reID_GAN).

Each query ranks the gallery by the distance of features. Left out of its ranking are pictures of
the same person by the same camera, which are too easy, and those whose person is -1, badly cut
ones. Rank-1 is the share of the queries whose nearest picture is right, mAP the mean over the
queries of the area under precision and recall.
"""

import dataclasses

import numpy as np

JUNK = -1  # the person of a picture that counts neither for nor against
BATCH = 256  # queries whose distances are in memory at a time


@dataclasses.dataclass(frozen=True)
class Pictures:
    """Pictures of persons, as features.

    Attributes:
        features: `[N, D]`.
        persons: int `[N]`; `JUNK` in a gallery for none.
        cameras: int `[N]`.
    """

    features: np.ndarray
    persons: np.ndarray
    cameras: np.ndarray

    def __post_init__(self):
        for name in ("features", "persons", "cameras"):
            object.__setattr__(self, name, np.asarray(getattr(self, name)))
        counts = {len(self.features), len(self.persons), len(self.cameras)}
        if len(counts) > 1 or self.features.ndim != 2:
            raise ValueError(
                f"Features are [N, D], persons and cameras [N]: not {self.features.shape}, "
                f"{self.persons.shape} and {self.cameras.shape}."
            )


@dataclasses.dataclass(frozen=True)
class Ranking:
    """How well persons are found.

    Attributes:
        matches: `[K]`: share of the queries that have a right picture among the first 1, 2, ... K.
        mean_average_precision: mean over the queries.
        average_precisions: `[Q]`, of each query that has a right picture in the gallery.
        left_out: queries that have none, and do not count.
    """

    matches: np.ndarray
    mean_average_precision: float
    average_precisions: np.ndarray
    left_out: int

    @property
    def rank_1(self):
        """Share of the queries whose nearest picture is of the same person."""
        return float(self.matches[0])


def ranking(query, gallery, ranks=20, area="trapezoids"):
    """The `Ranking` of a gallery by Euclidean distance; of equal ones the earlier picture is first.

    Args:
        query, gallery: `Pictures`.
        ranks: K, how far `matches` goes.
        area: how precision is integrated over recall: in `trapezoids` as Market-1501's code does
            it, or in `steps` as scikit-learn's `average_precision_score` does.

    Raises:
        ValueError: for another area, features of two lengths or that are not finite, or where no
            query has a right picture by another camera.
    """
    if area not in ("trapezoids", "steps"):
        raise ValueError(f"No area '{area}'; choose trapezoids or steps.")
    if query.features.shape[1] != gallery.features.shape[1]:
        raise ValueError(
            f"Queries have {query.features.shape[1]} features and the gallery "
            f"{gallery.features.shape[1]}."
        )
    if not (np.isfinite(query.features).all() and np.isfinite(gallery.features).all()):
        raise ValueError("Features hold values that are not finite, of which there is no distance.")
    precisions, firsts, left_out = [], [], 0
    for start in range(0, len(query.persons), BATCH):
        part = slice(start, start + BATCH)
        orders = np.argsort(_squared(query.features[part], gallery.features), 1, kind="stable")
        for order, person, camera in zip(
            orders, query.persons[part], query.cameras[part], strict=True
        ):
            persons, cameras = gallery.persons[order], gallery.cameras[order]
            counted = (persons != JUNK) & ~((persons == person) & (cameras == camera))
            right = persons[counted] == person
            if not right.any():
                left_out += 1
                continue
            precisions.append(_average_precision(np.flatnonzero(right), area))
            firsts.append(int(right.argmax()))
    if not precisions:
        raise ValueError("No query has a picture of the same person by another camera.")
    matches = np.mean(np.asarray(firsts)[:, None] <= np.arange(ranks), 0)
    return Ranking(matches, float(np.mean(precisions)), np.asarray(precisions), left_out)


def _average_precision(places, area):
    """From the places, from 0, of the right pictures in the order."""
    found = np.arange(1, len(places) + 1)
    precision = found / (places + 1)
    if area == "steps":
        return precision.mean()
    # Just before each of them; at the very beginning it is 1.
    before = np.where(places > 0, (found - 1) / np.maximum(places, 1), 1.0)
    return (0.5 * (precision + before)).mean()


def _squared(first, second):
    """Squared distances `[N, M]`."""
    first, second = (np.asarray(values, np.float64) for values in (first, second))
    return (first**2).sum(1)[:, None] + (second**2).sum(1)[None] - 2.0 * first @ second.T
