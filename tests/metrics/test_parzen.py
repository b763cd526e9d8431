"""Parzen-window log-likelihood against closed forms, scikit-learn and SciPy."""

import numpy as np
import pytest
from scipy.stats import gaussian_kde, multivariate_normal
from sklearn.neighbors import KernelDensity

from tfgan_zoo.metrics import parzen as module
from tfgan_zoo.metrics.parzen import SIGMAS, choose_sigma, log_likelihood, parzen


def pixels(*shape, seed=0):
    return np.random.default_rng(seed).random(shape)


def test_one_sample_is_one_gaussian():
    data, centre = pixels(7, 3), pixels(1, 3, seed=1)
    exact = multivariate_normal(centre[0], 0.3**2 * np.eye(3)).logpdf(data)
    np.testing.assert_allclose(log_likelihood(data, centre, 0.3), exact, rtol=1e-12)


def test_many_samples_tend_to_the_density_convolved_with_the_window():
    chance = np.random.default_rng(0)
    data = np.array([[0.0, 0.0], [1.0, -1.0], [2.0, 1.0]])
    exact = multivariate_normal(np.zeros(2), (1 + 0.5**2) * np.eye(2)).logpdf(data)
    found = log_likelihood(data, chance.standard_normal((100_000, 2)), 0.5)
    np.testing.assert_allclose(found, exact, atol=0.04)  # three errors at the last


@pytest.mark.parametrize("sigma", [0.05, 0.2, 1.0])
def test_agrees_with_scikit_learn_at_784_pixels(sigma):
    data, samples = pixels(20, 784), pixels(50, 784, seed=1)
    # One leaf: its tree is wrong by hundreds of nats here.
    reference = KernelDensity(bandwidth=sigma, leaf_size=len(samples)).fit(samples)
    found = log_likelihood(data, samples, sigma)
    assert found.dtype == np.float64
    np.testing.assert_allclose(found, reference.score_samples(data), rtol=1e-9)


def test_agrees_with_scipy_on_samples_of_unit_covariance():
    samples = pixels(200, 3)
    samples -= samples.mean(0)
    # gaussian_kde scales its window by the samples' covariance, which is made the identity here.
    samples = samples @ np.linalg.inv(np.linalg.cholesky(np.cov(samples.T))).T
    data = pixels(10, 3, seed=1)
    reference = gaussian_kde(samples.T, bw_method=0.4).logpdf(data.T)
    np.testing.assert_allclose(log_likelihood(data, samples, 0.4), reference, rtol=1e-9)


def test_blocks_do_not_change_the_result(monkeypatch):
    data, samples = pixels(23, 4), pixels(31, 4, seed=1)
    whole = log_likelihood(data, samples, 0.1)
    monkeypatch.setattr(module, "_ROWS", 5)
    monkeypatch.setattr(module, "_COLUMNS", 7)
    np.testing.assert_allclose(log_likelihood(data, samples, 0.1), whole, rtol=1e-12)


def test_far_points_and_a_common_offset_keep_their_digits():
    data, samples = pixels(5, 6), pixels(9, 6, seed=1)
    plain = log_likelihood(data, samples, 0.01)
    np.testing.assert_allclose(log_likelihood(data + 1e6, samples + 1e6, 0.01), plain, rtol=1e-5)
    # exp(-0.5 * 1000 ** 2) is zero in any float.
    far = log_likelihood(np.full((1, 1), 1000.0), np.zeros((1, 1)), 1.0)
    np.testing.assert_allclose(far, -0.5 * 1000**2 - 0.5 * np.log(2 * np.pi), rtol=1e-12)


def test_a_copy_scores_what_its_own_window_gives():
    data = pixels(1, 784)
    found = log_likelihood(data, data.copy(), 0.001)
    np.testing.assert_allclose(found, -784 * np.log(0.001 * np.sqrt(2 * np.pi)), rtol=1e-9)


def test_the_grid_is_that_of_the_authors():
    np.testing.assert_allclose(SIGMAS, np.logspace(-1, 0, 10))


def test_chooses_the_likeliest_sigma_whatever_the_order():
    validation, samples = pixels(30, 5), pixels(40, 5, seed=1)
    chosen = choose_sigma(validation, samples, [0.5, 0.02, 0.15, 0.3])
    scores = [log_likelihood(validation, samples, s).mean() for s in chosen["sigmas"]]
    np.testing.assert_array_equal(chosen["sigmas"], [0.02, 0.15, 0.3, 0.5])
    np.testing.assert_allclose(chosen["scores"], scores, rtol=1e-12)
    assert chosen["sigma"] == chosen["sigmas"][np.argmax(scores)] == 0.3
    assert chosen["at_edge"] is False


