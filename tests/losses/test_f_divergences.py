"""The nine f-divergences of f-GAN: conjugates by maximising, bounds and fits by quadrature."""

import math

import numpy as np
import pytest
import tensorflow as tf
from scipy import optimize, special, stats

from tfgan_zoo.losses import f_divergences
from tfgan_zoo.losses.f_divergences import DIVERGENCES

NAMES = list(DIVERGENCES)
# f in NumPy; f* and T = g_f(v) as the paper's table composes them, Pearson's as u >= 0 has it.
F = {
    "kl": lambda u: special.xlogy(u, u),
    "reverse_kl": lambda u: -np.log(u),
    "pearson": lambda u: (u - 1) ** 2,
    "neyman": lambda u: (1 - u) ** 2 / u,
    "hellinger": lambda u: (np.sqrt(u) - 1) ** 2,
    "jeffrey": lambda u: (u - 1) * np.log(u),
    "jensen_shannon": lambda u: special.xlogy(u, u) - (u + 1) * np.log((u + 1) / 2),
    "gan": lambda u: special.xlogy(u, u) - (u + 1) * np.log(u + 1),
    "total_variation": lambda u: np.abs(u - 1) / 2,
}
# Points of the domain of f*, up to its edge; the last ones lie outside.
INSIDE = {
    "kl": np.linspace(-30, 30, 61),
    "reverse_kl": -np.geomspace(1e-6, 1e6, 61),
    "pearson": np.linspace(-50, 50, 101),
    "neyman": 1 - np.geomspace(1e-6, 1e6, 61),
    "hellinger": 1 - np.geomspace(1e-4, 1e6, 61),
    "jeffrey": np.linspace(-30, 30, 61),
    "jensen_shannon": math.log(2) - np.geomspace(1e-4, 50, 61),
    "gan": -np.geomspace(1e-4, 50, 61),
    "total_variation": np.append(0.5, 0.5 - np.geomspace(1e-6, 50, 61)),
}
OUTSIDE = {
    "reverse_kl": [0.0, 0.3],
    "neyman": [1.001, 7.0],
    "hellinger": [1.0, 1.001, 7.0],
    "jensen_shannon": [math.log(2), 0.7, 7.0],
    "gan": [0.0, 0.3],
    "total_variation": [0.501, 7.0],
}


def double(values):
    return tf.constant(values, tf.float64)


def slope(function, points):
    """The derivative at each of `points`, float64."""
    points = double(points)
    with tf.GradientTape() as tape:
        tape.watch(points)
        values = function(points)
    return tape.gradient(values, points).numpy()


def supremum(f, t, largest):
    """sup over u >= 0 of t u - f(u) for each t: a grid of log u, then finer ones at its best."""
    low, high = np.full(len(t), -40.0), np.full(len(t), largest)
    for _ in range(4):
        logs = np.linspace(low, high, 1001, axis=1)
        u = np.exp(logs)
        values = t[:, None] * u - f(u)
        best = values.argmax(1)
        step = (high - low) / 1000
        centre = logs[np.arange(len(t)), best]
        low, high = centre - 2 * step, centre + 2 * step
    return values.max(1)


@pytest.mark.parametrize("name", NAMES)
def test_the_generator_is_convex_and_the_threshold_its_slope_at_one(name):
    row = DIVERGENCES[name]
    u = np.geomspace(1e-3, 1e3, 400)
    np.testing.assert_allclose(row.generator(double(u)), F[name](u), rtol=1e-9, atol=1e-12)
    at_one = -2 * math.log(2) if name == "gan" else 0.0
    assert float(row.generator(double(1.0))) == pytest.approx(at_one, abs=1e-15)
    assert (np.diff(slope(row.generator, u)) >= -1e-9).all()
    assert slope(row.generator, [1.0])[0] == pytest.approx(row.threshold, abs=1e-12)


