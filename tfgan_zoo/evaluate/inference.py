"""Inferred codes: what labels their neighbours tell, and how near a picture comes back."""

import functools

import numpy as np

from tfgan_zoo.evaluate import pairs, tables
from tfgan_zoo.evaluate.evaluator import Evaluator, served_by, share
from tfgan_zoo.evaluate.latent import DIFFERENT
from tfgan_zoo.kinds.kind import mean_deviation
from tfgan_zoo.metrics.neighbours import classification_error
from tfgan_zoo.metrics.reconstruction import distance, l1, psnr

BATCH = 500
VALIDATED, AMONG = 1000, 5000  # pictures of a validation, and those whose labels are read off


def labels(train, test, prior, codes, count, neighbours):
    """The scores of exported codes: for each of them `1-NN`, the share of held-out pictures whose
    label is that of the training picture with the nearest code; and `spread`, the deviation of the
    latents as a share of the prior's. Beside raw pixels.

    Args:
        train, test: `Examples` with the field `images`, and perhaps `labels`.
        prior: of `networks.priors`.
        codes: names of the outputs; `latents` is among them.
        count, neighbours: held-out and training pictures, at most; without neighbours or labels
            there is no `1-NN`.

    Returns:
        `Evaluator` of an interface `images` -> codes `[B, ...]`.
    """
    count, neighbours = min(count, len(test)), min(neighbours, len(train))
    known = neighbours > 0 and "labels" in train.fields and "labels" in test.fields

    def measure(served):
        held_out = encoded(served, codes, tables.first_pictures(test, count))
        drawn = np.asarray(prior.sample(count, [0, 1]))
        latents = mean_deviation(held_out["latents"]), mean_deviation(drawn)
        return {**accuracies(served, held_out), "spread": share(*latents)}

    def accuracies(served, held_out):
        if not known:
            return {}
        among = encoded(served, codes, tables.first_pictures(train, neighbours))
        return {f"1-NN of {name}": accuracy(among[name], held_out[name]) for name in codes}

    @functools.cache
    def true_labels():
        return tables.first(train, neighbours)["labels"], tables.first(test, count)["labels"]

    def accuracy(among, held_out):
        seen, asked = true_labels()
        return 1.0 - classification_error(among, seen, held_out, asked)

    def baselines():
        if not known:
            return {}
        flat = [
            tables.first_pictures(*part).reshape(part[1], -1)
            for part in ((train, neighbours), (test, count))
        ]
        pixels = accuracy(*flat)
        return {"raw pixels": {f"1-NN of {name}": pixels for name in codes}}

    read = (
        "1-NN, the share whose label is that of the nearest, by Euclidean distance, of the codes "
        f"of {neighbours} training pictures; "
        if known
        else ""
    )
    protocol = (
        f"Of {count} pictures of the split '{test.info['split']}', encoded by the SavedModel: "
        f"{read}spread, the mean over dimensions of the latents' standard deviation, as a share of "
        "that of as many draws of the prior."
    )
    return Evaluator("codes", protocol, measure, baselines)


def there_and_back(test, train, count):
    """The scores of pictures that went through their latents: mean `l1` and `psnr`; `distance` and
    `distance to another`, Euclidean, and `ratio`, the first of the two by the second.

    The last three are `EGr`, `EGr_b` and what the authors of BiGAN read of them
    (github.com/jeffdonahue/bigan, `train_gan.py`): under 1 it is this picture that comes back.

    Args:
        test, train: `Examples` with the field `images`.
        count: held-out pictures, at most.

    Returns:
        `Evaluator` of an interface `images` -> `images`, beside the mean training picture.
    """
    count = min(count, len(test))
    truth = functools.cache(lambda: tables.first_pictures(test, count))

    def scores(found):
        errors = {"l1": l1, "psnr": psnr}
        means = {name: float(np.mean(f(found, truth()))) for name, f in errors.items()}
        return means | distances(found, truth())

    def measure(served):
        return scores(encoded(served, ("images",), truth())["images"])

    def baselines():
        mean = tables.first_pictures(train, count).mean(axis=0)
        return {"mean training picture": scores(np.broadcast_to(mean, truth().shape))}

    protocol = (
        f"{count} pictures of the split '{test.info['split']}', encoded and decoded by the "
        "SavedModel: the mean over pictures of the mean absolute difference in [-1, 1] (l1), of "
        "the peak signal to noise ratio in dB (psnr), and of the Euclidean distance of all pixels "
        "in [0, 1] from the picture itself (distance) and from the one after it (distance to "
        "another); ratio, the one by the other."
    )
    needs = {"psnr": pairs.EQUAL, "ratio": DIFFERENT}
    return Evaluator("reconstruction", protocol, measure, baselines, needs=needs)


def training(model, train, validation):
    """The scores of each validation: `distance` and `distance_ratio`, as `there_and_back` has them,
    and where there are labels, for each code, `1nn_...`, as `labels` has it.

    Args:
        model: with `codes`, `encode(images)` and `reconstruct(images)`.
        train, validation: `Examples` with the field `images`, and perhaps `labels`.

    Returns:
        `Evaluator` of the model itself, whatever interface it is asked of.
    """
    import tensorflow as tf

    encode = served_by(tf.function(model.encode))
    again = tf.function(model.reconstruct)
    back = served_by(lambda images: {"images": again(images)})
    known = "labels" in train.fields and "labels" in validation.fields

    def measure(_):
        held_out = tables.first_pictures(validation, VALIDATED)
        found = distances(encoded(back, ("images",), held_out)["images"], held_out)
        scores = {"distance": found["distance"], "distance_ratio": found["ratio"]}
        if known:
            seen, asked = tables.first(train, AMONG), tables.first(validation, VALIDATED)
            among = encoded(encode, model.codes, tables.first_pictures(train, AMONG))
            for name, of in encoded(encode, model.codes, held_out).items():
                wrong = classification_error(among[name], seen["labels"], of, asked["labels"])
                scores[f"1nn_{name}"] = 1.0 - wrong
        return scores

    def better():
        words = {"distance": "lower", "distance_ratio": "lower"}
        return words | ({f"1nn_{name}": "higher" for name in model.codes} if known else {})

    return Evaluator("codes", "", measure, training=True, better=better)


def distances(found, truth):
    """Mean Euclidean distance, of pixels in [0, 1], of pictures from their originals, and from the
    originals of those after them.

    Args:
        found, truth: float32 `[N, H, W, C]` in [-1, 1].

    Returns:
        `distance`, `distance to another` and their `ratio`.
    """
    own, other = (float(np.mean(distance(found, of))) for of in (truth, np.roll(truth, -1, 0)))
    return {"distance": own, "distance to another": other, "ratio": share(own, other)}


def encoded(served, names, images):
    """Outputs of many pictures, `BATCH` at a time: arrays `[N, ...]` by name.

    Args:
        served: as for `Evaluator.measure`.
        names: of the outputs.
        images: float32 `[N, H, W, C]`.
    """
    parts = [served(images=images[i : i + BATCH]) for i in range(0, len(images), BATCH)]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}
