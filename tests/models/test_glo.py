"""GLO: a step by hand, its table of latents, where they begin, and how new ones are found."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.initializers import principal_coordinates
from tfgan_zoo.losses.laplacian import laplacian_l1
from tfgan_zoo.models.latent.glo import GLO

SHAPE, EXAMPLES, DIM = (16, 16, 1), 12, 3
IMAGES = np.random.default_rng(0).uniform(-1, 1, (EXAMPLES, *SHAPE)).astype("float32")
ROWS = np.array([7, 2, 11, 2], "int32")  # one picture is there twice


def compiled(rates=(1.0, 10.0), **settings):
    keras.utils.set_random_seed(0)
    model = GLO(SHAPE, EXAMPLES, DIM, filters=2, levels=2, **settings)
    descents = [keras.optimizers.SGD(rate) for rate in rates]
    model.compile(**dict(zip(model.players, descents, strict=True)))
    return model


def table(model):
    return np.array(model.latents.embeddings)


def train(model, rows=ROWS):
    logs = model.train_step({"images": tf.constant(IMAGES[rows]), "rows": tf.constant(rows)})
    assert int(logs["skipped"]) == 0
    return {name: float(value) for name, value in logs.items()}


def projected(latents):
    return latents / np.maximum(np.linalg.norm(latents, axis=1, keepdims=True), 1.0)


def test_defaults_are_the_papers():
    model = GLO(shape=(16, 16, 3), examples=5)
    assert model.players == ("generator", "latents")
    assert table(model).shape == (5, 128)
    assert np.linalg.norm(table(model), axis=1).max() <= 1.0 + 1e-6


@pytest.mark.parametrize("squared_weight", [0.0, 0.5])
def test_a_step_equals_that_written_by_hand(squared_weight):
    model = compiled(squared_weight=squared_weight)
    before, generator = table(model), keras.models.clone_model(model.generator)
    generator.set_weights(model.generator.get_weights())
    with tf.GradientTape(persistent=True) as tape:
        latents = tf.constant(before[ROWS])
        tape.watch(latents)
        fake = generator(latents, training=True)
        losses = laplacian_l1(IMAGES[ROWS], fake, 2)
        losses += squared_weight * tf.reduce_mean((IMAGES[ROWS] - fake) ** 2, [1, 2, 3])
        loss = tf.reduce_mean(losses)
    weights = generator.trainable_variables
    gradients = tape.gradient(loss, [v.value for v in weights])
    expected = before.copy()
    np.subtract.at(expected, ROWS, 10.0 * np.array(tape.gradient(loss, latents)))
    expected[ROWS] = projected(expected)[ROWS]

    logs = train(model)
    assert logs["loss"] == pytest.approx(float(loss), rel=1e-5)
    assert logs["length"] == pytest.approx(np.linalg.norm(before[ROWS], axis=1).mean(), rel=1e-5)
    np.testing.assert_allclose(table(model), expected, atol=1e-5)
    pairs = zip(model.generator.trainable_variables, weights, gradients, strict=True)
    for moved, old, gradient in pairs:
        np.testing.assert_allclose(moved, np.array(old) - np.array(gradient), atol=1e-5)


def test_rows_of_pictures_that_are_not_there_keep_their_bits():
    """Those on the sphere too, which a projection of the whole table would round anew."""
    model = compiled((1.0, 1e4))
    before = table(model)
    moved = set()
    for rows in ([0, 4], [4, 9], [0, 0]):
        train(model, np.array(rows, "int32"))
        moved |= set(rows)
    others = [row for row in range(EXAMPLES) if row not in moved]
    np.testing.assert_array_equal(table(model)[others], before[others])
    assert all(np.any(table(model)[row] != before[row]) for row in moved)
    lengths = np.linalg.norm(table(model), axis=1)
    assert lengths.max() <= 1.0 + 1e-6
    assert lengths[[4, 9]] == pytest.approx(1.0, abs=1e-6)  # such steps end outside


def test_latents_begin_at_the_principal_components_in_the_ball():
    """Against NumPy's singular vectors, whose sign is free."""
    model = compiled()
    small = 0.2 * IMAGES  # so that some lie inside the ball, and some do not
    model.start_from(small)
    flat = small.reshape(EXAMPLES, -1).astype("float64")
    centred = flat - flat.mean(0)
    coordinates = centred @ np.linalg.svd(centred, full_matrices=False)[2][:DIM].T
    assert 0 < (np.linalg.norm(coordinates, axis=1) > 1.0).sum() < EXAMPLES
    signs = np.sign((projected(coordinates) * table(model)).sum(0))
    np.testing.assert_allclose(table(model), projected(coordinates) * signs, atol=1e-5)
    with pytest.raises(ValueError, match="256 values have no 257 principal components"):
        principal_coordinates(IMAGES, 257)


def test_latents_of_new_pictures_are_found_by_themselves_with_the_generator_held_still():
    model = compiled(encode_steps=80)
    model.start_from(IMAGES)
    for variable in model.generator.trainable_variables:
        variable.assign(5.0 * variable)  # a new one draws one picture from all latents
    weights, rows = model.generator.get_weights(), table(model)
    new = model(projected(np.random.default_rng(1).normal(size=(3, DIM)))).numpy()
    find = tf.function(model.encode, input_signature=[tf.TensorSpec([None, *SHAPE])])
    found = find(new).numpy()
    for index in range(3):
        alone = find(new[index : index + 1]).numpy()
        np.testing.assert_allclose(alone[0], found[index], atol=1e-3)
    assert np.linalg.norm(found, axis=1).max() <= 1.0 + 1e-6
    start = np.repeat(rows.mean(0, keepdims=True), 3, 0)
    assert np.all(model.losses_of(new, model(found)) < 0.5 * model.losses_of(new, model(start)))
    np.testing.assert_array_equal(table(model), rows)
    for old, now in zip(weights, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(old, now)


def test_what_is_exported_takes_numbers_of_a_normal_distribution():
    model = compiled(encode_steps=5)
    model.start_from(IMAGES)
    learnt = model.learnt()
    assert learnt.prior.describe() == [{"kind": "normal", "size": DIM}]
    coordinates = np.array(learnt.training(IMAGES[:5]))
    # The table itself, seen from its own Gaussian.
    np.testing.assert_allclose(learnt.decode(coordinates), model(table(model)[:5]), atol=1e-5)
    everyone = np.array(learnt.training(IMAGES))
    np.testing.assert_allclose(everyone.mean(0), 0.0, atol=1e-4)
    np.testing.assert_allclose(np.cov(everyone.T, bias=True), np.eye(DIM), atol=1e-3)
    found, again = learnt.encode(IMAGES[:2]), learnt.reconstruct(IMAGES[:2])
    np.testing.assert_allclose(learnt.decode(found), again, atol=1e-3)
    raw = model.descend(tf.constant(IMAGES[:2]), tf.constant(table(model).mean(0)))
    np.testing.assert_allclose(again, model(raw), atol=1e-3)


def test_a_batch_without_numbers_is_refused():
    with pytest.raises(ValueError, match="A batch must hold 'images', 'rows'"):
        compiled().train_step({"images": tf.constant(IMAGES)})