@pytest.mark.parametrize("name", NAMES)
def test_the_conjugate_is_the_supremum_on_its_whole_domain(name):
    row, t = DIVERGENCES[name], INSIDE[name]
    assert not np.any(row.outside(double(t)))
    # Where t u and f(u) grow alike, u must not outgrow the digits of their difference.
    expected = supremum(F[name], t, largest=40.0 if row.supremum == math.inf else 20.0)
    np.testing.assert_allclose(row.conjugate(double(t)), expected, rtol=1e-6, atol=1e-6)
    for far in OUTSIDE.get(name, []):
        assert row.outside(double(far)) and np.isposinf(row.conjugate(double(far)))
        u = np.exp([5.0, 10.0, 15.0])  # t u - f(u) grows without end
        assert (np.diff(far * u - F[name](u)) > 1).all()


@pytest.mark.parametrize("name", NAMES)
def test_the_conjugate_by_an_optimiser_in_the_middle_of_its_domain(name):
    for t in INSIDE[name][15:46:5]:
        found = optimize.minimize_scalar(
            lambda log_u, t=t: F[name](np.exp(log_u)) - t * np.exp(log_u),
            bounds=(-25, 16),
            method="bounded",
            options={"xatol": 1e-10},
        )
        value = float(DIVERGENCES[name].conjugate(double(t)))
        assert value == pytest.approx(-found.fun, rel=1e-6, abs=1e-7)


