"""Annealed importance sampling against exact likelihoods: linear decoders, and quadrature."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from tfgan_zoo.metrics.ais import ais, bdmc, sigmoidal_schedule

SIGMA = 0.5


class Linear:
    """z -> W z + b, whose x ~ N(b, W W^T + sigma^2 I)."""

    def __init__(self, latent_dim, width=8, seed=0, dtype="float32"):
        chance = np.random.default_rng(seed)
        self.weight = chance.standard_normal((width, latent_dim))
        self.bias = chance.standard_normal(width)
        self.dtype = dtype

    def __call__(self, latents):
        weight = tf.constant(self.weight, self.dtype)
        return tf.matmul(latents, weight, transpose_b=True) + tf.constant(self.bias, self.dtype)

    def distribution(self, sigma=SIGMA):
        covariance = self.weight @ self.weight.T + sigma**2 * np.eye(len(self.bias))
        return multivariate_normal(self.bias, covariance)


def test_schedule_is_that_of_the_authors():
    # gamma_t = logistic(4 (2t/T - 1)), beta_t = (gamma_t - gamma_0) / (gamma_T - gamma_0)
    gamma = 1 / (1 + np.exp(-4 * (2 * np.arange(11) / 10 - 1)))
    expected = (gamma - gamma[0]) / (gamma[-1] - gamma[0])
    betas = sigmoidal_schedule(11)
    np.testing.assert_allclose(betas, expected, rtol=1e-12)
    assert betas[0] == 0 and betas[-1] == 1
    np.testing.assert_array_equal(sigmoidal_schedule(2), [0, 1])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_linear_decoder_within_a_tenth_of_a_nat(dtype):
    """Each example, real ones from elsewhere included; the chains are many to beat the noise."""
    decoder = Linear(3, dtype=dtype)
    observations = decoder.distribution().rvs(6, random_state=1)
    observations[:2] += 1.0  # less likely than the model's own
    scores = ais(decoder, 3, observations, SIGMA, chains=400, distributions=500, dtype=dtype)
    exact = decoder.distribution().logpdf(observations)
    assert scores["log_likelihood"].dtype == np.float64
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.1)
    assert (scores["effective_sample_size"] > 200).all()
    assert (scores["effective_sample_size"] < 400).all()
    np.testing.assert_allclose(scores["acceptance"], 0.65, atol=0.07)


def test_both_bounds_close_on_the_exact_likelihood():
    decoder = Linear(2)
    bounds = bdmc(decoder, 2, SIGMA, 20, chains=32, distributions=500)
    exact = decoder.distribution().logpdf(bounds["observations"])
    assert abs(bounds["gap"]) < 0.1
    assert bounds["lower"] == pytest.approx(exact.mean(), abs=0.1)
    assert bounds["upper"] == pytest.approx(exact.mean(), abs=0.1)
    assert bounds["gap"] == pytest.approx(bounds["upper"] - bounds["lower"])
    assert bounds["lower"] == pytest.approx(bounds["lower_each"].mean())
    assert bounds["upper"] == pytest.approx(bounds["upper_each"].mean())
    # Simulated from the model: the squared Mahalanobis distance is chi-squared of 8 degrees.
    distances = 2 * (decoder.distribution().logpdf(decoder.bias) - exact)
    assert distances.mean() == pytest.approx(8, abs=3 * np.sqrt(2 * 8 / 20))


def test_few_distributions_give_wide_bounds_on_their_own_sides():
    decoder = Linear(3)
    exact, lower, upper = None, [], []
    for distributions in (3, 10, 40):
        bounds = bdmc(decoder, 3, 0.1, 20, distributions=distributions)
        exact = decoder.distribution(0.1).logpdf(bounds["observations"]).mean()
        lower.append(bounds["lower"])
        upper.append(bounds["upper"])
    assert lower[0] + 1 < lower[1] and lower[1] + 1 < lower[2] < exact
    assert upper[0] - 1 > upper[1] and upper[1] - 1 > upper[2] > exact


def test_weights_are_unbiased_however_few_the_distributions():
    """The mean weight is p(x) only if the moves leave each distribution as it is."""
    decoder = Linear(2)
    observations = decoder.distribution().rvs(2, random_state=1)
    scores = ais(decoder, 2, observations, SIGMA, chains=20_000, distributions=12)
    exact = decoder.distribution().logpdf(observations)
    assert (scores["effective_sample_size"] < 8000).all()  # or it would not be a test
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.05)


def test_two_distributions_are_importance_sampling_from_the_prior():
    decoder = Linear(1)
    observations = decoder.distribution(2.0).rvs(3, random_state=1)
    scores = ais(decoder, 1, observations, 2.0, chains=50_000, distributions=2)
    exact = decoder.distribution(2.0).logpdf(observations)
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.05)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_keras_decoder_agrees_with_quadrature(dtype):
    keras.utils.set_random_seed(0)
    decoder = keras.Sequential(
        [
            keras.Input((1,)),
            keras.layers.Dense(8, "tanh", kernel_initializer="random_normal"),
            keras.layers.Dropout(0.5),  # off at inference
            keras.layers.Dense(4, "sigmoid"),
        ]
    )
    decoder.set_weights([3 * w + 0.1 for w in decoder.get_weights()])
    grid = np.linspace(-8, 8, 4001)
    means = decoder(grid[:, None].astype("float32")).numpy().astype(np.float64)
    observations = means[[1700, 2000, 2300]] + 0.05
    joint = norm.logpdf(observations, means[:, None], 0.2).sum(-1) + norm.logpdf(grid)[:, None]
    exact = logsumexp(joint, axis=0) + np.log(grid[1] - grid[0])
    scores = ais(decoder, 1, observations, 0.2, chains=256, distributions=200, dtype=dtype)
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.1)


def test_another_observation_model_against_quadrature_and_its_own_kind():
    """Pixels that are 0 or 1, of a decoder of logits; and the Gaussian one, said in full."""
    decoder = Linear(1, width=5)
    chance = np.random.default_rng(1)
    pixels = (chance.random((4, 5)) < 0.5).astype("float64")

    def bernoulli(x, logits):
        return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(x, logits), -1)

    grid = np.linspace(-8, 8, 4001)
    logits = grid[:, None] * decoder.weight[:, 0] + decoder.bias
    joint = np.where(pixels[:, None] > 0, -logits, logits)
    joint = -np.logaddexp(0, joint).sum(-1) + norm.logpdf(grid)
    exact = logsumexp(joint, axis=1) + np.log(grid[1] - grid[0])
    scores = ais(decoder, 1, pixels, log_likelihood=bernoulli, chains=256, distributions=100)
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.05)

    def gaussian(x, means):
        constant = 5 / 2 * np.log(2 * np.pi * SIGMA**2)
        return -tf.reduce_sum(tf.square(x - means), -1) / (2 * SIGMA**2) - constant

    observations = decoder.distribution().rvs(3, random_state=1)
    said, own = (
        ais(decoder, 1, observations, distributions=60, **model)["log_likelihood"]
        for model in ({"log_likelihood": gaussian}, {"sigma": SIGMA})
    )
    np.testing.assert_allclose(said, own, atol=0.01)


def test_both_bounds_of_another_observation_model():
    """Of pixels that are 0 or 1, simulated from the model, against quadrature."""
    decoder = Linear(1, width=5)

    def bernoulli(x, logits):
        return -tf.reduce_sum(tf.nn.sigmoid_cross_entropy_with_logits(x, logits), -1)

    def simulate(logits, chance):
        return (chance.random(logits.shape) < 1 / (1 + np.exp(-logits))).astype(np.float64)

    model = {"log_likelihood": bernoulli, "simulate": simulate}
    bounds = bdmc(decoder, 1, num_examples=40, **model, chains=64, distributions=100)
    pixels = bounds["observations"]
    assert set(np.unique(pixels)) == {0.0, 1.0}
    grid = np.linspace(-8, 8, 4001)
    logits = grid[:, None] * decoder.weight[:, 0] + decoder.bias
    joint = np.where(pixels[:, None] > 0, -logits, logits)
    joint = -np.logaddexp(0, joint).sum(-1) + norm.logpdf(grid)
    exact = logsumexp(joint, axis=1) + np.log(grid[1] - grid[0])
    np.testing.assert_allclose(bounds["lower_each"], exact, atol=0.1)
    np.testing.assert_allclose(bounds["upper_each"], exact, atol=0.1)
    with pytest.raises(ValueError, match="log_likelihood and simulate go together"):
        bdmc(decoder, 1, log_likelihood=bernoulli, num_examples=1)
    with pytest.raises(ValueError, match="either sigma or log_likelihood"):
        bdmc(decoder, 1, num_examples=1)


def test_repeats_itself_under_one_seed():
    decoder = Linear(2)
    observations = decoder.distribution().rvs(3, random_state=1)
    first, again, other = (
        ais(decoder, 2, observations, SIGMA, distributions=60, seed=seed) for seed in (3, 3, 4)
    )
    for name, values in first.items():
        np.testing.assert_array_equal(values, again[name])
    assert (first["log_likelihood"] != other["log_likelihood"]).all()
    bounds = [bdmc(decoder, 2, SIGMA, 3, distributions=20, seed=3) for _ in range(2)]
    np.testing.assert_array_equal(bounds[0]["observations"], bounds[1]["observations"])
    np.testing.assert_array_equal(bounds[0]["upper_each"], bounds[1]["upper_each"])


def test_batches_and_progress():
    decoder = Linear(2)
    observations = decoder.distribution().rvs(5, random_state=1)
    calls = []
    scores = ais(
        decoder,
        2,
        observations,
        SIGMA,
        chains=200,
        distributions=121,
        batch_size=2,
        progress=lambda done, total: calls.append((done, total)),
    )
    exact = decoder.distribution().logpdf(observations)  # each row beside its own example
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.3)
    assert calls == [(120 * b + d, 360) for b in range(3) for d in (50, 100, 120)]
    calls.clear()
    bdmc(
        decoder,
        2,
        SIGMA,
        4,
        distributions=51,
        batch_size=2,
        progress=lambda done, total: calls.append(done / total),
    )
    assert calls == [0.25, 0.5, 0.75, 1.0]
    # Walked back from another example's latents it would be 25 nats; many steps would mend that.
    bounds = bdmc(decoder, 2, SIGMA, 4, distributions=5, batch_size=2)
    assert np.abs(bounds["upper_each"] - bounds["lower_each"]).max() < 10


def test_bad_input_is_an_error_of_one_sentence():
    decoder, x = Linear(2), np.zeros((3, 8))
    for sigma in (0.0, -1.0, np.nan):
        with pytest.raises(ValueError, match="sigma must be positive and finite"):
            ais(decoder, 2, x, sigma)
        with pytest.raises(ValueError, match="sigma must be positive and finite"):
            bdmc(decoder, 2, sigma, 1)
    for models in ({}, {"sigma": SIGMA, "log_likelihood": lambda x, means: 0.0}):
        with pytest.raises(ValueError, match="either sigma or log_likelihood"):
            ais(decoder, 2, x, **models)
    for name in ("chains", "leapfrog_steps", "batch_size"):
        with pytest.raises(ValueError, match=f"{name} must be at least 1"):
            ais(decoder, 2, x, SIGMA, **{name: 0})
    with pytest.raises(ValueError, match="distributions must be at least 2"):
        ais(decoder, 2, x, SIGMA, distributions=1)
    with pytest.raises(ValueError, match="num_examples must be at least 1"):
        bdmc(decoder, 2, SIGMA, 0)
    with pytest.raises(ValueError, match='must be "float32" or "float64"'):
        ais(decoder, 2, x, SIGMA, dtype="float16")
    with pytest.raises(ValueError, match="observations hold values that are not finite"):
        ais(decoder, 2, np.full((3, 8), np.nan), SIGMA)
    with pytest.raises(ValueError, match="8 columns and the observations 7"):
        ais(decoder, 2, x[:, :7], SIGMA)
    with pytest.raises(ValueError, match="likelihood or gradient is not finite"):
        ais(decoder, 2, x, 1e-25)


def test_a_decoder_that_cannot_be_annealed_is_an_error_of_one_sentence():
    x = np.zeros((3, 2))
    with pytest.raises(ValueError, match="not finite for latents"):
        ais(lambda z: tf.math.log(z), 2, x, SIGMA)  # NaN for half of the latents
    with pytest.raises(ValueError, match="not finite for latents"):
        bdmc(lambda z: z / 0.0, 2, SIGMA, 1)
    with pytest.raises(ValueError, match="gradient is not finite where the chains start"):
        ais(lambda z: tf.sqrt(0.0 * z), 2, x + 1, SIGMA)
    with pytest.raises(ValueError, match="flatten its pictures"):
        ais(lambda z: z[:, :, None], 2, x, SIGMA)
    with pytest.raises(ValueError, match="by differentiable TensorFlow operations"):
        ais(tf.round, 2, x, SIGMA)
    with pytest.raises(ValueError, match="two outputs for the same latents"):
        ais(lambda z: z + tf.random.normal(tf.shape(z)), 2, x, SIGMA)
