"""How near pictures come back from latents that were learnt, beside principal components."""

import functools

import numpy as np

from tfgan_zoo.evaluate import pairs, tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.metrics.reconstruction import l1, psnr

BATCH = 100
FITTED = 5000  # training pictures behind the principal components


def reconstruction(learnt, train, test, count):
    """The scores of pictures that went through their latents: mean `psnr` and `l1` of held-out
    pictures, and `psnr, training` of training pictures, each from the latent that training found
    for it. Beside as many principal components as a latent has numbers.

    Args:
        learnt: `networks.learnt.Learnt`.
        train, test: `Examples` with the field `images`.
        count: pictures of either, at most.

    Returns:
        `Evaluator` of the model, whatever interface it is asked of.
    """
    many = min(count, len(test)), min(count, len(train))
    held_out = functools.cache(lambda: tables.first_pictures(test, many[0]))
    known = functools.cache(lambda: tables.first_pictures(train, many[1]))

    def scores(again, of_known):
        return {
            "psnr": float(np.mean(psnr(again, held_out()))),
            "l1": float(np.mean(l1(again, held_out()))),
            "psnr, training": float(np.mean(psnr(of_known, known()))),
        }

    def measure(_):
        return scores(
            in_parts(learnt.reconstruct, held_out()),
            in_parts(learnt.decode, np.asarray(learnt.training(known()))),
        )

    def baselines():
        fitted = tables.first_pictures(train, FITTED)
        components = min(learnt.prior.size, fitted[0].size, len(fitted))
        again = principal(fitted, components)
        mean = fitted.mean(axis=0)
        return {
            f"{components} principal components": scores(again(held_out()), again(known())),
            "mean training picture": scores(
                *(np.broadcast_to(mean, images().shape) for images in (held_out, known))
            ),
        }

    protocol = (
        f"{many[0]} pictures of the split '{test.info['split']}', encoded and decoded: the mean "
        "over pictures of the peak signal to noise ratio in dB (psnr) and of the mean absolute "
        f"difference in [-1, 1] (l1). psnr, training: of {many[1]} training pictures, decoded from "
        "the latents that training found for them. The principal components are those of "
        f"{min(FITTED, len(train))} training pictures, and what comes back of them is cut to "
        "[-1, 1]."
    )
    needs = {"psnr": pairs.EQUAL, "psnr, training": pairs.EQUAL}
    return Evaluator("reconstruction", protocol, measure, baselines, needs=needs)


def training(learnt, train, test, count):
    """The scores of a validation: `psnr` and `psnr_training`, as `reconstruction` has them.

    Args:
        learnt: () -> the model's `Learnt` at the moment.
        train, test, count: as for `reconstruction`.
    """

    def measure(served):
        found = reconstruction(learnt(), train, test, count).measure(served)
        return {"psnr": found["psnr"], "psnr_training": found["psnr, training"]}

    return Evaluator(
        "reconstruction",
        "",
        measure,
        training=True,
        better=lambda: {"psnr": "higher", "psnr_training": "higher"},
    )


def principal(fitted, count):
    """images -> what `count` principal components of the pictures `fitted` leave of them."""
    mean = fitted.mean(axis=0).ravel()
    components = np.linalg.svd(fitted.reshape(len(fitted), -1) - mean, full_matrices=False)[2]
    components = components[:count]

    def again(images):
        coordinates = (images.reshape(len(images), -1) - mean) @ components.T
        return np.clip(coordinates @ components + mean, -1.0, 1.0).reshape(images.shape)

    return again


def in_parts(function, values):
    """`function` of an array, `BATCH` rows at a time."""
    parts = [values[i : i + BATCH] for i in range(0, len(values), BATCH)]
    return np.concatenate([np.asarray(function(part)) for part in parts])
