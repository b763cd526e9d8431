"""Kernel MMDs and KID against scikit-learn, closed forms, torch-fidelity and clean-fid."""

import pathlib

import numpy as np
import pytest
from scipy.spatial.distance import pdist
from sklearn.metrics.pairwise import polynomial_kernel, rbf_kernel

from tfgan_zoo.metrics.kernel import kernel_distance, median_bandwidth, polynomial_mmd, rbf_mmd


@pytest.fixture(scope="module")
def golden():
    with np.load(pathlib.Path(__file__).parents[1] / "golden/metric_golden.npz") as file:
        return dict(file)


def samples(real=61, fake=47, width=5, shift=0.4):
    random = np.random.default_rng(0)
    return random.standard_normal((real, width)), random.standard_normal((fake, width)) + shift


def direct(kernel, real, fake, estimator):
    """The definitions, from whole kernel matrices."""
    within = []
    for values in (real, fake):
        matrix, size = kernel(values, values), len(values)
        if estimator == "biased":
            within.append(matrix.mean())
        else:
            within.append((matrix.sum() - np.trace(matrix)) / (size * (size - 1)))
    return sum(within) - 2 * kernel(real, fake).mean()


@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
@pytest.mark.parametrize("parameters", [{}, {"degree": 2, "gamma": 0.7, "coef0": 0.3}])
def test_the_polynomial_kernel_is_scikit_learns(estimator, parameters):
    real, fake = samples()
    theirs = {"degree": 3, "coef0": 1} | parameters

    def kernel(left, right):
        return polynomial_kernel(left, right, **theirs)

    result = polynomial_mmd(real, fake, estimator=estimator, **parameters)
    assert result == pytest.approx(direct(kernel, real, fake, estimator), rel=1e-10)


@pytest.mark.parametrize("estimator", ["unbiased", "biased"])
def test_the_gaussian_kernel_is_scikit_learns(estimator):
    real, fake = samples()

    def kernel(left, right):
        return rbf_kernel(left, right, gamma=1 / (2 * 1.3**2))

    expected = direct(kernel, real, fake, estimator)
    assert rbf_mmd(real, fake, bandwidth=1.3, estimator=estimator) == pytest.approx(expected)
    moved = rbf_mmd(real + 1e6, fake + 1e6, bandwidth=1.3, estimator=estimator)
    assert moved == pytest.approx(expected, rel=1e-7)


def test_sets_larger_than_one_piece_of_the_matrix():
    real, fake = samples(1203, 1101, width=3)

    def kernel(left, right):
        return rbf_kernel(left, right, gamma=1 / 8)

    expected = direct(kernel, real, fake, "unbiased")
    assert rbf_mmd(real, fake, bandwidth=2) == pytest.approx(expected, rel=1e-9)
    expected = direct(polynomial_kernel, real, fake, "biased")
    assert polynomial_mmd(real, fake, estimator="biased") == pytest.approx(expected, rel=1e-9)


def test_the_block_estimator_cuts_as_tf_gan():
    """2050 and 2052 make three blocks; the longer ones come last."""
    real, fake = samples(2050, 2052, width=2)
    fake = fake[np.argsort(fake[:, 0])]
    blocks = [(0, 683, 0, 684), (683, 1366, 684, 1368), (1366, 2050, 1368, 2052)]
    expected = [
        direct(polynomial_kernel, real[r:s], fake[f:g], "unbiased") for r, s, f, g in blocks
    ]
    result = polynomial_mmd(real, fake, estimator="block")
    assert result == pytest.approx(np.mean(expected), rel=1e-9)
    shuffled = polynomial_mmd(real, np.random.default_rng(1).permutation(fake), estimator="block")
    assert abs(shuffled - result) > 0.1  # it depends on the order


def test_one_block_is_the_unbiased_estimate():
    real, fake = samples(1024, 900)
    for mmd in (polynomial_mmd, rbf_mmd):
        assert mmd(real, fake, estimator="block") == pytest.approx(mmd(real, fake))


def test_gaussians_in_closed_form():
    width, bandwidth, shift = 4, 1.5, 0.5
    real, fake = samples(3000, 3000, width, shift)
    scale = bandwidth**2 / (bandwidth**2 + 2)
    gap = np.exp(-width * shift**2 / (2 * (bandwidth**2 + 2)))
    expected = 2 * scale ** (width / 2) * (1 - gap)
    assert rbf_mmd(real, fake, bandwidth=bandwidth) == pytest.approx(expected, rel=0.05)


def test_the_biases_differ_as_they_should():
    """Without a true difference the unbiased estimates scatter around zero."""
    random = np.random.default_rng(3)
    pairs = random.standard_normal((60, 2, 30, 3))
    for mmd in (polynomial_mmd, rbf_mmd):
        unbiased = [mmd(real, fake) for real, fake in pairs]
        assert min(unbiased) < 0 < max(unbiased)
        assert abs(np.mean(unbiased)) < 4 * np.std(unbiased) / np.sqrt(60)
        assert min(mmd(real, fake, estimator="biased") for real, fake in pairs) > 0
        assert mmd(pairs[0, 0], pairs[0, 0], estimator="biased") == pytest.approx(0, abs=1e-12)


