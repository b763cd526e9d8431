"""Log-likelihood of a decoder by annealed importance sampling, and how far to trust it.

Wu et al. 2016, arXiv 1611.04273 (authors' code: `tonywu95/eval_gen`). A generator has no density of
its own, so it is given a Gaussian observation model: z ~ N(0, I), x ~ N(decoder(z), sigma^2 I). A
decoder that comes with another, such as a variational autoencoder's, is annealed under that. Chains
start at the prior and follow p(z) p(x|z)^beta as beta rises from 0 to 1 on a sigmoidal
schedule, moved at each beta by one Hamiltonian Monte Carlo trajectory; the mean of their weights is
an unbiased estimate of p(x) and its logarithm, on average, a lower bound. Data simulated from the
model come with one exact posterior sample, the z they were made of; the same path walked back from
there gives an upper bound, and the gap between the two bounds the error (bidirectional Monte Carlo,
Grosse et al. 2015, arXiv 1511.02543).

The paper's protocol, behind its table 2: 1,000 test images of MNIST, dequantised (uniform noise of
1/256) and in [0, 1], flattened; one fixed sigma; 16 chains, 10,000 distributions (the default here
is 1,000), 10 leapfrog steps, an acceptance of 0.65. Its gaps are 0.6 to 10 nats. Pixels and sigma
are the caller's job: a density has the inverse units of its pixels, and scores under two sigmas do
not compare. Beware that `sigma` in the authors' code is the variance; here it is the standard
deviation.

Departures. The authors adapt one step size from the very chains that they weigh, which biases the
weights. Here four pilot chains for each example, annealed beside the others and never weighed, set
its step size: at each distribution its logarithm moves by 0.1 (their acceptance - 0.65), between
1e-5 and 1. Each trajectory multiplies it by a uniform draw of [0.8, 1.2], lest its length be near a
multiple of half a period, where a chain returns to where it was (Neal 2010, arXiv 1206.1901).
"""

import numpy as np
import tensorflow as tf

from tfgan_zoo.metrics.checks import feature_matrix

_PILOTS = 4
_ACCEPTANCE = 0.65
_ADAPTATION = 0.1
_SMALLEST_STEP, _LARGEST_STEP = 1e-5, 1.0  # the prior's standard deviation is 1
_JITTER = 0.2
_DISTRIBUTIONS_A_CALL = 50  # of the compiled loop; then Python hears of progress and of Ctrl-C
_FORWARD, _REVERSE, _SIMULATION = range(3)  # streams of chance under one seed


def sigmoidal_schedule(distributions):
    """Inverse temperatures from 0 to 1, dense at both ends: float64 `[distributions]`.

    The logistic function on [-4, 4], scaled to [0, 1], as in the authors' code.
    """
    gamma = 1 / (1 + np.exp(-np.linspace(-4, 4, distributions)))
    return (gamma - gamma[0]) / (gamma[-1] - gamma[0])


def ais(
    decoder,
    latent_dim,
    observations,
    sigma=None,
    *,
    log_likelihood=None,
    chains=16,
    distributions=1000,
    leapfrog_steps=10,
    step_size=0.1,
    seed=0,
    dtype="float32",
    batch_size=100,
    progress=None,
):
    """Log-likelihood of each observation, on average a lower bound.

    Args:
        decoder: callable of latents `[B, Z]` that returns `[B, D]` by differentiable TensorFlow
            operations, one row independent of another and without chance, such as a Keras model at
            inference.
        latent_dim: Z.
        observations: `[N, D]`, real, in the units of the decoder's output.
        sigma: standard deviation of the observation model, in the same units.
        log_likelihood: in place of `sigma`, the observation model itself: a callable of `[B, D]`
            observations and the decoder's `[B, P]`, of any width P, that returns log p(x | z) `[B]`
            by differentiable TensorFlow operations, normalised.
        chains: independent chains an example, pilots not counted.
        distributions: inverse temperatures, 0 and 1 included. At two this is plain importance
            sampling from the prior, that is, a Parzen window with `chains` samples.
        leapfrog_steps: of each trajectory; a gradient of the decoder each.
        step_size: of the leapfrog at the start; adapted.
        seed: integer, not negative.
        dtype: of latents and likelihoods, "float32" or "float64". The weights are summed in
            float64; the decoder is given latents of this dtype.
        batch_size: examples annealed at once; memory grows with it times (chains + 4).
        progress: None or a callable of (done, total), in distributions times batches, called every
            50.

    Returns:
        dict of float64 `[N]`: `log_likelihood` in nats; `effective_sample_size` of the weights, 1
        to `chains`, where a value near 1 asks for more distributions; `acceptance`, the mean over
        chains and distributions, near 0.65 if the step size could follow.

    Raises:
        ValueError: for observations that are not `[N, D]` and finite, an argument out of range, or
            a decoder whose outputs or gradients are not finite, not `[B, D]`, not differentiable or
            not the same when asked twice; or unless one of `sigma` and `log_likelihood` is given.
    """
    observations = feature_matrix("observations", observations)
    _check_model(sigma, log_likelihood)
    annealer = _Annealer(
        decoder,
        latent_dim,
        sigma,
        chains,
        leapfrog_steps,
        step_size,
        dtype,
        batch_size,
        log_likelihood,
    )
    annealer.check(observations.shape[1] if log_likelihood is None else None)
    betas = _checked_schedule(distributions)
    return _forward(annealer, observations, betas, seed, progress)


