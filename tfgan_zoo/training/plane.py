"""The plane of two latent dimensions as one picture, a point of it as likely as any other.

Figure 4 of Kingma & Welling 2014, arXiv 1312.6114: coordinates that are evenly spaced in the unit
square, moved to N(0, 1) by its inverse distribution function.
"""

import numpy as np
from scipy.stats import norm


def plane_latents(side, latent_dim=2, axes=(0, 1)):
    """Latents on a square lattice, row by row from above: the first axis grows to the right, the
    second upwards; other dimensions are 0, the prior's mean.

    Args:
        side: points in a row, in the middles of as many equal parts of the prior.
        latent_dim: length of a latent.
        axes: the two dimensions that vary.

    Returns:
        float32 `[side * side, latent_dim]`.

    Raises:
        ValueError: for axes that are not two dimensions of the latent.
    """
    if len(set(axes)) != 2 or not set(axes) <= set(range(latent_dim)):
        raise ValueError(
            f"A plane has two axes of 0 to {latent_dim - 1}; got {', '.join(map(str, axes))}."
        )
    quantiles = norm.ppf((np.arange(side) + 0.5) / side)
    latents = np.zeros((side, side, latent_dim), np.float32)
    latents[:, :, axes[0]] = quantiles
    latents[:, :, axes[1]] = quantiles[::-1, None]
    return latents.reshape(-1, latent_dim)


def plane(decode, side=20, latent_dim=2, axes=(0, 1)):
    """What a decoder makes of `plane_latents`, without gaps.

    Args:
        decode: latents `[B, latent_dim]` to pictures `[B, H, W, C]` in [-1, 1], such as a model or
            an exported decoder.
        side, latent_dim, axes: as of `plane_latents`.

    Returns:
        One picture in [-1, 1], float32 `[side * H, side * W, C]`.
    """
    images = np.asarray(decode(plane_latents(side, latent_dim, axes)), np.float32)
    height, width, channels = images.shape[1:]
    tiles = images.reshape(side, side, height, width, channels)
    return tiles.transpose(0, 2, 1, 3, 4).reshape(side * height, side * width, channels)
