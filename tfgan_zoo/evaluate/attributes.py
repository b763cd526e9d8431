"""Pictures drawn anew with other attributes: are they read as what was asked for, and does the rest
stay as it was?

Who reads them is a classifier that is trained here, on real training pictures alone.
"""

import functools

import numpy as np

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches
from tfgan_zoo.kinds.image import to_float
from tfgan_zoo.metrics.attribute_accuracy import attribute_scores, fit_reader
from tfgan_zoo.metrics.reconstruction import l1

BATCH = 25
LEARNT = 4000  # training pictures of a data set that its reader is trained on
FEW = 96  # held-out pictures of a data set at a validation
MANY = 600  # and for the export
READ = ("attribute_accuracy", "worst_attribute_accuracy", "all_right", "flip_accuracy")
NO_FLIP = "no held-out picture was to change"


def training(attributes, train, validation):
    """`attribute_accuracy`, `flip_accuracy`, `identity_l1`, `back_l1` and, where the data show one
    thing with all attributes, `true_l1`, at each validation.

    Args:
        attributes: `data.attributes.Attributes`.
        train, validation: `Examples` with the fields `images` and `labels`.

    Returns:
        `Evaluator` of an interface `images`, `labels` -> `images`.
    """
    judge = Judge(attributes, train, validation, FEW)

    def measure(served):
        found = judge(served)
        return {name: found[name] for name in better()}

    def better():
        words = dict.fromkeys(("attribute_accuracy", "flip_accuracy"), "higher")
        words |= dict.fromkeys(("identity_l1", "back_l1"), "lower")
        return words | ({"true_l1": "lower"} if judge.views else {})

    return Evaluator("attributes", "", measure, training=True, better=better)


def export(attributes, train, test):
    """The scores of an export: those of `training`, `worst_attribute_accuracy` and `all_right`;
    beside what comes of leaving the picture as it is, and the reader's own on real pictures.

    Args:
        attributes, train, test: as for `training`.

    Returns:
        `Evaluator` of an interface `images`, `labels` -> `images`.
    """
    judge = Judge(attributes, train, test, MANY)
    true = (
        " true_l1: the difference to the true picture of the same thing with these attributes, "
        "which no training picture showed."
        if judge.views
        else ""
    )
    protocol = (
        f"Drawn by the SavedModel: the first {MANY} pictures at most of each data set of the split "
        f"'{test.info['split']}', each with another label, chosen by chance with the seed 0, with "
        "its own, and from the former back with its own. Attributes are read by a classifier of "
        f"three convolutions that is trained on at most {LEARNT} real training pictures. "
        "attribute_accuracy: share of attributes that are read as asked for; flip_accuracy: of "
        "those that were to change; all_right: share of pictures of which all are; of attributes "
        "that exclude one another a picture counts as one. identity_l1: mean difference to the "
        "picture where its own label was asked for; back_l1: after there and back; colours from -1 "
        "to 1."
        f"{true}"
    )
    return Evaluator(
        "attributes", protocol, judge, judge.baselines, needs={"flip_accuracy": NO_FLIP}
    )


class Judge:
    """Scores one table of held-out pictures.

    Args:
        attributes, train, held: as for `training`.
        count: pictures of each data set.

    Attributes:
        views: how many held-out pictures in a row show one thing, with each label in turn; None
            where nothing is shown twice.
    """

    def __init__(self, attributes, train, held, count):
        self.attributes, self.train, self.held, self.count = attributes, train, held, count
        self.views = held.info.get("views")

    def __call__(self, served):
        """The means over the data sets of the scores of `served`, by name."""

        def draw(images, labels):
            return in_batches(served, "images", BATCH, {"images": images, "labels": labels})

        return self._mean(lambda part: self._scores(part, draw))

    def baselines(self):
        """The input as it is, and real pictures with their own attributes."""

        def unread(part):
            real = to_bool(part.table[part.labels])
            found = attribute_scores(part.read(part.images), real, real, part.exclusive)
            return {name: found[name] for name in READ if name != "flip_accuracy"}

        left = self._mean(lambda part: self._scores(part, lambda images, labels: images))
        del left["identity_l1"], left["back_l1"]
        return {"the picture as it is": left, "real pictures": self._mean(unread)}

    def _mean(self, score):
        found = [score(part) for part in self.parts]
        return {name: float(np.mean([one[name] for one in found])) for name in found[0]}

    def _scores(self, part, draw):
        images, labels, wanted = part.images, part.labels, part.wanted
        drawn = draw(images, wanted)
        own, asked = to_bool(part.table[labels]), to_bool(part.table[wanted])
        scores = attribute_scores(part.read(drawn), asked, own, part.exclusive)
        scores["identity_l1"] = float(np.mean(l1(draw(images, labels), images)))
        scores["back_l1"] = float(np.mean(l1(draw(drawn, labels), images)))
        if self.views:
            scores["true_l1"] = float(np.mean(l1(drawn, part.true)))
        return scores

    @functools.cached_property
    def parts(self):
        """A `Part` for each data set."""
        sets, table = self.attributes.set_of_label, self.attributes.table
        labels = _labels(self.held)
        parts, column = [], 0
        for number, known in enumerate(self.attributes.sets):
            own = np.flatnonzero(sets == number)
            rows = np.flatnonzero(np.isin(labels, own))[: self.count]
            columns = slice(column, column + len(known.words))
            column += len(known.words)
            parts.append(Part(self, rows, own, table[:, columns], known.exclusive))
        return parts


class Part:
    """One data set of a `Judge`: its held-out pictures, what is asked of each, who reads them."""

    def __init__(self, judge, rows, own, table, exclusive):
        self.table, self.exclusive = table, exclusive
        found = judge.held.fetch(rows)
        self.images, self.labels = to_float(found["images"]).numpy(), found["labels"]
        steps = np.random.default_rng(0).integers(1, len(own), len(rows))
        self.wanted = (own[0] + (self.labels - own[0] + steps) % len(own)).astype(np.int32)
        if judge.views:
            true = rows - rows % judge.views + self.wanted
            self.true = to_float(judge.held.fetch(true)["images"]).numpy()
        learnt = np.flatnonzero(np.isin(_labels(judge.train), own))
        learnt = np.random.default_rng(0).permutation(learnt)[:LEARNT]
        real = judge.train.fetch(learnt)
        self.read = fit_reader(to_float(real["images"]).numpy(), table[real["labels"]], exclusive)


def _labels(examples: Examples):
    parts = (np.arange(i, min(i + 4096, len(examples))) for i in range(0, len(examples), 4096))
    return np.concatenate([examples.fetch(rows)["labels"] for rows in parts])


def to_bool(attributes):
    """Attributes of 0 and 1 as bool."""
    return np.asarray(attributes) > 0.5
