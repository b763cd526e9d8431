"""f-divergences, and the bounds by which f-GAN plays (Nowozin et al. 2016, arXiv 1606.00709).

For a convex f on u >= 0 and densities p of the data and q of the generator

    D_f(P || Q) = E_Q f(p / q) >= E_P T - E_Q f*(T),    f*(t) = sup over u >= 0 of t u - f(u),

with equality at T = f'(p / q). A network's unbounded V becomes such a T by an output activation,
T = g_f(V), whose range lies in the domain of f*.

divergence      | f(u)                          | g_f(v)              | f*(t)           | domain
----------------|-------------------------------|---------------------|-----------------|----------
kl              | u log u                       | v                   | e^(t-1)         | all
reverse_kl      | -log u                        | -e^-v               | -1 - log -t     | t < 0
pearson         | (u-1)^2                       | v                   | t^2/4 + t       | all
neyman          | (1-u)^2 / u                   | 1 - e^-v            | 2 - 2 sqrt(1-t) | t <= 1
hellinger       | (sqrt u - 1)^2                | 1 - e^-v            | t / (1-t)       | t < 1
jeffrey         | (u-1) log u                   | v                   | 1/w - 1 - log w | all
jensen_shannon  | u log u - (u+1) log ((u+1)/2) | log 2 - log(1+e^-v) | -log(2 - e^t)   | t < log 2
gan             | u log u - (u+1) log (u+1)     | -log(1+e^-v)        | -log(1 - e^t)   | t < 0
total_variation | |u-1| / 2                     | tanh(v) / 2         | t               | t <= 1/2

In Jeffrey's row w + log w = 1 - t, so that w is Lambert's W of e^(1-t). `hellinger` is the
squared distance, `jensen_shannon` twice the divergence of that name, `gan` the latter less log 4.
Where f has a finite slope at u = 0, f* is flat below that slope, for u cannot fall under zero:
Pearson's is -1 at t < -2, that of total variation -1/2 at t < -1/2. Above the domain f* is
infinite.

Overflow. Nothing here replaces a NaN, or moves a value that the number format can hold with ease:
- f*(g_f(v)) is a formula of v of its own. One after the other they take the logarithm of a
  difference that rounds to zero: -log(1 - e^t) is infinite at v = 20 in float32, log(1+e^v) is 20.
- Jeffrey's w is never formed, nor e^(1-t): Newton's method finds log w.
- What remains is e^x itself, in the rows with an e in the table and in Jeffrey's 1/w: see `_exp`.
"""

import dataclasses
import math
from collections.abc import Callable

import tensorflow as tf

ROOM = 10.0  # e^10 is left for the sum over a batch, and its square for the slopes of a network


@dataclasses.dataclass(frozen=True)
class FDivergence:
    """One row of the table. Functions take tensors of any shape and floating type, entry by entry.

    Attributes:
        generator: f, for u >= 0.
        activation: g_f, which increases.
        conjugate_of_activation: v to f*(g_f(v)).
        formula: f* inside its domain.
        threshold: f'(1), the T of a point where p = q: a larger T says 'data'.
        supremum: of the domain of f*, which is a half-line or (infinity) the whole line.
        closed: whether the supremum belongs to the domain.
    """

    generator: Callable
    activation: Callable
    conjugate_of_activation: Callable
    formula: Callable
    threshold: float
    supremum: float = math.inf
    closed: bool = False

    def outside(self, t):
        """Whether t lies above the domain, where f*(t) is infinite."""
        return t > self.supremum if self.closed else t >= self.supremum

    def conjugate(self, t):
        """f*(t), for every real t."""
        t = tf.convert_to_tensor(t)
        outside = self.outside(t)
        inner = tf.where(outside, tf.cast(self.threshold, t.dtype), t)
        return tf.where(outside, tf.cast(math.inf, t.dtype), self.formula(inner))


@tf.custom_gradient
def _exp(x):
    """e^x, which must not end a run that may yet turn round.

    The value is e^x up to x = log(largest number) - 10 (78.7 in float32), from where on a batch
    could hardly be summed, and beyond it the tangent there. The slope handed back is e^x as well,
    but at most e^-20 times the root of the largest number (e^24.4 in float32): a gradient's norm
    and Adam's second moment square it, and one infinite square holds up every player of the step. A
    slope that is cut keeps its sign, which is what brings V back; `clip_norm` sees to its size.
    """
    largest = math.log(x.dtype.max)
    beyond = x > largest - ROOM
    top = tf.cast(largest - ROOM, x.dtype)
    value = tf.exp(tf.where(beyond, top, x)) * (1.0 + tf.where(beyond, x - top, tf.zeros_like(x)))

    def gradient(upstream):
        steepest = tf.cast(largest / 2 - 2 * ROOM, x.dtype)
        return upstream * tf.exp(tf.where(x > steepest, steepest, x))

    return value, gradient


@tf.custom_gradient
def _log_omega(z):
    """The l with l + e^l = z, so that e^l = W(e^z), by Newton's method; dl/dz = 1 / (1 + e^l).

    l + e^l is convex and increasing, and z, and log z where z > 1, are not below the solution: from
    there the method falls towards it without leaving the convex side.
    """
    solution = tf.where(z > 1.0, tf.math.log(tf.where(z > 1.0, z, tf.ones_like(z))), z)
    for _ in range(8):  # doubles the correct digits each time; six are enough for float64
        power = tf.exp(solution)
        solution = solution - (solution + power - z) / (1.0 + power)
    return solution, lambda upstream: upstream * tf.sigmoid(-_log_omega(z))


