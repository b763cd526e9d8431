"""How well a net that recognises does: people found again by its features, or classes told."""

import numpy as np

from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches
from tfgan_zoo.evaluate.tables import first, first_pictures
from tfgan_zoo.metrics.reidentification import Pictures, ranking

BATCH = 250


def finds_people(table):
    """Whether a table says who is seen by which camera; otherwise it has classes."""
    return "persons" in table.fields


def training(validation):
    """The scores of each validation: `rank_1` and `map` of people, `accuracy` of classes.

    Args:
        validation: `Examples` with `images`, and either `persons` and `cameras` or `labels`.

    Returns:
        `Evaluator` of what serves `features` and `logits` of `images`.
    """
    names = ("rank_1", "map") if finds_people(validation) else ("accuracy",)

    def measure(served):
        found = scores(served, validation)
        return {name: found[key] for name, key in zip(names, _keys(validation), strict=True)}

    return Evaluator(
        "recognition", "", measure, training=True, better=lambda: dict.fromkeys(names, "higher")
    )


def export(test):
    """The scores of an export, on the test split: `rank-1` and `mAP` of people, which were not seen
    in training, beside those of the pixels themselves, or the `accuracy` of classes.

    Args:
        test: as for `training`.
    """
    if not finds_people(test):
        protocol = f"Accuracy: share of the {len(test):,} test pictures whose class is likeliest."
        return Evaluator("recognition", protocol, lambda served: scores(served, test))
    table = first(test, len(test))
    people = len(np.unique(table["persons"]))
    query = queries(table["persons"], table["cameras"])
    protocol = (
        f"rank-1 and mAP as Market-1501 has them: the first picture of each of the {people} test "
        f"people by each camera, {query.sum()} in all, ranks the other {len(test) - query.sum()} "
        "by the Euclidean distance of features of length 1; pictures of the same person by the "
        "same camera are left out, and precision is integrated over recall in trapezoids."
    )
    return Evaluator(
        "recognition",
        protocol,
        lambda served: scores(served, test),
        baselines=lambda: {"the pixels themselves": of_features(pixels(test), test)},
    )


def scores(served, table):
    """The scores by name of what serves `features` and `logits` of `images`, on all of a table."""
    images = {"images": first_pictures(table, len(table))}
    if finds_people(table):
        return of_features(unit(in_batches(served, "features", BATCH, images)), table)
    found = in_batches(served, "logits", BATCH, images).argmax(1)
    return {"accuracy": float(np.mean(found == first(table, len(table))["labels"]))}


def of_features(features, table):
    """`rank-1` and `mAP` of features `[N, D]` of all pictures of a table of people."""
    found = ranked(features, table)
    return {"rank-1": found.rank_1, "mAP": found.mean_average_precision}


def ranked(features, table):
    """The `Ranking` of the other pictures by the first of each person by each camera."""
    fields = first(table, len(table))
    persons, cameras = fields["persons"], fields["cameras"]
    query = queries(persons, cameras)
    parts = (Pictures(features[own], persons[own], cameras[own]) for own in (query, ~query))
    return ranking(*parts)


def queries(persons, cameras):
    """bool `[N]`: the first picture of each person by each camera."""
    chosen = np.zeros(len(persons), bool)
    chosen[np.unique(np.stack([persons, cameras]), axis=1, return_index=True)[1]] = True
    return chosen


def pixels(table):
    """The pictures of a table as features `[N, D]` of length 1."""
    return unit(first_pictures(table, len(table)).reshape(len(table), -1))


def unit(features):
    """`[N, D]`, each divided by its length."""
    return features / np.maximum(np.linalg.norm(features, axis=1, keepdims=True), 1e-12)


def nearest(served, table, rows, columns):
    """Numbers of pictures of a table, `[rows, 1 + columns]`: pictures at even distances, and those
    that are nearest to each by their features, of people by other cameras alone.
    """
    images = {"images": first_pictures(table, len(table))}
    features = unit(in_batches(served, "features", BATCH, images))
    fields = first(table, len(table))
    asked = np.linspace(0, len(table) - 1, rows).astype(int)
    likeness = features[asked] @ features.T
    likeness[np.arange(rows), asked] = -np.inf
    if finds_people(table):
        likeness[fields["cameras"][asked][:, None] == fields["cameras"][None]] = -np.inf
    return np.concatenate([asked[:, None], np.argsort(-likeness, 1)[:, :columns]], 1)


def _keys(table):
    return ("rank-1", "mAP") if finds_people(table) else ("accuracy",)
