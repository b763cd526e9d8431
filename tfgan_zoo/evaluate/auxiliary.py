"""A discriminator that names the class of what it sees: how well it reads real pictures."""

from tfgan_zoo.evaluate import semi_supervised, tables
from tfgan_zoo.evaluate.evaluator import Evaluator

READ = 2000  # training pictures that are read at a validation
TAKEN = 5000  # training pictures whose statistics an export's reader goes by


def training(classify, train):
    """The score of each validation, `auxiliary_error`: the share of the first training pictures
    whose class is not the likeliest. The test split must not choose a checkpoint.

    Args:
        classify: images `[B, H, W, C]` in [-1, 1] -> logits `[B, classes]`.
        train: `Examples` with the fields `images` and `labels`.

    Returns:
        `Evaluator`; it asks the classifier, not what is served.
    """
    first = train.subset(range(min(READ, len(train))))

    def measure(served):
        return {"auxiliary_error": semi_supervised.error(classify, first)}

    return Evaluator(
        "auxiliary error", "", measure, training=True, better=lambda: {"auxiliary_error": "lower"}
    )


def export(classify, reader_of, train, test):
    """The scores of the auxiliary classifier beside an export: `auxiliary error`, on all test
    pictures, and `auxiliary error, moving statistics`.

    Args:
        classify: as for `training`, by the statistics that its normalisation kept while it learnt.
        reader_of: real pictures `[N, H, W, C]` -> such a classifier by their statistics.
        train, test: `Examples` with the fields `images` and `labels`.

    Returns:
        `Evaluator`; it asks the classifier, not what is served.
    """

    def measure(served):
        own = reader_of(tables.first_pictures(train, TAKEN))
        return {
            "auxiliary error": semi_supervised.error(own, test),
            "auxiliary error, moving statistics": semi_supervised.error(classify, test),
        }

    protocol = (
        f"auxiliary error: share of all {len(test)} pictures of the split '{test.info['split']}' "
        "whose class the discriminator's auxiliary classifier does not find the likeliest; its "
        f"batch normalisation by the statistics of the first {min(TAKEN, len(train))} training "
        "pictures without dropout, and beside it by the moving ones that it kept while it learnt."
    )
    return Evaluator("auxiliary error", protocol, measure)
