"""Points of a world whose modes are known: how far they are from it, how many modes they reach."""

import numpy as np

from tfgan_zoo.evaluate import latent, tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.metrics.modes import mode_coverage, perfect_sampler
from tfgan_zoo.metrics.transport import wasserstein

SCORED = 2500  # points of a validation, as Metz et al. count modes
TRANSPORTED = 1000  # of them, for the exact distance
COVERED = ("modes", "high_quality", "kl", "shrunken_variance")


def training(prior, world):
    """The scores of each validation: those of `scores_of`.

    Args:
        prior: of `networks.priors`.
        world: of `data.worlds`.

    Returns:
        `Evaluator` of an interface `latents` -> `points`.
    """

    def measure(served):
        drawn = latent.inputs_of(prior)(SCORED, (0, 2))
        return scores_of(served(**drawn)["points"], world)

    def better():
        covered = dict(zip(COVERED, ("higher", "higher", "lower", "lower"), strict=True))
        return ({} if world.centres is None else covered) | {"wasserstein": "lower"}

    return Evaluator("world", "", measure, training=True, better=better)


def export(prior, world, test):
    """The scores of an exported generator of points: those of `scores_of`; beside test points and,
    in a world with modes, a sampler that draws each mode as often as the world does.

    Args:
        prior: of `networks.priors`.
        world: of `data.worlds`.
        test: `Examples` with the field `points`.

    Returns:
        `Evaluator` of an interface `latents` -> `points`.
    """

    def measure(served):
        return scores_of(served(**latent.inputs_of(prior)(len(test), latent.SEED))["points"], world)

    def baselines():
        found = {"test points": scores_of(tables.first(test, len(test))["points"], world)}
        if world.centres is not None:
            found["perfect sampler"] = perfect_sampler(
                len(test), world.weights, world.centres.shape[1]
            )
        return found

    protocol = (
        f"Of {len(test)} points drawn by the SavedModel from latents of seed 1: wasserstein is the "
        f"exact distance (W1) of the first {TRANSPORTED} to as many points drawn from the world."
    )
    if world.centres is not None:
        protocol += (
            " modes: those that a point within three of its standard deviations reaches; "
            "high_quality: share of such points; kl: divergence of the modes' shares from the "
            "world's, in nats; shrunken_variance: 1 where more points lie so near than the true "
            "world would leave to chance."
        )
    return Evaluator("world", protocol, measure, baselines)


def scores_of(points, world):
    """The Wasserstein distance (W1) to points drawn from the world and, for a world with modes,
    numbers of `metrics.modes.mode_coverage`; by name.

    Args:
        points: float `[N, D]`.
        world: of `data.worlds`.
    """
    points = np.asarray(points)
    drawn = world.sample(TRANSPORTED, np.random.default_rng(2))
    distance = {"wasserstein": wasserstein(drawn, points[:TRANSPORTED])}
    if world.centres is None:
        return distance
    found = mode_coverage(points, world.centres, world.stds, weights=world.weights)
    return {name: float(found[name]) for name in COVERED} | distance
