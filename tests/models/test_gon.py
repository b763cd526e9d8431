"""GON: the gradient at the origin and the gradient through it against finite differences, and that
a picture's latent is the same at inference.
"""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.losses.likelihood import bernoulli_log_likelihood, gaussian_kl
from tfgan_zoo.models.latent.gon import GON

SHAPE, DIM = (8, 8, 2), 3
IMAGES = np.random.default_rng(0).uniform(-1, 1, (4, *SHAPE)).astype("float32")
PIXELS = 0.5 * (IMAGES.astype("float64") + 1.0)


def compiled(rate=0.1, **settings):
    keras.utils.set_random_seed(0)
    model = GON(SHAPE, **({"latent_dim": DIM, "filters": 1, "batch_size": 4} | settings))
    model.compile(keras.optimizers.SGD(rate))
    return model


def train(model, images=IMAGES):
    logs = model.train_step({"images": tf.constant(images)})
    assert int(logs["skipped"]) == 0
    return {name: float(value) for name, value in logs.items()}


def double(model):
    """The generator's trained weights in float64."""
    return [np.array(v, "float64") for v in model.generator.trainable_variables]


def loss_of(weights, latents, pixels=PIXELS):
    """The authors' loss, written anew in float64: the sum over channels, the mean over the rest."""
    weights, features = list(weights), latents[:, None, None, :]
    for size in (1, 2, 4, 8):
        kernel, bias = weights.pop(0), weights.pop(0)
        shape = [len(latents), size, size, kernel.shape[2]]
        features = tf.nn.conv2d_transpose(features, kernel, shape, 2 if size > 1 else 1) + bias
        if not weights:
            return tf.reduce_mean(tf.reduce_sum((tf.sigmoid(features) - pixels) ** 2, -1))
        scale, offset = weights.pop(0), weights.pop(0)
        mean, variance = tf.nn.moments(features, [0, 1, 2])
        features = (features - mean) / tf.sqrt(variance + 1e-5) * scale + offset
        features = tf.where(features > 0, features, tf.exp(tf.minimum(features, 0.0)) - 1.0)


def latents_of(weights, pixels=PIXELS):
    """Minus the gradient at the origin, in float64."""
    origin = tf.zeros([len(pixels), DIM], tf.float64)
    with tf.GradientTape() as tape:
        tape.watch(origin)
        loss = loss_of(weights, origin, pixels)
    return -tape.gradient(loss, origin)


def slope(function, arrays, which, place, reach=1e-5):
    """The derivative of `function(arrays)` by one number, by central differences."""
    values = []
    for sign in (1, -1):
        moved = [array.copy() for array in arrays]
        moved[which][place] += sign * reach
        values.append(float(function(moved)))
    return (values[0] - values[1]) / (2 * reach)


def from_origin(model, images=IMAGES):
    return model.from_origin(tf.constant(0.5 * (images + 1.0)), None)[0].numpy()


def test_sizes_of_the_authors():
    """74,321 and 268,033 numbers are those of their two scripts."""
    for arguments, size, dim in (
        ({}, 74_321, 32),
        ({"variational": True, "latent_dim": 48, "filters": 32}, 268_033, 48),
    ):
        model = GON(**arguments)
        assert sum(np.size(v) for v in model.trained_variables("generator")) == size
        assert model.generator.input_shape == (None, dim)
        assert model.generator.output_shape == (None, 32, 32, 1)
        norms = [x for x in model.generator.layers if "normalization" in x.name]
        assert [(x.momentum, x.epsilon) for x in norms] == [(0.9, 1e-5)] * 3
        assert sum(isinstance(x, keras.layers.ELU) for x in model.generator.layers) == 3
    bound = (4 * 4 * 64) ** -0.5  # PyTorch's of a first layer with 64 outputs
    kernel = np.array(GON().generator.trainable_variables[0])
    assert np.abs(kernel).max() == pytest.approx(bound, rel=0.01)


def test_a_latent_is_minus_the_gradient_at_the_origin():
    model = compiled()
    weights = double(model)

    def loss(arrays):
        return loss_of(weights, tf.constant(arrays[0]))

    # The first layer's features differ by less than the root of its epsilon near the origin alone.
    gradient = [-slope(loss, [np.zeros([4, DIM])], 0, place, 1e-9) for place in np.ndindex(4, DIM)]
    np.testing.assert_allclose(np.ravel(latents_of(weights)), gradient, rtol=1e-3, atol=0.05)
    np.testing.assert_allclose(np.ravel(from_origin(model)), gradient, rtol=1e-3, atol=0.1)