def test_the_median_of_the_pooled_distances():
    real, fake = samples()
    median = median_bandwidth(real, fake)
    assert median == pytest.approx(np.median(pdist(np.concatenate([real, fake]))))
    assert rbf_mmd(real, fake) == rbf_mmd(real, fake, bandwidth=median)
    # Beyond 2000 samples, from both sets still: these lie 10 apart, and within each almost none.
    near = np.random.default_rng(4).normal(0, 1e-3, (2500, 2))
    assert median_bandwidth(near[:1250], near[1250:] + [10, 0]) == pytest.approx(10, rel=0.01)


@pytest.mark.parametrize("mark", ["", "_float64"])
def test_kid_is_torch_fidelitys(golden, mark):
    dtype = np.float64 if mark else np.float32
    real, fake = golden["real_features"].astype(dtype), golden["fake_features"].astype(dtype)
    parameters = {"subset_size": int(golden["kid_subset_size"]), "seed": int(golden["rng_seed"])}
    result = kernel_distance(real, fake, subsets=int(golden["kid_subsets"]), **parameters)
    tolerance = 1e-12 if mark else 1e-6  # in float32 theirs rounds
    assert result["mean"] == pytest.approx(golden[f"kid_mean{mark}"], rel=tolerance)
    assert result["std"] == pytest.approx(golden[f"kid_std{mark}"], rel=tolerance)
    one = kernel_distance(real, fake, subsets=1, **parameters)
    assert one["mean"] == pytest.approx(golden[f"kid_one_subset_mean{mark}"], rel=tolerance)
    assert one["std"] == 0


def test_the_unbiased_estimate_is_clean_fids(golden):
    real, fake = golden["real_features"][:350], golden["fake_features"]
    expected = golden["clean_kid_first_350"]
    assert polynomial_mmd(real, fake) == pytest.approx(expected, rel=1e-10)
    whole = kernel_distance(real.astype(float), fake, subsets=2, subset_size=350)
    assert whole["mean"] == pytest.approx(expected, rel=1e-10)
    assert whole["std"] < 1e-12


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ({"subset_size": 51}, "60 real and 50 generated samples: lower subset_size"),
        ({"subset_size": 1}, "at least 1 subset of at least 2 samples"),
        ({"subset_size": 5, "subsets": 0}, "at least 1 subset of at least 2 samples"),
    ],
)
def test_kid_of_too_few(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        kernel_distance(*samples(60, 50), **arguments)


def kid(real, fake):
    return kernel_distance(real, fake, subset_size=2)


@pytest.mark.parametrize("metric", [polynomial_mmd, rbf_mmd, kid])
@pytest.mark.parametrize(
    ("fake", "sentence"),
    [
        (np.zeros((4, 3)), "5 columns and generated ones 3"),
        (np.full((4, 5), np.nan), "generated features hold values that are not finite"),
        (np.zeros(5), r"generated features must be \[N, D\]"),
        (np.zeros((0, 5)), "generated features hold 0 samples"),
    ],
)
def test_bad_features(metric, fake, sentence):
    with pytest.raises(ValueError, match=sentence):
        metric(samples()[0], fake)


def test_bad_parameters():
    real, fake = samples()
    with pytest.raises(ValueError, match="no estimator 'linear'"):
        polynomial_mmd(real, fake, estimator="linear")
    with pytest.raises(ValueError, match="positive integer, not 2.5"):
        polynomial_mmd(real, fake, degree=2.5)
    for bandwidth in (0, -1, np.nan, np.inf):
        with pytest.raises(ValueError, match="bandwidth must be positive"):
            rbf_mmd(real, fake, bandwidth=bandwidth)
    with pytest.raises(ValueError, match="bandwidth 1e-06 is lost in rounding"):
        rbf_mmd(real, fake, bandwidth=1e-6)
    # Where it is not, only identical samples count.
    apart = rbf_mmd(real, fake, bandwidth=1e-3, estimator="biased")
    assert apart == pytest.approx(1 / len(real) + 1 / len(fake), rel=1e-6)
    with pytest.raises(ValueError, match="median distance is zero"):
        rbf_mmd(np.ones((9, 5)), np.ones((9, 5)))
    with pytest.raises(ValueError, match="at least 2 samples of each; there are 1 real and 47"):
        polynomial_mmd(real[:1], fake)
    assert polynomial_mmd(real[:1], fake, estimator="biased") > 0
    with pytest.raises(ValueError, match="overflows"), np.errstate(all="ignore"):
        polynomial_mmd(real * 1e60, fake)
    with pytest.raises(ValueError, match="do not fill 3 blocks"):
        polynomial_mmd(np.zeros((3000, 5)), real[:5], estimator="block")
