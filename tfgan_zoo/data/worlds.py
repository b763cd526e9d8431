"""Worlds of one or two dimensions whose every mode is known, as tables of points.

| `--data=`    | what it is                                              | from                    |
|--------------|---------------------------------------------------------|-------------------------|
| `ring`       | 8 Gaussians on a circle of radius 1, deviation 0.01     | LSGAN's authors' code   |
| `grid`       | 25 Gaussians, 5 by 5                                    | WGAN-GP's authors' code |
| `swiss_roll` | a rolled-up band, no modes                              | WGAN-GP's authors' code |
| `mixture`    | 5 Gaussians of unequal width on a line                  | MAD-GAN's authors' code |
| `rare`       | the grid with half of its modes at a weight of 1 %      | this project            |

`ring:radius=2,std=0.02` changes what a world is made of.
"""

from __future__ import annotations

import dataclasses
import inspect

import numpy as np
from sklearn.datasets import make_swiss_roll

from tfgan_zoo.data import splits
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import DEFAULT, Request
from tfgan_zoo.kinds.points import Points

COUNTS = {"train": 100_000, "validation": 10_000, "test": 10_000}


@dataclasses.dataclass(frozen=True)
class World:
    """A mixture of isotropic Gaussians.

    Attributes:
        centres: float64 `[K, D]`; a ring of 8 has 8 distinct ones.
        stds: float64 `[K]`, standard deviation in each direction.
        weights: float64 `[K]`, summing to one.
    """

    centres: np.ndarray
    stds: np.ndarray
    weights: np.ndarray

    def sample(self, count, chance):
        """float32 `[count, D]`, drawn with the NumPy generator `chance`."""
        modes = chance.choice(len(self.centres), count, p=self.weights)
        noise = chance.standard_normal((count, self.centres.shape[1]))
        return (self.centres[modes] + self.stds[modes, None] * noise).astype(np.float32)

    def log_density(self, points):
        """log p float64 `[N]` of points `[N, D]`, in nats."""
        away = np.asarray(points, np.float64)[:, None] - self.centres
        squares = np.sum((away / self.stds[:, None]) ** 2, axis=-1)
        scales = np.log(self.weights) - self.centres.shape[1] * np.log(
            self.stds * np.sqrt(2 * np.pi)
        )
        terms = scales - 0.5 * squares
        return np.logaddexp.reduce(terms, axis=1)


@dataclasses.dataclass(frozen=True)
class SwissRoll:
    """scikit-learn's roll seen from its side, divided by `scale`; it has no modes."""

    noise: float
    scale: float
    centres: None = None

    def sample(self, count, chance):
        """float32 `[count, 2]`, drawn with the NumPy generator `chance`."""
        seed = int(chance.integers(2**31))
        points, _ = make_swiss_roll(count, noise=self.noise, random_state=seed)
        return (points[:, [0, 2]] / self.scale).astype(np.float32)


def ring(modes=8, radius=1.0, std=0.01):
    """Modes evenly on a circle, the first on the right."""
    angles = 2 * np.pi * np.arange(modes) / modes
    return _mixture(radius * np.stack([np.cos(angles), np.sin(angles)], 1), std)


def grid(side=5, spacing=2 / 2.828, std=0.05 / 2.828):
    """side x side modes around the origin."""
    places = spacing * (np.arange(side) - (side - 1) / 2)
    return _mixture(np.stack(np.meshgrid(places, places), -1).reshape(-1, 2), std)


def rare(side=5, spacing=2 / 2.828, std=0.05 / 2.828, weight=0.01):
    """The grid, every other mode of which has `weight`, the others sharing the rest."""
    world = grid(side, spacing, std)
    seldom = np.arange(side * side) % 2 == 1
    often = (1 - weight * seldom.sum()) / (~seldom).sum()
    return dataclasses.replace(world, weights=np.where(seldom, weight, often))


def mixture():
    """MAD-GAN's line: modes at 10, 20, 60, 80, 110 of deviations 3, 3, 2, 2, 1."""
    centres = np.array([10.0, 20.0, 60.0, 80.0, 110.0])[:, None]
    return _mixture(centres, np.array([3.0, 3.0, 2.0, 2.0, 1.0]))


def swiss_roll(noise=0.25, scale=7.5):
    """A band of deviation `noise`, rolled up, then divided by `scale`."""
    return SwissRoll(noise, scale)


WORLDS = {function.__name__: function for function in (ring, grid, swiss_roll, mixture, rare)}


def is_world(spec: str) -> bool:
    """Whether `--data` names a world."""
    return spec.partition(":")[0] in WORLDS


def find(spec: str) -> World | SwissRoll:
    """The world of `NAME` or `NAME:key=number,key=number`.

    Raises:
        DataError: for an unknown name or key, or a number that it cannot be.
    """
    name, _, text = spec.partition(":")
    if name not in WORLDS:
        raise DataError(f"'{spec}' is no world; choose one of {', '.join(WORLDS)}.")
    parameters = inspect.signature(WORLDS[name]).parameters
    defaults = {key: parameter.default for key, parameter in parameters.items()}
    options = {}
    for part in filter(None, text.split(",")):
        key, _, value = part.partition("=")
        if key not in defaults:
            raise DataError(
                f"'{spec}': {name} has no '{key}'; it has {', '.join(defaults) or 'no options'}."
            )
        try:
            options[key] = type(defaults[key])(value)
        except ValueError as error:
            raise DataError(f"'{spec}': {key} must be a number, not '{value}'.") from error
        if options[key] <= 0:
            raise DataError(f"'{spec}': {key} must be above zero.")
    world = WORLDS[name](**options)
    if isinstance(world, World) and (world.weights <= 0).any():
        raise DataError(f"'{spec}': the rare modes leave no weight for the others.")
    return world


def open_points(spec: str, split: str, request: Request = DEFAULT) -> Examples:
    """A table of points: field `points`, float32 `[D]`.

    Args:
        spec: see the module.
        split: `train` (100,000 points), `validation` or `test` (10,000 each).
        request: its `seed` says which points, `num_examples` another number of them.

    Raises:
        DataError: for an unknown world, option or split.
    """
    world, split = find(spec), splits.canonical(split)
    if split not in COUNTS:
        raise DataError(f"'{spec}' has no split '{split}'; it has {', '.join(COUNTS)}.")
    chance = np.random.default_rng([request.seed, list(COUNTS).index(split)])
    points = world.sample(request.num_examples or COUNTS[split], chance)
    names = [f"{split}-{index:06d}" for index in range(len(points))]
    info = {
        "name": spec,
        "source": spec,
        "split": split,
        "split_rule": f"drawn with seed {request.seed}",
        "licence": "none needed: random numbers",
        "description": (WORLDS[spec.partition(":")[0]].__doc__ or "").strip(),
    }
    kinds = {"points": Points(points.shape[1:])}
    return Examples.from_arrays({"points": points}, kinds, names, info)


def _mixture(centres, stds):
    count = len(centres)
    return World(centres, np.broadcast_to(np.float64(stds), count), np.full(count, 1 / count))
