"""Bounds against linear decoders, whose likelihood is known, and against quadrature."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import logsumexp
from scipy.stats import multivariate_normal, norm

from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate.likelihood import (
    Effort,
    annealed,
    binarised,
    elbo,
    export,
    importance_weighted,
    independent,
    training,
)
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.losses.likelihood import bernoulli_log_likelihood, gaussian_log_likelihood
from tfgan_zoo.models.likelihood.vae import VAE

SIGMA = 0.6


class Linear:
    """x = W z + b + N(0, sigma^2 I), and an encoder that has the posterior's mean and variances but
    not its covariances.
    """

    def __init__(self, weight):
        self.weight = np.asarray(weight, "float64")
        self.bias = np.linspace(-1, 1, len(self.weight))
        self.precision = np.eye(self.weight.shape[1]) + self.weight.T @ self.weight / SIGMA**2
        self.variances = np.diag(np.linalg.inv(self.precision))
        self.marginal = multivariate_normal(
            self.bias, self.weight @ self.weight.T + SIGMA**2 * np.eye(len(self.weight))
        )

    def encode(self, x):
        means = (x - self.bias) @ self.weight @ np.linalg.inv(self.precision) / SIGMA**2
        logs = np.broadcast_to(np.log(self.variances), means.shape)
        return means.astype("float32"), logs.astype("float32")

    @tf.function
    def log_likelihood(self, x, z):
        means = tf.matmul(z, tf.constant(self.weight.T, z.dtype)) + tf.cast(self.bias, z.dtype)
        return gaussian_log_likelihood(x, means, np.log(SIGMA**2))

    @property
    def gap(self):
        """KL(q || posterior), the same for each x: what the ELBO falls short by."""
        spread = np.sum(np.diag(self.precision) * self.variances) - len(self.precision)
        return 0.5 * (
            spread - np.sum(np.log(self.variances)) - np.linalg.slogdet(self.precision)[1]
        )


def correlated(count=12):
    model = Linear([[1.0, 0.8], [0.5, 0.6], [-0.9, -1.0], [0.2, 0.4], [1.0, 0.7]])
    x = model.marginal.rvs(count, random_state=1).astype("float32")
    return model, x, model.marginal.logpdf(x)


def test_with_the_exact_posterior_every_bound_is_the_likelihood_at_any_draw():
    model = Linear(np.linalg.qr(np.random.default_rng(0).normal(size=(5, 2)))[0])
    assert model.gap == pytest.approx(0, abs=1e-9)
    x = model.marginal.rvs(20, random_state=1).astype("float32")
    for samples in (1, 7):
        found = importance_weighted(model.encode, model.log_likelihood, x, samples=samples)
        assert found.dtype == np.float64
        np.testing.assert_allclose(found, model.marginal.logpdf(x), atol=1e-4)


def test_the_elbo_falls_short_by_the_divergence_from_the_posterior():
    model, x, exact = correlated(400)
    assert model.gap > 0.5
    found = elbo(model.encode, model.log_likelihood, x, draws=400, batch_size=150)
    np.testing.assert_allclose(found["elbo"].mean(), (exact - model.gap).mean(), atol=0.02)
    np.testing.assert_allclose(found["elbo"], found["reconstruction"] - found["kl"])
    means, _ = model.encode(x)
    kl = 0.5 * np.sum(means**2 + model.variances - 1 - np.log(model.variances), axis=1)
    np.testing.assert_allclose(found["kl"], kl, rtol=1e-4)


def test_each_bound_is_tighter_than_the_one_before():
    model, x, exact = correlated(300)
    bounds = [elbo(model.encode, model.log_likelihood, x, draws=50)["elbo"].mean()]
    for samples in (3, 30, 1000):
        bound = importance_weighted(model.encode, model.log_likelihood, x, samples=samples)
        bounds.append(bound.mean())
    bounds.append(exact.mean())
    steps = np.diff(bounds)
    assert (steps[:2] > 0.05).all() and abs(steps[-1]) < 0.02
    assert bounds[2] < bounds[3] + 0.02
    # Chains, which have no encoder, on fewer examples; as tight, within their noise.
    scores = annealed(model.log_likelihood, x[:12], 2, chains=64, distributions=200)
    np.testing.assert_allclose(scores["log_likelihood"], exact[:12], atol=0.15)
    assert scores["log_likelihood"].mean() == pytest.approx(exact[:12].mean(), abs=0.05)


def test_more_samples_are_the_mean_of_more_weights():
    """Of one draw it is the ELBO, but for the noise of the divergence."""
    model, x, _ = correlated(3000)
    one = importance_weighted(model.encode, model.log_likelihood, x, samples=1)
    bound = elbo(model.encode, model.log_likelihood, x)["elbo"]
    assert one.mean() == pytest.approx(bound.mean(), abs=0.1)


def test_batches_change_nothing_and_seeds_do():
    model, x, _ = correlated()
    for measure in (
        lambda **more: elbo(model.encode, model.log_likelihood, x, draws=2, **more)["elbo"],
        lambda **more: importance_weighted(
            model.encode, model.log_likelihood, x, samples=3, **more
        ),
    ):
        np.testing.assert_allclose(measure(batch_size=5), measure(batch_size=12), atol=1e-4)
        assert (measure(seed=1) != measure(seed=2)).all()


@pytest.mark.parametrize("likelihood", ["bernoulli", "gaussian"])
def test_a_vae_against_quadrature(likelihood):
    """An encoder that says the prior, weighed often, and chains without one."""
    keras.utils.set_random_seed(0)
    model = VAE((2, 2, 1), likelihood, latent_dim=1, width=6, depth=2)
    model.decoder.set_weights([2 * w + 0.1 for w in model.decoder.get_weights()])
    images = np.random.default_rng(0).uniform(-1, 1, (3, 2, 2, 1)).astype("float32")
    pixels = binarised(images) if likelihood == "bernoulli" else 0.5 * (images + 1)

    grid = np.linspace(-8, 8, 2001).astype("float32")
    joint = [
        model.log_likelihood(np.repeat(x[None], len(grid), axis=0), grid[:, None]).numpy()
        for x in pixels
    ]
    exact = logsumexp(joint + norm.logpdf(grid), axis=1) + np.log(grid[1] - grid[0])

    model.encoder.set_weights([0 * w for w in model.encoder.get_weights()])
    parts = model.encoder, tf.function(model.log_likelihood)
    bound = elbo(*parts, pixels, draws=20)["elbo"]
    found = importance_weighted(*parts, pixels, samples=1000)
    np.testing.assert_allclose(found, exact, atol=0.15)
    assert bound.mean() < exact.mean()
    scores = annealed(model.log_likelihood, pixels, 1, chains=64, distributions=50)
    np.testing.assert_allclose(scores["log_likelihood"], exact, atol=0.15)


def test_binarised_pictures_have_their_grey_levels_as_means():
    images = np.linspace(-1, 1, 5)[None].repeat(4000, axis=0)
    drawn = binarised(images)
    assert drawn.dtype == np.float32 and set(np.unique(drawn)) == {0.0, 1.0}
    np.testing.assert_allclose(drawn.mean(0), [0, 0.25, 0.5, 0.75, 1], atol=0.03)
    np.testing.assert_array_equal(drawn, binarised(images))
    assert (drawn != binarised(images, seed=1)).any()


def test_the_mean_over_binarisations_is_the_cross_entropy_of_grey_levels():
    """Why grey cross-entropies look alike: it is the same mean, if the encoder saw the grey."""
    rng = np.random.default_rng(0)
    images, logits = rng.uniform(-1, 1, (1, 8)), rng.normal(0, 1, (1, 8))
    drawn = binarised(np.repeat(images, 20_000, axis=0))
    mean = np.mean(bernoulli_log_likelihood(drawn, np.repeat(logits, len(drawn), axis=0)))
    grey = float(bernoulli_log_likelihood(0.5 * (images + 1), logits)[0])
    assert mean == pytest.approx(grey, abs=0.05)


def table(images, split="test"):
    """Grey pictures uint8 `[N, H, W, 1]` as `Examples`."""
    field = Image(images.shape[1:])
    names = [str(i) for i in range(len(images))]
    info = {"split": split, "name": "drawn"}
    return Examples({"images": field}, names, info, lambda rows: {"images": images[rows]})


@pytest.fixture(scope="module", params=["bernoulli", "gaussian"])
def scored(request):
    """(model, evaluator of it at validation, evaluator of its export, what the export serves)."""
    keras.utils.set_random_seed(0)
    model = VAE((3, 3, 1), request.param, latent_dim=2, width=6, depth=2)
    rng = np.random.default_rng(0)
    train, test = (table(rng.integers(0, 256, (n, 3, 3, 1), np.uint8)) for n in (40, 30))

    def served(latents):
        outputs = {"images": model(latents).numpy()}
        if request.param == "gaussian":
            outputs["log_variances"] = model.decoder(latents)[1].numpy()
        return outputs

    effort = Effort(few=4, samples=100, chains=16, distributions=30)
    exported = export(model, model.encode, test, train, effort)
    return model, training(model, test), exported, served


def test_evaluators_agree_and_are_ordered(scored):
    """What an exported decoder's pictures say is what the model's logits say."""
    model, at_validation, exported, served = scored
    found, scores = at_validation.measure(None), exported.measure(served)
    assert found["elbo"] == pytest.approx(found["reconstruction"] - found["kl"], rel=1e-6)
    assert scores["ELBO"] == pytest.approx(found["elbo"], rel=1e-4)
    assert scores["KL"] == pytest.approx(found["kl"], rel=1e-4)
    assert scores["ELBO of 4"] < scores["IWAE of 4"]
    assert scores["IWAE of 4"] == pytest.approx(scores["AIS of 4"], abs=0.3)
    assert at_validation.training and not exported.training
    assert "means over the 30 pictures" in exported.protocol
    assert ("binarised once" in exported.protocol) == (model.likelihood == "bernoulli")
    assert "16 chains and 30 distributions" in exported.protocol


def test_independent_pixels_are_the_baseline(scored):
    model, _, exported, _ = scored
    (name, scores), *rest = exported.baselines().items()
    assert name == "independent pixels" and not rest and scores["KL"] == 0
    # Nine pixels of uniform grey: 0 or 1 as often, or of variance 1/12.
    expected = {"bernoulli": -np.log(2), "gaussian": norm(0, 12**-0.5).logpdf(0) - 0.5}
    assert scores["ELBO"] == pytest.approx(9 * expected[model.likelihood], abs=0.8)


def test_a_pixel_that_never_changes_costs_little_and_not_infinitely_much():
    train = np.zeros((50, 1, 1, 1), "float32")
    for likelihood in ("bernoulli", "gaussian"):
        found = independent(train, train[:2], likelihood)
        assert found.shape == (2,) and np.isfinite(found).all()
        surprise = independent(train, 1 + train[:1], likelihood)
        assert np.isfinite(surprise).all() and surprise < found[0] - 4
