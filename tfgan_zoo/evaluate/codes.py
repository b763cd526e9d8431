"""Pictures from noise and codes that no label was given for: what a reader Q finds of the codes."""

import functools

import numpy as np

from tfgan_zoo.evaluate import latent, tables
from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches, share
from tfgan_zoo.kinds.kind import mean_deviation as spread
from tfgan_zoo.metrics.clustering import matched_error

READ = 5000  # training pictures whose codes are read at a validation
BATCH = 100


def category_probabilities(read, pictures):
    """Q's probabilities of the categories, float32 `[N, categories]`.

    Args:
        read: pictures `[B, H, W, C]` in [-1, 1] -> such probabilities `[B, categories]`.
        pictures: float32 `[N, H, W, C]`.
    """
    return np.concatenate(
        [
            np.asarray(read(pictures[start : start + BATCH]))
            for start in range(0, len(pictures), BATCH)
        ]
    )


def code_error(read, categories, examples, count):
    """Q against the labels of the first `count` examples.

    Returns:
        (share of wrong ones, label of each category), or None where there are no labels, or more
        than categories.
    """
    labels = labels_of(categories, examples, count)
    if labels is None:
        return None
    found = category_probabilities(read, tables.first_pictures(examples, count))
    return matched_error(found.argmax(1), labels, categories)


def labels_of(categories, examples, count):
    """The labels of the first `count` examples; None where there are none, or more of them than
    categories.
    """
    if "labels" not in examples.fields:
        return None
    labels = tables.first(examples, count)["labels"]
    return None if labels.max() >= categories else labels


def information(read_drawn, served, drawn, category):
    """What Q reads of drawn pictures about the codes they were drawn with: the bound on the mutual
    information, in nats, and the share of right categories.

    Args:
        read_drawn: as for `export`.
        served: as for `Evaluator.measure`.
        drawn: the inputs by name, `[N, ...]` each.
        category: the part of them that says the category, one-hot `[N, categories]`.
    """
    pictures = in_batches(served, "images", BATCH, drawn)
    probabilities = category_probabilities(read_drawn(pictures), pictures)
    of_own = np.maximum(probabilities[category == 1], 1e-12)
    return {
        "information": float(np.log(category.shape[1]) + np.mean(np.log(of_own))),
        "own codes read": float(np.mean(probabilities.argmax(1) == category.argmax(1))),
    }


def training(read, categories, train):
    """The score of each validation, `code_error`: the share of training pictures whose likeliest
    category under Q is not the one matched to their label. No score where labels are missing, or
    do not fit the categories.

    Args:
        read: pictures `[B, H, W, C]` in [-1, 1] -> Q's probabilities `[B, categories]`.
        categories: number of categories.
        train: `Examples` with the field `images`, and perhaps `labels`.

    Returns:
        `Evaluator`.
    """

    def measure(served):
        found = code_error(read, categories, train, READ)
        return {} if found is None else {"code_error": found[0]}

    def better():
        known = labels_of(categories, train, READ) is not None
        return {"code_error": "lower"} if known else {}

    return Evaluator("code error", "", measure, training=True, better=better)


def export(prior, read, read_drawn, categories, first_category, train, test):
    """The scores of an exported generator with codes: `1-NN accuracy`, `spread`, `information`,
    `own codes read`, and with labels `code error`; beside training pictures.

    Args:
        prior: of `networks.priors`.
        read: real pictures `[B, H, W, C]` in [-1, 1] -> Q's probabilities `[B, categories]`.
        read_drawn: drawn pictures `[N, H, W, C]` -> such a reader for them, by their statistics.
        categories: number of categories.
        first_category: where in a latent the one-hot category begins.
        train, test: `Examples` with the field `images`, and perhaps `labels`.

    Returns:
        `Evaluator` of an interface `latents` -> `images`. Its findings name the label of each
        category, once the model is trained.
    """
    count = latent.count_of(train, test)

    @functools.cache
    def real():
        return tables.first_pictures(test, count)

    def compare(pictures):
        return {
            "1-NN accuracy": latent.pixel_accuracy(real(), pictures)["total"],
            "spread": share(spread(pictures), spread(real())),
        }

    def measure(served):
        inputs = latent.inputs_of(prior)
        scores = compare(in_batches(served, "images", BATCH, inputs(count, latent.SEED)))
        drawn = inputs(count, (0, 4))
        category = drawn["latents"][:, first_category : first_category + categories]
        scores |= information(read_drawn, served, drawn, category)
        error = code_error(read, categories, test, len(test))
        return scores | ({} if error is None else {"code error": error[0]})

    def findings():
        error = code_error(read, categories, test, len(test))
        if error is None:
            return ""
        names = dict(enumerate(test.info.get("label_names") or ()))
        matched = [names.get(label, str(label)) for label in error[1].tolist()]
        return (
            f"code error: share of all {len(test)} pictures of that split whose likeliest "
            "category under Q is not the one matched to their label; matched one to one for the "
            f"fewest errors, which gives the categories the labels {', '.join(matched)}."
        )

    protocol = (
        f"Of {count} pictures drawn by the SavedModel against as many of the split "
        f"'{test.info['split']}': leave-one-out 1-nearest-neighbour accuracy on pixels "
        "(0.5 is ideal, under it means copies); the spread (mean over pixels of the standard "
        "deviation) as a share of the real pictures'; information: Q's bound on the mutual "
        f"information with their categories, at most {np.log(categories):.3f} nats; own "
        "codes read: how often Q's likeliest category is theirs."
    )
    return Evaluator(
        "codes",
        protocol,
        measure,
        lambda: {"training pictures": compare(tables.first_pictures(train, count))},
        findings=findings,
        needs={"1-NN accuracy": latent.TWO, "spread": latent.DIFFERENT},
    )