@pytest.mark.parametrize("second_order", [True, False])
def test_the_generator_learns_through_the_gradient(second_order):
    """A step against differences of the whole loss, or, of the other arm, of the loss at latents
    that do not move.
    """
    model = compiled(second_order=second_order)
    weights = double(model)
    fixed = latents_of(weights)

    def loss(arrays):
        return loss_of(arrays, latents_of(arrays) if second_order else fixed)

    logs = train(model)
    assert logs["loss"] == pytest.approx(float(loss(weights)), rel=1e-3)
    origin = tf.zeros([4, DIM], tf.float64)
    assert logs["origin_loss"] == pytest.approx(float(loss_of(weights, origin)), rel=1e-5)
    after, largest = double(model), 0.0
    for which in (0, 2, 4, 8, 12):  # the kernels, and a scale
        place = tuple(np.array(weights[which].shape) // 2)
        expected = slope(loss, weights, which, place)
        found = (weights[which][place] - after[which][place]) / 0.1
        assert found == pytest.approx(expected, rel=0.02, abs=2e-5)
        largest = max(largest, abs(expected))
    assert largest > 1e-3


def test_the_arm_without_second_derivatives_is_another():
    results = []
    for second_order in (True, False):
        model = compiled(second_order=second_order)
        train(model)
        results.append(double(model))
    before = double(compiled())[0]
    first, other = (weights[0] - before for weights in results)
    assert np.abs(first - other).max() > 0.1 * np.abs(other).max() > 0.0


def test_a_picture_has_the_latent_of_training_whatever_else_is_encoded():
    model = compiled()
    for _ in range(3):
        train(model)
    model.mean_picture.mean.assign(PIXELS.mean(0))
    of_training = from_origin(model)
    assert np.abs(of_training).max() > 0.01
    np.testing.assert_allclose(model.encode(IMAGES), of_training, rtol=1e-3, atol=2e-4)
    for index in range(4):
        alone = model.encode(IMAGES[index : index + 1])
        np.testing.assert_allclose(alone[0], of_training[index], rtol=1e-3, atol=2e-4)
    # A batch of one in training is another model: its mean picture is itself.
    assert np.abs(from_origin(model, IMAGES[:1]) - of_training[:1]).max() > 0.01


@pytest.mark.parametrize("variational", [False, True])
def test_the_encoder_is_an_affine_map(variational):
    model = compiled(variational=variational)
    train(model)
    matrix, offset = model.linear_encoder()
    others = np.random.default_rng(1).uniform(-1, 1, (3, *SHAPE)).astype("float32")
    expected = others.reshape(3, -1) @ matrix + offset
    np.testing.assert_allclose(model.encode(others), expected, rtol=1e-3, atol=2e-4)
    learnt = model.learnt(IMAGES)
    assert learnt.prior.describe() == [{"kind": "normal", "size": DIM}]
    np.testing.assert_allclose(learnt.reconstruct(others), model(expected), atol=2e-3)
    if not variational:
        np.testing.assert_allclose(np.mean(learnt.training(IMAGES), 0), 0.0, atol=1e-2)


def test_averages_follow_the_pass_at_the_latents_alone():
    model = compiled()
    norm = next(x for x in model.generator.layers if "normalization" in x.name)
    before = keras.Model(model.generator.input, norm.input)(from_origin(model))
    train(model)
    expected = 0.1 * np.mean(before, (0, 1, 2))
    np.testing.assert_allclose(norm.moving_mean, expected, rtol=1e-3, atol=1e-6)
    expected = 0.9 + 0.1 * np.var(before, (0, 1, 2))
    np.testing.assert_allclose(norm.moving_variance, expected, rtol=1e-3)
    kept = model.generator.get_weights()
    model.encode(IMAGES)
    for old, now in zip(kept, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)
    np.testing.assert_allclose(model.mean_picture.mean, PIXELS.mean(0), atol=1e-6)
    train(model, -IMAGES)
    np.testing.assert_allclose(model.mean_picture.mean, 0.5, atol=1e-6)


def test_the_variational_arm_minimises_the_bound_in_both_passes():
    model = compiled(variational=True)
    step = model.begin_step()
    inner, outer = (model.noise(4, step.seed(stream)) for stream in (0, 1))
    assert np.any(inner.numpy() != outer.numpy())

    def bound(latents, noise):
        means, log_variances = model.posterior(latents)
        logits = model.generator(means + tf.exp(0.5 * log_variances) * noise, training=True)
        return gaussian_kl(means, log_variances) - bernoulli_log_likelihood(PIXELS, logits)

    kept = model.generator.get_weights()
    origin = tf.zeros([4, DIM])
    with tf.GradientTape() as tape:
        tape.watch(origin)
        at_origin = tf.reduce_mean(bound(origin, inner))
    latents = -tape.gradient(at_origin, origin)
    expected = tf.reduce_mean(bound(latents, outer))
    model.generator.set_weights(kept)
    before = [np.array(v) for v in model.posterior.trainable_variables]
    logs = train(model)
    assert logs["loss"] == pytest.approx(float(expected), rel=1e-3)
    assert logs["origin_loss"] == pytest.approx(float(at_origin), rel=1e-4)
    for old, now in zip(before, model.posterior.trainable_variables, strict=True):
        assert np.any(old != np.array(now))
    np.testing.assert_array_equal(model.encode(IMAGES), model.encode(IMAGES))


def test_other_sizes_are_refused():
    with pytest.raises(ValueError, match="sides that 8 divides; got 28x32"):
        GON((28, 32, 1))
    assert GON((8, 16, 3), filters=1, latent_dim=2)(tf.zeros([2, 2])).shape == (2, 8, 16, 3)