def _jeffrey_conjugate(t):
    log_w = _log_omega(1.0 - t)
    return _exp(-log_w) - 1.0 - log_w


def _pearson_conjugate(t):
    above = tf.where(t < -2.0, tf.cast(-2.0, t.dtype), t)
    return above * above / 4.0 + above


DIVERGENCES = {
    "kl": FDivergence(
        generator=lambda u: tf.math.xlogy(u, u),
        activation=lambda v: v,
        conjugate_of_activation=lambda v: _exp(v - 1.0),
        formula=lambda t: _exp(t - 1.0),
        threshold=1.0,
    ),
    "reverse_kl": FDivergence(
        generator=lambda u: -tf.math.log(u),
        activation=lambda v: -_exp(-v),
        conjugate_of_activation=lambda v: v - 1.0,
        formula=lambda t: -1.0 - tf.math.log(-t),
        threshold=-1.0,
        supremum=0.0,
    ),
    "pearson": FDivergence(
        generator=lambda u: tf.square(u - 1.0),
        activation=lambda v: v,
        conjugate_of_activation=_pearson_conjugate,
        formula=_pearson_conjugate,
        threshold=0.0,
    ),
    "neyman": FDivergence(
        generator=lambda u: tf.square(1.0 - u) / u,
        activation=lambda v: 1.0 - _exp(-v),
        conjugate_of_activation=lambda v: 2.0 - 2.0 * _exp(-v / 2.0),
        formula=lambda t: 2.0 - 2.0 * tf.sqrt(1.0 - t),
        threshold=0.0,
        supremum=1.0,
        closed=True,
    ),
    "hellinger": FDivergence(
        generator=lambda u: tf.square(tf.sqrt(u) - 1.0),
        activation=lambda v: 1.0 - _exp(-v),
        conjugate_of_activation=lambda v: _exp(v) - 1.0,
        formula=lambda t: t / (1.0 - t),
        threshold=0.0,
        supremum=1.0,
    ),
    "jeffrey": FDivergence(
        generator=lambda u: (u - 1.0) * tf.math.log(u),
        activation=lambda v: v,
        conjugate_of_activation=_jeffrey_conjugate,
        formula=_jeffrey_conjugate,
        threshold=0.0,
    ),
    "jensen_shannon": FDivergence(
        generator=lambda u: tf.math.xlogy(u, u) - (u + 1.0) * tf.math.log((u + 1.0) / 2.0),
        activation=lambda v: math.log(2.0) - tf.math.softplus(-v),
        conjugate_of_activation=lambda v: tf.math.softplus(v) - math.log(2.0),
        formula=lambda t: -tf.math.log(2.0 - tf.exp(t)),
        threshold=0.0,
        supremum=math.log(2.0),
    ),
    "gan": FDivergence(
        generator=lambda u: tf.math.xlogy(u, u) - (u + 1.0) * tf.math.log1p(u),
        activation=lambda v: -tf.math.softplus(-v),
        conjugate_of_activation=tf.math.softplus,
        formula=lambda t: -tf.math.log(-tf.math.expm1(t)),
        threshold=-math.log(2.0),
        supremum=0.0,
    ),
    "total_variation": FDivergence(
        generator=lambda u: tf.abs(u - 1.0) / 2.0,
        activation=lambda v: tf.tanh(v) / 2.0,
        conjugate_of_activation=lambda v: tf.tanh(v) / 2.0,
        formula=lambda t: tf.where(t < -0.5, tf.cast(-0.5, t.dtype), t),
        threshold=0.0,
        supremum=0.5,
        closed=True,
    ),
}


def variational_discriminator_loss(divergence, real_scores, fake_scores):
    """-F = E_Q f*(g_f(V)) - E_P g_f(V): F bounds D_f from below, and a loss is minimised.

    Args:
        divergence: a name in the table.
        real_scores, fake_scores: V, unbounded, of any shape.
    """
    row = DIVERGENCES[divergence]
    real_scores = tf.cast(real_scores, tf.float32)
    fake_scores = tf.cast(fake_scores, tf.float32)
    return tf.reduce_mean(row.conjugate_of_activation(fake_scores)) - tf.reduce_mean(
        row.activation(real_scores)
    )


def variational_generator_loss(divergence, fake_scores):
    """-E_Q f*(g_f(V)): what of F the generator can change, which algorithm 1 descends."""
    row = DIVERGENCES[divergence]
    return -tf.reduce_mean(row.conjugate_of_activation(tf.cast(fake_scores, tf.float32)))


def practical_generator_loss(divergence, fake_scores):
    """-E_Q g_f(V): section 3.2, where the generator raises T of what it draws. For `gan` it is the
    loss that does not saturate.
    """
    return -tf.reduce_mean(DIVERGENCES[divergence].activation(tf.cast(fake_scores, tf.float32)))


def accepted(divergence, scores):
    """The share of examples that T = g_f(V) > f'(1) takes for data."""
    row = DIVERGENCES[divergence]
    scores = tf.cast(scores, tf.float32)
    return tf.reduce_mean(tf.cast(row.activation(scores) > row.threshold, tf.float32))