def bdmc(
    decoder,
    latent_dim,
    sigma=None,
    num_examples=100,
    *,
    log_likelihood=None,
    simulate=None,
    chains=16,
    distributions=1000,
    leapfrog_steps=10,
    step_size=0.1,
    seed=0,
    dtype="float32",
    batch_size=100,
    progress=None,
):
    """Both bounds on the log-likelihood of data simulated from the model.

    The gap bounds the error of `ais` under the same settings on such data; real data may be harder.
    By chance a gap near zero may come out slightly negative.

    Args:
        decoder, latent_dim, sigma, log_likelihood: as of `ais`.
        num_examples: N, how many examples to simulate.
        simulate: with `log_likelihood`, a draw of that observation model: (the decoder's outputs
            float64 `[N, P]`, `numpy.random.Generator`) -> observations `[N, D]`.
        chains and what follows: as of `ais`. It costs twice as much.

    Returns:
        dict of floats in nats, means over the examples: `lower`, `upper`, `gap` (upper - lower);
        and of float64 arrays: `lower_each`, `upper_each` `[N]`, `effective_sample_size`,
        `acceptance` `[N]` of the forward chains, `observations` `[N, D]`.

    Raises:
        ValueError: as `ais`, or if an observation model comes without its draw.
    """
    if num_examples < 1:
        raise ValueError(f"num_examples must be at least 1; it is {num_examples}.")
    _check_model(sigma, log_likelihood)
    if (simulate is None) != (log_likelihood is None):
        raise ValueError("log_likelihood and simulate go together: a model, and a draw of it.")
    annealer = _Annealer(
        decoder,
        latent_dim,
        sigma,
        chains,
        leapfrog_steps,
        step_size,
        dtype,
        batch_size,
        log_likelihood,
    )
    annealer.check()
    betas = _checked_schedule(distributions)
    chance = _generator(seed, _SIMULATION)
    latents = chance.standard_normal((num_examples, latent_dim))
    observations = annealer.decode(latents)
    if simulate is None:
        observations += sigma * chance.standard_normal(observations.shape)
    else:
        observations = simulate(observations, chance)
    halves = [None, None]
    if progress is not None:
        halves = [
            lambda done, total: progress(done, 2 * total),
            lambda done, total: progress(total + done, 2 * total),
        ]
    forward = _forward(annealer, observations, betas, seed, halves[0])
    # The chains share their start, so their weights are not independent; each is still an unbiased
    # estimate of 1 / p(x), and so is the mean.
    starts = np.broadcast_to(latents, (chains + _PILOTS, *latents.shape))
    log_weights, _ = annealer.run(
        starts, observations, betas[::-1], _seeds(seed, _REVERSE), halves[1]
    )
    lower = forward["log_likelihood"]
    upper = annealer.log_normaliser(observations) - _log_mean_exp(log_weights)
    return {
        "lower": float(lower.mean()),
        "upper": float(upper.mean()),
        "gap": float((upper - lower).mean()),
        "lower_each": lower,
        "upper_each": upper,
        "effective_sample_size": forward["effective_sample_size"],
        "acceptance": forward["acceptance"],
        "observations": observations,
    }


def _forward(annealer, observations, betas, seed, progress):
    shape = (annealer.chains + _PILOTS, len(observations), annealer.latent_dim)
    starts = _generator(seed, _FORWARD).standard_normal(shape)
    log_weights, acceptance = annealer.run(
        starts, observations, betas, _seeds(seed, _FORWARD), progress
    )
    log_mean = _log_mean_exp(log_weights)
    return {
        "log_likelihood": annealer.log_normaliser(observations) + log_mean,
        "effective_sample_size": np.exp(
            2 * log_mean - _log_mean_exp(2 * log_weights) + np.log(annealer.chains)
        ),
        "acceptance": acceptance,
    }


