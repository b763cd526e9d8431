"""Stacked MNIST: three grey pictures in the channels of one, so that ten digits make 1,000 modes.

Metz et al. 2016, Unrolled GAN, arXiv 1611.02163; Srivastava et al. 2017, VEEGAN, arXiv 1705.07761.
`metrics.modes.stacked_modes` counts them.
"""

from __future__ import annotations

import numpy as np

from tfgan_zoo.data import contents
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.image import Image

COUNT = 128_000  # stacks in an epoch: PacGAN's, arXiv 1712.04086


def stacked(grey: Examples, count: int = COUNT, seed: int = 0) -> Examples:
    """A table of `count` stacks of three of its pictures, each drawn on its own.

    Args:
        grey: with a field `images`, uint8 `[H, W, 1]`.
        count: of stacks.
        seed: which pictures.

    Returns:
        Examples with the one field `images`, uint8 `[H, W, 3]`. Stacks are made when they are
        fetched; only their numbers are kept.
    """
    height, width, _ = grey.fields["images"].shape
    chosen = np.random.default_rng([seed, len(grey)]).integers(len(grey), size=(count, 3))
    info = {key: value for key, value in grey.info.items() if key != "label_names"}
    info["name"] = f"stacked {info['name']}"
    if info.get("contents"):
        info["contents"] = contents.prefixed("stacked/", info["contents"])
    info["split_rule"] = f"{count} draws of three with seed {seed} from: {info.get('split_rule')}"

    def fetch(rows):
        planes = grey.fetch(chosen[rows].ravel())["images"]
        planes = planes.reshape(len(rows), 3, height, width)
        return {"images": np.ascontiguousarray(np.moveaxis(planes, 1, -1))}

    names = [f"{grey.info.get('split', 'stack')}-{index:06d}" for index in range(count)]
    fields = {"images": Image((height, width, 3))}
    return Examples(fields, names, info, fetch)
