"""What an encoder tells, and what comes back of a picture that goes through the code."""

import functools

import numpy as np

from tfgan_zoo.evaluate import pairs, tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.losses.likelihood import gaussian_kl
from tfgan_zoo.metrics.reconstruction import l1, psnr

BATCH = 500
LEAST_VARIANCE = 0.01  # of an active dimension's means, as Burda et al. 2016, arXiv 1509.00519
LARGEST = 10_000  # pictures
METRICS = {"l1": l1, "psnr": psnr}


def posterior(test):
    """The scores of an exported encoder: `KL`, the mean divergence of the posterior from N(0, I) in
    nats, and `active dimensions`, those of the latent that tell pictures apart.

    Args:
        test: `Examples` with the field `images`.

    Returns:
        `Evaluator` of an interface `images` -> `means`, `log_variances`.
    """
    count = min(LARGEST, len(test))

    def measure(served):
        pictures = tables.first_pictures(test, count)
        parts = [served(images=pictures[i : i + BATCH]) for i in range(0, count, BATCH)]
        means, log_variances = (
            np.concatenate([part[name] for part in parts]) for name in ("means", "log_variances")
        )
        return {
            "KL": float(np.mean(gaussian_kl(means, log_variances))),
            "active dimensions": float(np.sum(means.var(axis=0) > LEAST_VARIANCE)),
        }

    protocol = (
        f"Of {count} grey pictures of the split '{test.info['split']}', encoded by the SavedModel: "
        "KL, the mean divergence of the posterior from the prior in nats; active dimensions, those "
        f"of the latent whose mean varies by more than {LEAST_VARIANCE} from picture to picture."
    )
    return Evaluator("posterior", protocol, measure)


def there_and_back(test, train):
    """The scores of pictures that went through the code: mean `l1` and `psnr`, beside those of the
    mean training picture.

    Args:
        test, train: `Examples` with the field `images`.

    Returns:
        `Evaluator` of an interface `images` -> `images`.
    """
    count = min(LARGEST, len(test))
    truth = functools.cache(lambda: tables.first_pictures(test, count))

    def scores(pictures):
        return {name: float(np.mean(f(pictures, truth()))) for name, f in METRICS.items()}

    def measure(served):
        parts = [served(images=truth()[i : i + BATCH])["images"] for i in range(0, count, BATCH)]
        return scores(np.concatenate(parts))

    def baselines():
        mean = tables.first_pictures(train, LARGEST).mean(axis=0)
        return {"mean training picture": scores(np.broadcast_to(mean, truth().shape))}

    protocol = (
        f"{count} pictures of the split '{test.info['split']}', encoded and decoded by the "
        "SavedModel through the posterior's mean: the mean over pictures of the mean absolute "
        "difference in [-1, 1] (l1) and of the peak signal to noise ratio in dB (psnr)."
    )
    return Evaluator("reconstruction", protocol, measure, baselines, needs={"psnr": pairs.EQUAL})