class _Annealer:
    """Chains of one decoder along any path of inverse temperatures."""

    def __init__(
        self,
        decoder,
        latent_dim,
        sigma,
        chains,
        leapfrog_steps,
        step_size,
        dtype,
        batch_size,
        log_likelihood=None,
    ):
        sigma = 1.0 if log_likelihood else sigma
        for name, value in (("sigma", sigma), ("step_size", step_size)):
            if not (np.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite; it is {value}.")
        for name, value in (
            ("latent_dim", latent_dim),
            ("chains", chains),
            ("leapfrog_steps", leapfrog_steps),
            ("batch_size", batch_size),
        ):
            if value < 1:
                raise ValueError(f"{name} must be at least 1; it is {value}.")
        if dtype not in ("float32", "float64"):
            raise ValueError(f'dtype must be "float32" or "float64"; it is {dtype!r}.')
        self.decoder, self.latent_dim, self.sigma = decoder, latent_dim, float(sigma)
        self.chains, self.leapfrog_steps, self.step_size = chains, leapfrog_steps, step_size
        self.dtype, self.batch_size = dtype, batch_size
        self.log_likelihood = log_likelihood
        states = tf.TensorSpec([None, None, latent_dim], dtype)
        grid = tf.TensorSpec([None, None], dtype)
        examples = tf.TensorSpec([None], dtype)
        # Fixed here, so that a last batch or a last call of another size is not traced anew.
        self._anneal = tf.function(
            self._anneal_some,
            input_signature=[
                states,
                grid,
                states,
                tf.TensorSpec([None, None], tf.float64),
                examples,
                examples,
                grid,
                tf.TensorSpec([None], tf.float64),
                tf.TensorSpec([2], tf.int64),
            ],
        )

    def decode(self, latents):
        """Means of the observation model, float64 [N, D]."""
        parts = [
            self.decoder(tf.constant(latents[i : i + self.batch_size], self.dtype))
            for i in range(0, len(latents), self.batch_size)
        ]
        return np.concatenate([np.asarray(part, np.float64) for part in parts])

    def check(self, width=None):
        """Raises ValueError unless the decoder is one that can be annealed."""
        latents = _generator(0, _FORWARD).standard_normal((16, self.latent_dim))
        means = self.decode(latents)
        if means.ndim != 2 or len(means) != len(latents):
            raise ValueError(
                f"The decoder must map [B, {self.latent_dim}] to [B, D]; it maps {latents.shape} "
                f"to {means.shape}: flatten its pictures."
            )
        if width not in (None, means.shape[1]):
            raise ValueError(
                f"The decoder's outputs have {means.shape[1]} columns and the observations {width}."
            )
        if not np.isfinite(means).all():
            raise ValueError("The decoder gives values that are not finite for latents of N(0, I).")
        if not np.allclose(means, self.decode(latents), rtol=1e-3, atol=1e-3 * np.abs(means).max()):
            raise ValueError(
                "The decoder gives two outputs for the same latents: call it at inference, without "
                "noise or dropout."
            )

    def log_normaliser(self, observations):
        """Logarithm of the density of N(0, sigma^2 I) at 0, left out of the likelihoods below; 0
        of another observation model, of whose likelihood nothing is left out.
        """
        if self.log_likelihood:
            return 0.0
        return -observations.shape[1] * np.log(self.sigma * np.sqrt(2 * np.pi))

    def run(self, starts, observations, betas, seeds, progress):
        """Log weights float64 [chains, N] and acceptance [N] of the path from `starts`."""
        log_weights, acceptance = [], []
        total = len(range(0, len(observations), self.batch_size)) * (len(betas) - 1)
        done = 0
        for first in range(0, len(observations), self.batch_size):
            batch = slice(first, first + self.batch_size)
            x = tf.constant(observations[batch], self.dtype)
            z = tf.constant(starts[:, batch], self.dtype)
            likelihood, gradient = self._likelihood(z, x)
            # No chain ever moves to where they are not finite, so the starts are all to look at.
            if not (np.isfinite(likelihood).all() and np.isfinite(gradient).all()):
                raise ValueError(
                    "The decoder's likelihood or gradient is not finite where the chains start: "
                    f"look at the decoder, or at sigma {self.sigma} and dtype {self.dtype}."
                )
            state = (
                z,
                likelihood,
                gradient,
                tf.zeros(tf.shape(likelihood), tf.float64),
                tf.fill([len(x)], tf.constant(np.log(self.step_size), self.dtype)),
                tf.zeros([len(x)], self.dtype),
            )
            (seed,) = seeds.spawn(1)
            for part in range(0, len(betas) - 1, _DISTRIBUTIONS_A_CALL):
                some = betas[part : part + _DISTRIBUTIONS_A_CALL + 1]
                (key,) = seed.spawn(1)
                key = tf.constant(key.generate_state(2, np.uint64).view(np.int64))
                state = self._anneal(*state, x, tf.constant(some), key)
                done += len(some) - 1
                if progress is not None:
                    progress(done, total)
            log_weights.append(state[3].numpy()[_PILOTS:])
            acceptance.append(state[5].numpy().astype(np.float64) / (len(betas) - 1))
        return np.concatenate(log_weights, 1), np.concatenate(acceptance)

    def _likelihood(self, z, x):
        """log p(x|z) less its normaliser, [C, N], and the gradient by z, [C, N, Z]."""
        flat = tf.reshape(z, [-1, self.latent_dim])
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(flat)
            means = tf.cast(self.decoder(flat), self.dtype)
            if self.log_likelihood:
                repeated = tf.tile(x, [tf.shape(flat)[0] // tf.shape(x)[0], 1])
                likelihood = tf.cast(self.log_likelihood(repeated, means), self.dtype)
                likelihood = tf.reshape(likelihood, [-1, tf.shape(x)[0]])
            else:
                errors = tf.reshape(means, [-1, *tf.unstack(tf.shape(x))]) - x
                likelihood = tf.reduce_sum(tf.square(errors), -1) * (-0.5 / self.sigma**2)
        gradient = tape.gradient(likelihood, flat)
        if gradient is None:
            raise ValueError(
                "The decoder's output does not depend on its latents by differentiable TensorFlow "
                "operations."
            )
        return likelihood, tf.reshape(gradient, [-1, tf.shape(x)[0], self.latent_dim])

    def _anneal_some(
        self, z, likelihood, gradient, log_weights, log_step, accepted, x, betas, seed
    ):
        """Steps through `betas`, the first of which the chains `z` [C, N, Z] have reached."""
        for t in tf.range(1, len(betas)):
            log_weights += (betas[t] - betas[t - 1]) * tf.cast(likelihood, tf.float64)
            beta = tf.cast(betas[t], self.dtype)
            keys = tf.random.split(tf.random.fold_in(seed, t), 3)
            start = tf.random.stateless_normal(tf.shape(z), keys[0], dtype=self.dtype)
            step = tf.exp(log_step) * tf.random.stateless_uniform(
                tf.shape(likelihood), keys[1], 1 - _JITTER, 1 + _JITTER, self.dtype
            )
            step = step[..., None]
            # Leapfrog under the energy z^2 / 2 - beta log p(x|z), momentum of unit mass.
            end, end_likelihood, end_gradient = z, likelihood, gradient
            momentum = start + 0.5 * step * (beta * gradient - z)
            for i in tf.range(self.leapfrog_steps):
                end += step * momentum
                end_likelihood, end_gradient = self._likelihood(end, x)
                part = tf.where(i < self.leapfrog_steps - 1, step, 0.5 * step)
                momentum += part * (beta * end_gradient - end)
            gain = beta * (end_likelihood - likelihood) + 0.5 * tf.reduce_sum(
                tf.square(z) - tf.square(end) + tf.square(start) - tf.square(momentum), -1
            )
            # A trajectory that diverged has no finite energy, and no probability.
            chance = tf.where(tf.math.is_finite(gain), tf.exp(tf.minimum(gain, 0)), 0)
            moved = tf.random.stateless_uniform(tf.shape(chance), keys[2], 0, 1, self.dtype)
            moved = moved < chance
            z = tf.where(moved[..., None], end, z)
            gradient = tf.where(moved[..., None], end_gradient, gradient)
            likelihood = tf.where(moved, end_likelihood, likelihood)
            accepted += tf.reduce_mean(tf.cast(moved[_PILOTS:], self.dtype), 0)
            log_step += _ADAPTATION * (tf.reduce_mean(chance[:_PILOTS], 0) - _ACCEPTANCE)
            log_step = tf.clip_by_value(log_step, np.log(_SMALLEST_STEP), np.log(_LARGEST_STEP))
        return z, likelihood, gradient, log_weights, log_step, accepted


def _check_model(sigma, log_likelihood):
    if (sigma is None) == (log_likelihood is None):
        raise ValueError("Give either sigma or log_likelihood: they are two observation models.")


def _checked_schedule(distributions):
    if distributions < 2:
        raise ValueError(f"distributions must be at least 2; it is {distributions}.")
    return sigmoidal_schedule(distributions)


def _seeds(seed, stream):
    return np.random.SeedSequence([seed, stream])


def _generator(seed, stream):
    return np.random.Generator(np.random.PCG64(_seeds(seed, stream)))


def _log_mean_exp(values):
    """Over the first axis."""
    largest = values.max(0)
    return largest + np.log(np.exp(values - largest).mean(0))
