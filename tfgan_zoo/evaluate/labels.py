"""Pictures from latents and labels: are they of the class that was asked for, and how varied is one
class?
"""

import dataclasses
import functools
import math

import numpy as np

from tfgan_zoo.evaluate import latent, tables
from tfgan_zoo.evaluate.evaluator import Evaluator, in_batches, share
from tfgan_zoo.kinds.kind import mean_deviation as spread
from tfgan_zoo.metrics import extractors, generated, neighbours

EXAMPLES = 10_000  # labelled samples of the 1-nearest-neighbour classifier
BATCH = 100  # pictures in one call of an exported model
READ = 100  # pictures of each label that are read at a validation
SPREAD = 300  # pictures whose spread is taken at a validation


def inputs_of(prior, classes):
    """(count, seed) -> the inputs of an interface that takes latents and labels: every label in
    turn, so that all come equally often.
    """
    return lambda count, seed: inputs(prior, np.arange(count) % classes, seed)


def inputs(prior, labels, seed):
    """The inputs of an interface that takes latents and labels: latents of `seed` (int32 [2]) for
    `labels [B]`.
    """
    latents = np.asarray(prior.sample(len(labels), list(seed)))
    return {"latents": latents, "labels": np.asarray(labels, np.int32)}


def count_classes(train):
    """Number of labels in a table of training examples."""
    names = train.info.get("label_names")
    return len(names) if names else 1 + int(tables.first(train, len(train))["labels"].max())


@dataclasses.dataclass(frozen=True)
class Reader:
    """A classifier that nobody trained beside the generator.

    Attributes:
        name: as the protocol calls it.
        classify: `extractors.Extractor`.
    """

    name: str
    classify: extractors.Extractor

    def __call__(self, images):
        """Labels `[B]` of pictures `[B, H, W, C]` in [-1, 1]."""
        return self.classify(generated.quantise(images, "The generator"))[1].argmax(1)


def reader(train, extractor="auto"):
    """The `Reader` of pictures such as those of `train`; None where there is none.

    Args:
        train: `Examples` with the fields `images` and `labels`.
        extractor: name, as for `extractors.find`, of one that reads them if it tells as many
            classes as there are labels; `auto` is the zoo's frozen mnist_cnn for small grey
            pictures of ten labels.
    """
    classes, shape = count_classes(train), train.fields["images"].shape
    if extractor == "auto":
        if classes != 10 or extractors.automatic(shape) != "mnist_cnn":
            return None
        extractor = "mnist_cnn"
    classify = extractors.find(extractor)
    if classify.classes != classes:
        return None
    classify.check_shape(shape)
    frozen = "the zoo's frozen " if classify.name == "mnist_cnn" else "the classifier "
    return Reader(frozen + classify.name, classify)


def label_accuracy(draw, read, classes, per_label):
    """Share of the pictures that are read as the label they were drawn for, over all labels and
    for the worst.

    Args:
        draw: (labels `[B]`, label) -> pictures.
        read: pictures -> labels.
        classes: number of labels.
        per_label: pictures of each.
    """
    hits = [
        np.mean(read(draw(np.full(per_label, label), label)) == label) for label in range(classes)
    ]
    return {"label_accuracy": float(np.mean(hits)), "worst_label_accuracy": float(np.min(hits))}


def training(prior, train, extractor="auto"):
    """The scores of each validation: `label_spread`, and where a classifier can tell
    `label_accuracy` and `worst_label_accuracy`.

    Args:
        prior: of `networks.priors`.
        train: `Examples` with the fields `images` and `labels`.
        extractor: as for `reader`.

    Returns:
        list of `Evaluator` of an interface `latents`, `labels` -> `images`.
    """
    classes = count_classes(train)

    @functools.cache
    def real():
        pictures = tables.first_pictures(train, latent.LARGEST)
        return spread_of_labels(pictures, tables.first(train, latent.LARGEST)["labels"])

    def label_spread(served):
        drawn = inputs_of(prior, classes)(SPREAD, (0, 5))
        pictures = served(**drawn)["images"]
        found = share(spread_of_labels(pictures, drawn["labels"]), real())
        return {"label_spread": found} if math.isfinite(found) else {}

    read = reader(train, extractor)

    def accuracy(served):
        def draw(labels, label):
            return served(**inputs(prior, labels, (label, 5)))["images"]

        return label_accuracy(draw, read, classes, READ)

    def spread_better():
        return {"label_spread": "neither"}

    def accuracy_better():
        return dict.fromkeys(("label_accuracy", "worst_label_accuracy"), "higher")

    found = [Evaluator("label spread", "", label_spread, training=True, better=spread_better)]
    if read:
        found.append(
            Evaluator("label accuracy", "", accuracy, training=True, better=accuracy_better)
        )
    return found