@pytest.mark.parametrize("name, edge, flat", [("pearson", -2, -1), ("total_variation", -0.5, -0.5)])
def test_a_conjugate_is_flat_below_the_slope_of_f_at_zero(name, edge, flat):
    row = DIVERGENCES[name]
    below = edge - np.array([1e-9, 0.1, 3.0, 1e4])
    np.testing.assert_array_equal(row.conjugate(double(below)), flat)
    np.testing.assert_array_equal(slope(row.conjugate, below), 0.0)
    assert slope(row.generator, [1e-12])[0] == pytest.approx(edge, abs=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_the_conjugate_at_a_slope_of_f(name):
    """f*(f'(u)) = u f'(u) - f(u), and u is the slope of f* there."""
    row = DIVERGENCES[name]
    u = np.geomspace(1e-2, 1e2, 41)
    t = slope(row.generator, u)
    np.testing.assert_allclose(row.conjugate(double(t)), u * t - F[name](u), rtol=1e-8, atol=1e-8)
    if name != "total_variation":  # whose f has two slopes only
        np.testing.assert_allclose(slope(row.conjugate, t), u, rtol=1e-6)


@pytest.mark.parametrize("name", NAMES)
def test_the_activation_maps_the_line_into_the_domain(name):
    row = DIVERGENCES[name]
    v = np.linspace(-15, 15, 601)
    t = row.activation(double(v)).numpy()
    assert (np.diff(t) > 0).all() and not np.any(row.outside(double(t)))
    np.testing.assert_allclose(
        row.conjugate_of_activation(double(v)), row.conjugate(double(t)), rtol=1e-8, atol=1e-9
    )
    # It reaches both ends: infinity, or the edge.
    assert float(row.activation(double(700.0))) == pytest.approx(min(row.supremum, 700), abs=1e-12)
    assert row.activation(double(-20.0)) < (-0.49 if name == "total_variation" else -19.0)
    # T > f'(1) is V > 0, but for the Kullback-Leibler divergence.
    zero = 1.0 if name == "kl" else 0.0
    scores = [zero - 1e-3, zero + 1e-3, zero + 5.0, zero - 5.0, zero + 1.0]
    assert float(f_divergences.accepted(name, scores)) == pytest.approx(3 / 5)


# Quadrature: p = N(0, 1) and q = N(0.5, 1.2^2), between which all nine are finite.
X = np.linspace(-14, 14, 8001)
P, Q = stats.norm(0, 1).pdf(X), stats.norm(0.5, 1.2).pdf(X)


def integral(values, x=X):
    return float(np.trapezoid(values, x))


def closed_forms():
    """Of the two Gaussians, by the textbook."""
    kl = math.log(1.2) + (1 + 0.25) / (2 * 1.44) - 0.5
    reverse = -math.log(1.2) + (1.44 + 0.25) / 2 - 0.5
    affinity = math.sqrt(2 * 1.2 / 2.44) * math.exp(-0.25 * 0.25 / 2.44)
    return {
        "kl": kl,
        "reverse_kl": reverse,
        "jeffrey": kl + reverse,
        "hellinger": 2 * (1 - affinity),
        # Of two Gaussians, E_Q (p/q)^2 is a Gaussian integral as well.
        "pearson": 1.44 / math.sqrt(2 * 1.44 - 1) * math.exp(0.25 / (2 * 1.44 - 1)) - 1,
        "neyman": 1 / (1.2 * math.sqrt(2 - 1.44)) * math.exp(0.25 / (2 - 1.44)) - 1,
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_bound_is_tight_at_the_slope_of_the_density_ratio(name):
    row = DIVERGENCES[name]
    divergence = integral(Q * F[name](P / Q))
    if name in closed_forms():
        assert divergence == pytest.approx(closed_forms()[name], rel=1e-6)
    if name == "gan":
        js = integral(Q * F["jensen_shannon"](P / Q))
        assert divergence == pytest.approx(js - math.log(4), rel=1e-9)

    def bound(t):
        return integral(P * t - Q * row.conjugate(double(t)).numpy())

    best = slope(row.generator, P / Q)
    assert bound(best) == pytest.approx(divergence, abs=1e-6)
    # Any other T gives less; these stay in the domain.
    for other in (best - 0.1, 0.9 * best - 0.02, np.full_like(X, row.threshold - 0.01)):
        assert bound(other) < divergence - 1e-5


# The recipe's fits of N(mu, sigma^2) to this mixture, by minimising each divergence.
LINE = np.linspace(-9, 12, 1051)
MIXTURE = (stats.norm(-1, 0.625).pdf(LINE) + stats.norm(2, 1).pdf(LINE)) / 2
FITS = {
    "kl": (0.5000, 1.7162, 0.1677),
    "reverse_kl": (0.7772, 1.5646, 0.2191),
    "pearson": (0.3832, 1.7759, 0.3093),
    "hellinger": (0.6030, 1.6597, 0.0927),
    "jeffrey": (0.6564, 1.5986, 0.4021),
    "jensen_shannon": (0.5785, 1.6879, 0.0886),
    "gan": (0.5785, 1.6879, 0.0886 - math.log(4)),
    # Not in the recipe: of an integral over (p - q)^2 / p, which is infinite for sigma^2 >= 2.
    "neyman": (1.5149, 1.2585, 0.6958),
}


@pytest.mark.parametrize("name", FITS)
def test_univariate_fits(name):
    """By the bound at its best T, in which f* and f' stand, not by f itself."""
    row = DIVERGENCES[name]

    def bound(parameters):
        mu, log_sigma = parameters
        q = stats.norm(mu, np.exp(log_sigma)).pdf(LINE)
        t = slope(row.generator, MIXTURE / q)
        return integral(MIXTURE * t - q * row.conjugate(double(t)).numpy(), LINE)

    found = optimize.minimize(
        bound,
        (1.4, 0.2) if name == "neyman" else (0.6, 0.5),
        method="Nelder-Mead",
        options={"xatol": 1e-4, "fatol": 1e-7},
    )
    fitted = (found.x[0], np.exp(found.x[1]), found.fun)
    np.testing.assert_allclose(fitted, FITS[name], atol=1e-3)


@pytest.mark.parametrize(
    "name, loss, still",
    [(name, "variational", name) for name in FITS] + [("kl", "practical", "reverse_kl")],
)
def test_where_a_generator_that_cannot_match_the_data_stands_still(name, loss, still):
    """Against the best T of its place: at the divergence's own fit by algorithm 1, elsewhere by the
    practical loss. For `kl` that is the fit of the reverse divergence.
    """
    row = DIVERGENCES[name]
    mu, sigma, _ = FITS[still]

    def q(mu, sigma):
        return stats.norm(mu, sigma).pdf(LINE)

    t = double(slope(row.generator, MIXTURE / q(mu, sigma)))
    values = -(row.conjugate(t) if loss == "variational" else t).numpy()

    def pull(mu, sigma):  # the gradient of the loss with T held
        sides = [(q(mu + h, sigma), q(mu, sigma + h)) for h in (1e-4, -1e-4)]
        return [integral((a - b) * values, LINE) / 2e-4 for a, b in zip(*sides, strict=True)]

    np.testing.assert_allclose(pull(mu, sigma), 0.0, atol=2e-3)
    if loss == "practical":
        mu, sigma, _ = FITS[name]
        t = double(slope(row.generator, MIXTURE / q(mu, sigma)))
        values = -t.numpy()
        assert np.abs(pull(mu, sigma)).max() > 0.05


def test_lamberts_function_without_its_exponential():
    z = np.concatenate([np.linspace(-30, 30, 121), np.geomspace(31, 1e12, 50)])
    np.testing.assert_allclose(
        np.exp(f_divergences._log_omega(double(z))), special.wrightomega(z), rtol=1e-13
    )
    t = np.linspace(-20, 20, 41)
    w = special.lambertw(np.exp(1 - t)).real
    np.testing.assert_allclose(
        DIVERGENCES["jeffrey"].conjugate(double(t)), w + 1 / w + t - 2, rtol=1e-10, atol=1e-10
    )
    np.testing.assert_allclose(slope(DIVERGENCES["jeffrey"].conjugate, t), 1 / w, rtol=1e-10)


@pytest.mark.parametrize("name", NAMES)
def test_nothing_overflows_and_no_nan_is_hidden(name):
    row = DIVERGENCES[name]
    v = tf.constant([-1e4, -100.0, -20.0, 0.0, 20.0, 100.0, 1e4], tf.float32)
    for function in (row.activation, row.conjugate_of_activation):
        with tf.GradientTape() as tape:
            tape.watch(v)
            values = function(v)
        gradients = tape.gradient(values, v)
        assert np.isfinite(values).all() and np.isfinite(gradients).all()
        assert np.isfinite(np.square(gradients)).all() and (np.diff(values) >= 0).all()
        assert np.isnan(function(tf.constant(np.nan)))
    losses = (
        f_divergences.variational_discriminator_loss(name, v, v),
        f_divergences.variational_generator_loss(name, v),
        f_divergences.practical_generator_loss(name, v),
    )
    for loss in losses:
        assert loss.dtype == tf.float32 and loss.shape == ()
    # The naive composition, in double precision, wherever it can be computed.
    small = np.linspace(-30, 30, 121)
    exact = row.conjugate(row.activation(double(small))).numpy()
    sound = np.isfinite(exact) & (np.abs(small) < 12)
    close = row.conjugate_of_activation(tf.constant(small, tf.float32)).numpy()
    np.testing.assert_allclose(close[sound], exact[sound], rtol=1e-4, atol=1e-5)


def test_the_exponential_is_untouched_where_float32_holds_it():
    x = tf.constant(np.append(np.linspace(-100, 78, 500), [80.0, 200.0]), tf.float32)
    with tf.GradientTape() as tape:
        tape.watch(x)
        values = f_divergences._exp(x)
    gradients = tape.gradient(values, x).numpy()
    np.testing.assert_array_equal(values[:500], tf.exp(x[:500]))
    np.testing.assert_array_equal(gradients[x < 24], tf.exp(x)[x < 24])
    assert values[501] > values[500] > values[499] and np.isfinite(values[501])
    assert gradients[501] == gradients[500] == pytest.approx(math.exp(24.36), rel=0.01)


def test_losses_are_means_of_the_formulas():
    real, fake = np.array([[-1.0], [0.5], [2.0]]), np.array([[0.25, -0.75], [1.5, -3.0]])
    for name, row in DIVERGENCES.items():
        t_real, t_fake = row.activation(double(real)).numpy(), row.activation(double(fake))
        f_star = row.conjugate(t_fake).numpy()
        expected = {
            "variational_discriminator_loss": f_star.mean() - t_real.mean(),
            "variational_generator_loss": -f_star.mean(),
            "practical_generator_loss": -t_fake.numpy().mean(),
        }
        for function, value in expected.items():
            scores = (real, fake) if "discriminator" in function else (fake,)
            loss = getattr(f_divergences, function)(name, *scores)
            np.testing.assert_allclose(loss, value, rtol=1e-5, atol=1e-6)
