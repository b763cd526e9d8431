"""Pictures of what a generator makes of its latents; each function draws one command's."""

import numpy as np
from absl import logging

from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.training.plane import plane_latents

NUMBERED = 64  # samples that `samples` draws
PICTURES, PIXELS = 4096, 64_000_000  # of a sheet at most
BATCH = 64  # pictures drawn at once


def check_room(generator, pictures, lower):
    """Raises `ExploreError` for more pictures than a sheet holds.

    Args:
        generator: `Generator`.
        pictures: how many.
        lower: the flags that make it fewer, as a phrase.
    """
    height, width = (side or 1 for side in generator.size)
    most = min(PICTURES, PIXELS // (height * width))
    if pictures > most:
        raise ExploreError(
            f"That makes {pictures:,} pictures, and a sheet of this generator holds {most:,}: "
            f"lower {lower}."
        )


def slerp(first, second, shares):
    """Points on the great circle between two latents (Shoemake 1985; White 2016, arXiv 1609.04468).

    Args:
        first, second: `[Z]`.
        shares: `[S]` from 0 (the first) to 1 (the second).

    Returns:
        `[S, Z]`. The direction turns evenly and the length goes evenly from one to the other; two
        latents of one direction are joined by a straight line.
    """
    shares = np.asarray(shares)[:, None]
    lengths = np.linalg.norm(first), np.linalg.norm(second)
    cosine = np.clip(np.dot(first, second) / (lengths[0] * lengths[1]), -1, 1)
    angle = np.arccos(cosine)
    if np.sin(angle) < 1e-6:
        return first + shares * (second - first)
    turned = np.sin((1 - shares) * angle) * first / lengths[0]
    turned = (turned + np.sin(shares * angle) * second / lengths[1]) / np.sin(angle)
    return turned * (lengths[0] + shares * (lengths[1] - lengths[0]))


def rows(pictures, captions=None):
    """`[rows, columns, H, W, C]` as one picture."""
    from tfgan_zoo.kinds.image import grid

    columns = [pictures[:, x] for x in range(pictures.shape[1])]
    return grid(columns, captions, scale=2 if pictures.shape[2] <= 32 else 1)


def table(generator, latents, labels=None):
    """Pictures of `latents [rows, columns, Z]`, `[rows, columns, H, W, C]`."""
    flat = latents.reshape(-1, latents.shape[-1])
    images = np.concatenate(
        [
            generator(flat[i : i + BATCH], None if labels is None else labels[i : i + BATCH])
            for i in range(0, len(flat), BATCH)
        ]
    )
    return images.reshape(*latents.shape[:2], *images.shape[1:])


def samples(generator, options):
    """64 samples, 8 a row; the first row's numbers stand above, the others count on."""
    latents = generator.draw_latents(NUMBERED, options.seed)
    pictures = table(generator, latents.reshape(8, 8, -1))
    return rows(pictures, [f"{column}, +8" for column in range(8)])


def interpolate(generator, options):
    """Two rows a pair: straight, then along the great circle."""
    check_room(generator, 2 * options.count * options.steps, "--count or --steps")
    ends = generator.draw_latents(2 * options.count, options.seed).reshape(options.count, 2, -1)
    shares = np.linspace(0, 1, options.steps)
    straight = ends[:, :1] + shares[None, :, None] * (ends[:, 1:] - ends[:, :1])
    circle = np.stack([slerp(first, second, shares) for first, second in ends])
    both = np.stack([straight, circle], 1).reshape(2 * options.count, options.steps, -1)
    return rows(table(generator, both))


def arithmetic(generator, options):
    """Means, their sum in the middle of a 3x3 of its neighbours, as DCGAN's figure 7."""
    latents = generator.draw_latents(NUMBERED, options.seed)
    means = [chosen(latents, name, options) for name in ("plus", "minus", "to")]
    result = means[0] - means[1] + means[2]
    chance = np.random.default_rng(options.seed)
    around = result + chance.uniform(-options.jitter, options.jitter, (3, 3, generator.dimension))
    around[1, 1] = result
    parts = np.repeat(np.stack(means)[None], 3, 0)
    pictures = table(generator, np.concatenate([parts, around], 1).astype(np.float32))
    pictures[1:, :3] = 1.0  # the means once, at the top
    return rows(pictures, ["plus", "minus", "to", "", "result", ""])


def chosen(latents, name, options):
    """Mean latent of the samples whose numbers the option `name` lists; zero for an empty list."""
    try:
        numbers = [int(number) for number in getattr(options, name)]
    except ValueError as error:
        raise ExploreError(
            f"--{name} takes numbers of samples from 0 to {NUMBERED - 1}."
        ) from error
    if any(not 0 <= number < NUMBERED for number in numbers):
        raise ExploreError(f"--{name} takes numbers of samples from 0 to {NUMBERED - 1}.")
    if not numbers and name != "minus":
        raise ExploreError(
            f"--{name} is empty: name samples by the numbers of the picture that 'samples' draws."
        )
    return latents[numbers].mean(0) if numbers else np.zeros_like(latents[0])


def sweep(generator, options):
    """A row a dimension, the rest of the latent held."""
    try:
        dimensions = [int(dimension) for dimension in options.dimensions]
    except ValueError as error:
        raise ExploreError("--dimensions takes numbers of latent dimensions.") from error
    if any(not 0 <= dimension < generator.dimension for dimension in dimensions):
        raise ExploreError(f"--dimensions lie from 0 to {generator.dimension - 1}.")
    check_room(generator, len(dimensions) * options.steps, "--steps")
    held = generator.draw_latents(1, options.seed)
    latents = np.tile(held, (len(dimensions), options.steps, 1))
    for row, dimension in enumerate(dimensions):
        latents[row, :, dimension] = np.linspace(options.low, options.high, options.steps)
    return rows(table(generator, latents))


def classes(generator, options):
    """A row a latent, a column a class."""
    if not generator.classes:
        raise ExploreError("This generator takes no labels; 'sweep' varies the code of InfoGAN.")
    count = generator.classes
    check_room(generator, count * options.count, "--count")
    latents = generator.draw_latents(options.count, options.seed)
    latents = np.repeat(latents[:, None], count, 1)
    labels = np.tile(np.arange(count), options.count)
    return rows(table(generator, latents, labels), generator.names)


def plane(generator, options):
    """--steps times --steps pictures of a latent of two dimensions, each where its latent lies.

    Under a normal prior the places are evenly spaced shares of it, as in figure 4 of Kingma and
    Welling 2014 (arXiv 1312.6114); under another they go evenly from --low to --high.
    """
    if generator.dimension != 2:
        raise ExploreError(
            f"plane needs latents of 2 dimensions, and these have {generator.dimension}: 'sweep' "
            "varies one of many."
        )
    check_room(generator, options.steps**2, "--steps")
    if generator.normal:
        latents = plane_latents(options.steps).reshape(options.steps, options.steps, 2)
    else:
        values = np.linspace(options.low, options.high, options.steps)
        # The first dimension goes to the right, the second upwards.
        latents = np.stack(np.meshgrid(values, values[::-1]), -1).astype(np.float32)
    return rows(table(generator, latents))


def drop(generator, options):
    """Samples above, and below them the same without the maps that a regression ties to --region.

    As in DCGAN: logistic regression on the activations at each place of --fitted samples tells
    inside from outside of the region; every map with a positive weight is switched off everywhere.
    """
    from sklearn.linear_model import LogisticRegression

    check_room(generator, 2 * options.count, "--count")
    maps, finish = generator.opened(options.layer)
    latents = generator.draw_latents(max(options.fitted, options.count), options.seed)
    images, active = generator(latents[: options.count]), maps(latents)
    inside = region_mask(options.region, images.shape[1:3], active.shape[1:3])
    labels = np.tile(inside.ravel(), len(active))
    features = active.reshape(-1, active.shape[-1])
    weights = LogisticRegression(max_iter=1000).fit(features, labels).coef_[0]
    changed = finish(latents[: options.count], np.where(weights > 0, 0, active[: options.count]))
    logging.warning("%d of %d feature maps are switched off.", (weights > 0).sum(), len(weights))
    return rows(np.stack([images, changed]))


def region_mask(region, size, coarse):
    """bool `coarse` (h, w): whether the middle of each place lies in --region of a picture."""
    try:
        top, left, bottom, right = (int(number) for number in region)
    except ValueError as error:
        raise ExploreError("--region takes four numbers: top,left,bottom,right.") from error
    if not (0 <= top < bottom <= size[0] and 0 <= left < right <= size[1]):
        raise ExploreError(f"--region must lie in a picture of {size[0]}x{size[1]} pixels.")
    ys = (np.arange(coarse[0]) + 0.5) * size[0] / coarse[0]
    xs = (np.arange(coarse[1]) + 0.5) * size[1] / coarse[1]
    mask = ((ys >= top) & (ys < bottom))[:, None] & ((xs >= left) & (xs < right))[None]
    if mask.all() or not mask.any():
        raise ExploreError("--region must hold some places of the feature maps, and not all.")
    return mask


COMMANDS = {
    function.__name__: function
    for function in (samples, interpolate, arithmetic, sweep, plane, classes, drop)
}
