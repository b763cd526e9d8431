"""How probable pictures are under a model that has a prior, an encoder and a likelihood, in nats.

Three numbers for each picture, from the loosest to the tightest, of which each is on average at
most the next and the last at most log p(x):

- the lower bound that a variational autoencoder climbs (ELBO): the divergence in closed form, the
  reconstruction by draws of the posterior (Kingma & Welling 2014, arXiv 1312.6114);
- the importance-weighted bound of k draws, log mean w with w = p(x | z) p(z) / q(z | x): at k = 1
  the ELBO with another noise, in the limit log p(x) (Burda et al. 2016, arXiv 1509.00519; authors'
  code: `yburda/iwae`, 5,000 draws, each test picture binarised once);
- annealed importance sampling, which needs no encoder (`metrics.ais`). The estimator of Kingma and
  Welling's appendix D, good for fewer than five dimensions, is not here.

The model is two functions: `encode(pixels [B, ...]) -> (means, log_variances)`, each `[B, Z]`, and
`log_likelihood(pixels [B, ...], latents [B, Z]) -> [B]`. The prior is N(0, I).

Bernoulli pixels have a likelihood only where they are 0 or 1, so grey pictures are binarised first.
Bounds on pictures drawn afresh (dynamic binarisation) do not compare with those on the one file of
binarised digits (fixed binarisation), nor with cross-entropies of grey levels. Gaussian pixels are
the grey levels, in [0, 1], and their likelihood a density.
"""

import dataclasses

import numpy as np
import tensorflow as tf

from tfgan_zoo.evaluate import tables
from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.losses.likelihood import (
    LEAST_LOG_VARIANCE,
    bernoulli_log_likelihood,
    gaussian_kl,
    gaussian_log_likelihood,
)
from tfgan_zoo.metrics.ais import ais

BATCH = 500
LEAST = 1e-7  # probability of a pixel; float32 knows no smaller step below 1
PIXELS, LATENTS = range(2)  # streams of chance under one seed


def binarised(images, seed=0):
    """One draw of pictures in [-1, 1] as pixels that are 1 with the probability of their grey
    level: float32, 0 or 1, of the same shape.
    """
    levels = 0.5 * (np.asarray(images, np.float64) + 1.0)
    return (_generator(seed, PIXELS).random(levels.shape) < levels).astype(np.float32)


def elbo(encode, log_likelihood, pixels, *, draws=1, seed=0, batch_size=BATCH):
    """The variational lower bound.

    Args:
        encode, log_likelihood: the model, as the header says.
        pixels: `[N, ...]`, as the model takes them.
        draws: of the posterior, for the reconstruction of each picture.
        seed: integer, not negative, of these draws.
        batch_size: pictures in one call.

    Returns:
        dict of float64 `[N]`: `elbo` = `reconstruction` - `kl`.
    """
    means, log_variances = _posterior(encode, pixels, batch_size)
    reconstruction = np.zeros(len(pixels))
    for latents, _ in _draws(means, log_variances, draws, seed):
        reconstruction += _likelihoods(log_likelihood, pixels, latents, batch_size) / draws
    kl = np.asarray(gaussian_kl(means, log_variances), np.float64)
    return {"elbo": reconstruction - kl, "reconstruction": reconstruction, "kl": kl}


def importance_weighted(encode, log_likelihood, pixels, *, samples, seed=0, batch_size=BATCH):
    """The importance-weighted bound of `samples` draws; the other arguments as of `elbo`.

    Returns:
        float64 `[N]`.
    """
    means, log_variances = _posterior(encode, pixels, batch_size)
    total = np.full(len(pixels), -np.inf)
    for latents, noise in _draws(means, log_variances, samples, seed):
        weights = _likelihoods(log_likelihood, pixels, latents, batch_size)
        # log p(z) - log q(z | x), by the noise that z was made of.
        weights += 0.5 * np.sum(noise**2 + log_variances - latents**2, axis=1)
        total = np.logaddexp(total, weights)
    return total - np.log(samples)


