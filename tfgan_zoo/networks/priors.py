"""What a generator's input is drawn from, for TensorFlow and, as text and as data, for those who
have none.

A prior has `size`, the length of a latent; `sample(count, seed)`, float32 `[count, size]` from a
seed int32 [2]; `code`, NumPy that draws one latent `[1, size]`; and `describe()`, the same as a
list of dicts, one for each stretch of a latent: `{"kind": "normal", "size": 100}` (mean 0,
deviation 1), `{"kind": "uniform", "size": 62, "low": -1, "high": 1}` or `{"kind": "one_hot",
"size": 10}`.
"""

import numpy as np
import tensorflow as tf


class Normal:
    """N(0, 1) in each of `size` numbers."""

    def __init__(self, size):
        self.size = size
        self.code = f"np.random.normal(size=(1, {size}))"

    def describe(self):
        return [{"kind": "normal", "size": self.size}]

    def sample(self, count, seed):
        return tf.random.stateless_normal([count, self.size], seed, alg="philox")


class Uniform:
    """U(low, 1) in each of `size` numbers; `low` is 0 or, mostly, -1."""

    def __init__(self, size, low=-1):
        self.size, self.low = size, low
        self.code = f"np.random.uniform({low}, 1, (1, {size}))"

    def describe(self):
        return [{"kind": "uniform", "size": self.size, "low": self.low, "high": 1}]

    def sample(self, count, seed):
        return tf.random.stateless_uniform(
            [count, self.size], seed, float(self.low), 1.0, alg="philox"
        )


class OneHot:
    """A vector that names one of `size` classes, each as often as any other."""

    def __init__(self, size):
        self.size = size
        self.code = f"np.eye({size})[np.random.randint({size}, size=1)]"

    def describe(self):
        return [{"kind": "one_hot", "size": self.size}]

    def sample(self, count, seed):
        named = tf.random.stateless_uniform([count], seed, 0, self.size, tf.int32, alg="philox")
        return tf.one_hot(named, self.size)


class Joined:
    """Independent priors side by side; the seed of each but the first is folded from the seed."""

    def __init__(self, *parts):
        self.parts = parts
        self.size = sum(part.size for part in parts)
        self.code = f"np.hstack([{', '.join(part.code for part in parts)}])"

    def describe(self):
        return [stretch for part in self.parts for stretch in part.describe()]

    def sample(self, count, seed):
        seeds = [seed, *(tf.random.fold_in(seed, i, "philox") for i in range(1, len(self.parts)))]
        drawn = [part.sample(count, own) for part, own in zip(self.parts, seeds, strict=True)]
        return tf.concat(drawn, axis=-1)


class Gaussian:
    """A Gaussian with a full covariance, fitted to latents that were learnt: from what a model is
    sampled that has codes and no prior.

    An export takes N(0, 1) in each number (`Normal`) and turns it itself, by `of_normal`, so that
    nobody else needs the covariance. The numbers are in the order of the variance behind them.

    Args:
        mean: float `[size]`.
        factor: float `[size, size]`, whose product with its transpose is the covariance.
    """

    def __init__(self, mean, factor):
        self.size = len(mean)
        self.mean, self.factor = np.asarray(mean, np.float32), np.asarray(factor, np.float32)
        # Of a direction in which the latents do not differ, nothing can be told.
        self.inverse = np.linalg.pinv(np.asarray(factor, np.float64), 1e-5).astype(np.float32)

    @classmethod
    def fitted(cls, latents):
        """Of the mean and the covariance, over N, of `latents [N, size]`."""
        latents = np.asarray(latents, np.float64)
        mean = latents.mean(axis=0)
        centred = latents - mean
        variances, directions = np.linalg.eigh(centred.T @ centred / len(latents))
        variances, directions = variances[::-1], directions[:, ::-1]
        return cls(mean, directions * np.sqrt(np.maximum(variances, 0.0)))

    def of_normal(self, normal):
        """Latents `[B, size]` of this Gaussian from `normal [B, size]` of N(0, I)."""
        return self.mean + tf.matmul(normal, self.factor, transpose_b=True)

    def to_normal(self, latents):
        """`of_normal`, the other way."""
        return tf.matmul(latents - self.mean, self.inverse, transpose_b=True)

    def sample(self, count, seed):
        return self.of_normal(Normal(self.size).sample(count, seed))


# The priors that a variant may be asked for by name.
PRIORS = {"normal": Normal, "uniform": Uniform}