@pytest.mark.parametrize("sigmas", [[0.3, 0.5, 0.7], [0.02, 0.15, 0.3], [0.3]])
def test_says_that_the_best_sigma_is_at_the_edge(sigmas):
    validation, samples = pixels(30, 5), pixels(40, 5, seed=1)
    assert choose_sigma(validation, samples, sigmas)["at_edge"] is True
    scores = parzen(pixels(30, 5, seed=2), validation, samples, sigmas)
    assert scores["at_edge"] is True
    assert "0.3, is at the edge of the grid" in scores["caveat"]


def test_follows_the_protocol():
    test, validation, samples = (pixels(30, 5, seed=seed) for seed in range(3))
    scores = parzen(test, validation, samples)
    sigma = choose_sigma(validation, samples)["sigma"]
    each = log_likelihood(test, samples, sigma)
    assert scores == {
        "log_likelihood": pytest.approx(each.mean()),
        "standard_error": pytest.approx(each.std() / np.sqrt(30)),  # ddof 0, as the authors
        "sigma": sigma,
        "at_edge": False,
        "caveat": None,
    }


@pytest.mark.parametrize(("scale", "shift"), [(2, -1), (1, -0.1), (1.5, 0)])
def test_says_that_values_are_not_those_of_published_figures(scale, shift):
    test, validation, samples = (scale * pixels(30, 5, seed=s) + shift for s in range(3))
    caveat = parzen(test, validation, samples)["caveat"]
    assert caveat.endswith("published figures are for pixels in [0, 1].")
    assert "edge" not in caveat


def test_blur_noise_and_lost_modes_lower_the_score():
    """Digits stand in for a world of modes: twelve prototypes and small Gaussian noise."""
    modes = pixels(12, 20)

    def draw(kinds, noise, seed):
        chance = np.random.default_rng(seed)
        centres = modes[chance.integers(kinds, size=400)]
        return centres + noise * chance.standard_normal(centres.shape)

    test, validation = draw(12, 0.05, 0), draw(12, 0.05, 1)

    def score(samples):
        return parzen(test, validation, samples, np.logspace(-2, 0, 21))["log_likelihood"]

    good = score(draw(12, 0.05, 2))
    blurred = draw(12, 0.05, 2)
    blurred = (blurred + np.roll(blurred, 1, 1) + np.roll(blurred, -1, 1)) / 3
    assert score(draw(12, 0.2, 2)) < good - 1
    assert score(draw(6, 0.05, 2)) < good - 1
    assert score(blurred) < good - 1


def test_is_blind_to_what_theis_shows():
    """The centres of the modes beat fresh samples of the true distribution."""
    chance = np.random.default_rng(0)
    modes = pixels(5, 50)
    draw = modes[chance.integers(5, size=900)] + 0.1 * chance.standard_normal((900, 50))
    test, validation, fresh = np.split(draw, 3)
    centres = parzen(test, validation, modes)["log_likelihood"]
    assert centres > parzen(test, validation, fresh)["log_likelihood"] + 1


def test_bad_input_is_an_error_of_one_sentence():
    good = pixels(4, 3)
    holed = good.copy()
    holed[1, 2] = np.nan
    with pytest.raises(ValueError, match="data hold values that are not finite"):
        log_likelihood(holed, good, 0.1)
    with pytest.raises(ValueError, match="generated samples hold values that are not finite"):
        log_likelihood(good, holed, 0.1)
    with pytest.raises(ValueError, match=r"must be \[N, D\]"):
        log_likelihood(good, good.reshape(4, 3, 1), 0.1)
    with pytest.raises(ValueError, match="3 columns and generated ones 2"):
        log_likelihood(good, good[:, :2], 0.1)
    for sigma in (0.0, -1.0, np.nan, np.inf):
        with pytest.raises(ValueError, match="each positive and finite"):
            log_likelihood(good, good, sigma)
    with pytest.raises(ValueError, match="at least one sigma"):
        choose_sigma(good, good, [])
    with pytest.raises(ValueError, match="1e-170 is too small for these distances"):
        log_likelihood(good, good + 1, 1e-170)
    with pytest.raises(ValueError, match="test set hold 1 samples"):
        parzen(good[:1], good, good)
    with pytest.raises(ValueError, match="validation set hold values that are not finite"):
        parzen(good, holed, good)