def annealed(
    log_likelihood, pixels, latent_dim, *, chains=16, distributions=1000, seed=0, batch_size=100
):
    """Annealed importance sampling from the prior.

    Args:
        log_likelihood: as the header says, by differentiable TensorFlow operations.
        pixels: `[N, ...]`.
        latent_dim: Z.
        chains, distributions, seed, batch_size: as of `metrics.ais.ais`.

    Returns:
        As `metrics.ais.ais`: `log_likelihood`, `effective_sample_size` and `acceptance`, `[N]`.
    """
    shape = np.shape(pixels)[1:]
    return ais(
        tf.identity,
        latent_dim,
        np.reshape(pixels, (len(pixels), -1)),
        log_likelihood=lambda x, z: log_likelihood(tf.reshape(x, [-1, *shape]), z),
        chains=chains,
        distributions=distributions,
        seed=seed,
        batch_size=batch_size,
    )


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much the tight bounds of `export` cost.

    Attributes:
        few: pictures that are weighed and annealed, the first ones; 0 leaves both out.
        samples: draws of the posterior of each in the importance-weighted bound.
        chains, distributions: of annealed importance sampling.
    """

    few: int = 100
    samples: int = 5000
    chains: int = 16
    distributions: int = 500


def training(model, validation, limit=10_000):
    """`elbo`, `reconstruction` and `kl` at each validation, always of the same draw of the pixels.

    Args:
        model: with `encoder`, `log_likelihood` and `likelihood`, such as `VAE`.
        validation: `Examples` with the field `images`.
        limit: pictures at most.

    Returns:
        `Evaluator` of the model itself, whatever interface it is asked of.
    """
    encode, log_likelihood = tf.function(model.encoder), tf.function(model.log_likelihood)

    def measure(_):
        pixels = pixels_of(tables.first_pictures(validation, limit), model.likelihood)
        found = elbo(encode, log_likelihood, pixels)
        return {name: float(values.mean()) for name, values in found.items()}

    def better():
        return {"elbo": "higher", "reconstruction": "higher", "kl": "neither"}

    return Evaluator("likelihood", "", measure, training=True, better=better)


def export(model, encode, test, train, effort=Effort()):
    """The bounds of an exported encoder and decoder, beside a model of independent pixels.

    Args:
        model: as for `training`; its own weights are what is annealed, for the gradients.
        encode: pictures in [-1, 1] -> (means, log-variances), as the exported encoder has them.
        test, train: `Examples` with the field `images`.
        effort: see `Effort`.

    Returns:
        `Evaluator` of an interface `latents` -> `images`, and `log_variances` of Gaussian pixels.
    """
    few = min(effort.few, len(test))

    def pixels(examples):
        return pixels_of(tables.first_pictures(examples, len(examples)), model.likelihood)

    def encode_pixels(values):
        return encode(2.0 * values - 1.0)

    def measure(served):
        log_likelihood = likelihood_of(served, model.likelihood)
        real = pixels(test)
        found = elbo(encode_pixels, log_likelihood, real)
        scores = {"ELBO": found["elbo"], "KL": found["kl"]}
        if few:
            scores[f"ELBO of {few}"] = found["elbo"][:few]
            scores[f"IWAE of {few}"] = importance_weighted(
                encode_pixels, log_likelihood, real[:few], samples=effort.samples
            )
            scores[f"AIS of {few}"] = annealed(
                model.log_likelihood,
                real[:few],
                model.prior.size,
                chains=effort.chains,
                distributions=effort.distributions,
            )["log_likelihood"]
        return {name: float(values.mean()) for name, values in scores.items()}

    def baselines():
        bound = independent(pixels(train), pixels(test), model.likelihood)
        return {"independent pixels": {"ELBO": float(bound.mean()), "KL": 0.0}}

    pictures = (
        "each binarised once by a draw of its grey levels (seed 0)"
        if model.likelihood == "bernoulli"
        else "as densities of grey levels in [0, 1]"
    )
    protocol = (
        f"In nats, means over the {len(test)} pictures of the split '{test.info['split']}', "
        f"{pictures}: the variational lower bound (ELBO) of one draw of the posterior, its "
        "divergence from the prior (KL) in closed form; the decoder is the SavedModel. Independent "
        "pixels have the training pictures' frequencies."
    )
    if few:
        protocol += (
            f" Of the first {few} pictures: the same ELBO; the importance-weighted bound of "
            f"{effort.samples} draws of the posterior (IWAE); and annealed importance sampling "
            f"from the prior with {effort.chains} chains and {effort.distributions} distributions "
            "(AIS), of the model itself."
        )
    return Evaluator("likelihood", protocol, measure, baselines)


def pixels_of(images, likelihood):
    """What a model of this likelihood takes for pixels, in [0, 1], of pictures in [-1, 1]."""
    if likelihood == "bernoulli":
        return binarised(images)
    return 0.5 * (np.asarray(images, np.float32) + 1.0)


def likelihood_of(served, likelihood):
    """The `log_likelihood` of a decoder that gives pictures: those are the pixels' means.

    Probabilities of pixels are kept 1e-7 away from 0 and 1, which float32 pictures cannot tell
    apart.
    """

    def log_likelihood(pixels, latents):
        outputs = served(latents=latents)
        means = 0.5 * (np.asarray(outputs["images"], np.float64) + 1.0)
        if likelihood == "gaussian":
            return gaussian_log_likelihood(pixels, means, outputs["log_variances"])
        return bernoulli_of_means(pixels, means)

    return log_likelihood


def bernoulli_of_means(pixels, means):
    """log p(x | z) `[B]` of pixels 0 or 1 `[B, ...]` that are 1 with these probabilities, kept 1e-7
    away from 0 and 1; by differentiable operations.
    """
    means = tf.clip_by_value(means, LEAST, 1.0 - LEAST)
    return bernoulli_log_likelihood(pixels, tf.math.log(means) - tf.math.log1p(-means))


def independent(train, test, likelihood):
    """log p(x) `[N]` of the pixels `test` under independent ones that are as those of `train`."""
    means = train.mean(axis=0, dtype=np.float64)
    if likelihood == "bernoulli":
        means = np.clip(means, 0.5 / len(train), 1.0 - 0.5 / len(train))
        logits = np.log(means) - np.log1p(-means)
        return bernoulli_log_likelihood(test, np.broadcast_to(logits, test.shape)).numpy()
    variances = np.maximum(train.var(axis=0, dtype=np.float64), np.exp(LEAST_LOG_VARIANCE))
    return gaussian_log_likelihood(test, means, np.log(variances)[None]).numpy()


def _posterior(encode, pixels, batch_size):
    parts = [encode(pixels[i : i + batch_size]) for i in range(0, len(pixels), batch_size)]
    return [np.concatenate(values) for values in zip(*parts, strict=True)]


def _draws(means, log_variances, count, seed):
    """`count` draws `[N, Z]` of the posterior and their noise, the same however many pictures go in
    one call.
    """
    chance = _generator(seed, LATENTS)
    for _ in range(count):
        noise = chance.standard_normal(means.shape, np.float32)
        yield means + np.exp(0.5 * log_variances) * noise, noise


def _likelihoods(log_likelihood, pixels, latents, batch_size):
    batches = (slice(i, i + batch_size) for i in range(0, len(pixels), batch_size))
    parts = [np.asarray(log_likelihood(pixels[b], latents[b])) for b in batches]
    return np.concatenate(parts).astype(np.float64)


def _generator(seed, stream):
    return np.random.Generator(np.random.PCG64(np.random.SeedSequence([seed, stream])))
