"""What is exported of a model whose latents were learnt: both ways between pictures and numbers of
N(0, 1).
"""

import dataclasses
from collections.abc import Callable

from tfgan_zoo.networks.priors import Normal


@dataclasses.dataclass(frozen=True)
class Learnt:
    """A model as it is at one moment of its training.

    Attributes:
        prior: `priors.Normal`, of what `decode` takes.
        decode: latents float32 `[B, prior.size]` -> pictures `[B, H, W, C]` in [-1, 1].
        encode: pictures -> latents `[B, prior.size]`, whatever else is in the batch.
        training: (the first training pictures) -> the latents that training found for them.
    """

    prior: Normal
    decode: Callable
    encode: Callable
    training: Callable

    def reconstruct(self, images):
        """Pictures from the latents of `images`."""
        return self.decode(self.encode(images))