def export(prior, train, test, per_label=1000, extractor="auto", seen=latent.as_they_are):
    """The scores of an exported generator of classes: `1-NN accuracy`, `spread`, `label spread`,
    and where a classifier can tell `label accuracy`, `worst label accuracy` and
    `1-NN classifier error`; beside training and test pictures.

    Args:
        prior: of `networks.priors`.
        train, test: `Examples` with the fields `images` and `labels`.
        per_label: pictures of each label that the classifier reads.
        extractor: as for `reader`.
        seen: real pictures -> as drawn ones are compared with them, such as binarised.

    Returns:
        `Evaluator` of an interface `latents`, `labels` -> `images`.
    """
    classes, read = count_classes(train), reader(train, extractor)
    count = latent.count_of(train, test)

    @functools.cache
    def real():
        return seen(tables.first_pictures(test, count))

    @functools.cache
    def true_labels():
        return tables.first(test, count)["labels"]

    def compare(pictures, labels):
        return {
            "1-NN accuracy": latent.pixel_accuracy(real(), pictures)["total"],
            "spread": share(spread(pictures), spread(real())),
            "label spread": share(
                spread_of_labels(pictures, labels), spread_of_labels(real(), true_labels())
            ),
        }

    def measure(served):
        def draw(labels, seed):
            return in_batches(served, "images", BATCH, inputs(prior, labels, seed))

        scores = compare(draw(true_labels(), (0, 1)), true_labels())
        if read:
            found = label_accuracy(
                lambda labels, label: draw(labels, (label, 4)), read, classes, per_label
            )
            scores |= {name.replace("_", " "): value for name, value in found.items()}
            labels = np.arange(min(EXAMPLES, len(train))) % classes
            examples = draw(labels, (0, 6))
            scores["1-NN classifier error"] = neighbour_error(examples, labels, test, seen)
        return scores

    def baselines():
        stored = tables.first(train, count)["labels"]
        own = seen(tables.first_pictures(train, count))
        found = {"training pictures": compare(own, stored)}
        if read:
            hits = read(real()) == true_labels()
            found["test pictures"] = {"label accuracy": float(np.mean(hits))}
            found["training pictures"]["1-NN classifier error"] = neighbour_error(
                seen(tables.first_pictures(train, EXAMPLES)),
                tables.first(train, EXAMPLES)["labels"],
                *(test, seen),
            )
        return found

    reading = read and (
        f"label accuracy: share of {per_label * classes} pictures, "
        f"{per_label} of each label, that {read.name} reads as the label they "
        "were drawn for. 1-NN classifier error: on all test pictures, of the 1-nearest-neighbour "
        f"classifier on pixels whose examples are {min(EXAMPLES, len(train)):,} pictures, "
        "the labels in turn (the score of DCGAN's authors). "
    )
    protocol = (
        f"{reading if read else ''}Of {count} pictures drawn by the SavedModel with the labels "
        f"of as many of the split '{test.info['split']}': leave-one-out "
        "1-nearest-neighbour accuracy on pixels (0.5 is ideal, under it means copies) and the "
        "spread (mean over pixels of the standard deviation) as a share of the real pictures', "
        "over all and, as label spread, the mean over those of one label."
    )
    needs = {
        "1-NN accuracy": latent.TWO,
        "spread": latent.DIFFERENT,
        "label spread": "no label has two held-out pictures that differ",
    }
    return Evaluator("labelled closeness", protocol, measure, baselines, needs=needs)


def spread_of_labels(examples, labels):
    """Mean over the labels of the spread of their examples: what one label leaves to the latent.

    A label with one example alone says nothing and does not count; NaN where there is no other.

    Args:
        examples: `[N, ...]`.
        labels: integers `[N]`.
    """
    labels = np.asarray(labels)
    found, counts = np.unique(labels, return_counts=True)
    spreads = [spread(examples[labels == label]) for label in found[counts > 1]]
    return float(np.mean(spreads)) if spreads else math.nan


def neighbour_error(pictures, labels, test, seen=latent.as_they_are):
    """Error on all of `test` of the 1-nearest-neighbour classifier on pixels.

    Args:
        pictures, labels: its examples, float `[N, H, W, C]` in [-1, 1] and integers `[N]`.
        test: `Examples` with the fields `images` and `labels`.
        seen: as of `export`.
    """
    real = seen(tables.first_pictures(test, len(test)))
    flat = [np.reshape(images, (len(images), -1)) for images in (pictures, real)]
    truth = tables.first(test, len(test))["labels"]
    return neighbours.classification_error(flat[0], labels, flat[1], truth)
