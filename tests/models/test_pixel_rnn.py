"""PixelRNN: its probabilities, a whole step by hand, and its LSTMs against their recursions."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.likelihood.pixel_rnn import DiagonalBiLSTM, PixelRNN, RowLSTM, lstm

SHAPE = (3, 3, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, *SHAPE)).astype("float32")
LSTMS = ("row", "diagonal")


def made(kind, **settings):
    own = {"layers": 1, "filters": 3, "first_size": 3, "head": 4}
    model = PixelRNN(SHAPE, lstm=kind, **(own | settings))
    random = np.random.default_rng(1)
    for variable in model.network.trainable_variables:
        variable.assign(random.normal(0, 0.5, variable.shape))
    return model


def sigmoid(x):
    return 1.0 / (1.0 + np.exp(-x))


def cell_step(gates, cell):
    """An LSTM's equations in NumPy, of gates o, f, i, g."""
    o, f, i, g = np.split(gates, 4, axis=-1)
    cell = sigmoid(f + 1) * cell + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(cell), cell


@pytest.mark.parametrize("kind", LSTMS)
def test_all_pictures_together_have_probability_one(kind):
    pixels = itertools.product([-1.0, 1.0], repeat=math.prod(SHAPE))
    pictures = np.array(list(pixels), "float32").reshape(-1, *SHAPE)
    found = np.exp(np.float64(made(kind).log_prob(pictures)))
    assert found.sum() == pytest.approx(1, abs=1e-5) and found.max() > 2 * found.min()


@pytest.mark.parametrize("kind", LSTMS)
def test_a_step_equals_that_written_by_hand(kind):
    model = made(kind, seed=5)
    model.compile(keras.optimizers.SGD(0.01))
    seed = model.begin_step().seed(0)
    chance = tf.random.stateless_uniform(IMAGES.shape, seed, alg="philox").numpy()
    pixels = np.where(chance < (IMAGES + 1) / 2, 1.0, -1.0).astype("float32")
    weights = model.network.trainable_variables
    with tf.GradientTape() as tape:
        p = tf.sigmoid(model.network(pixels) * pixels)
        nats = -tf.reduce_mean(tf.reduce_sum(tf.math.log(p), [1, 2, 3]))
    gradients = tape.gradient(nats, [v.value for v in weights])
    expected = [np.array(v) - 0.01 * np.array(g) for v, g in zip(weights, gradients, strict=True)]
    logs = model.train_step({"images": tf.constant(IMAGES)})
    assert float(logs["log_likelihood"]) == pytest.approx(-float(nats), rel=1e-5)
    for moved, by_hand in zip(weights, expected, strict=True):
        np.testing.assert_allclose(moved, by_hand, atol=1e-5)


def block_of(kind, channels):
    block = kind(channels)
    block.build((None, 4, 5, 2 * channels))
    random = np.random.default_rng(2)
    for variable in block.trainable_variables:
        variable.assign(random.normal(0, 0.5, variable.shape))
    return block, random.normal(size=(2, 4, 5, 2 * channels)).astype("float32")


def test_the_row_lstm_is_its_recursion():
    """Equation 3: each place by three of the row above, and by its own row to the left."""
    block, given = block_of(RowLSTM, 3)
    to_state = np.array(block.input_to_state(given))
    weights = np.array(block.state_to_state)[0]  # [3, h, 4 h]
    hidden, cell = np.zeros((2, 2, 5, 3))
    expected = np.zeros((2, 4, 5, 3))
    for row in range(4):
        near = np.pad(hidden, [(0, 0), (1, 1), (0, 0)])
        gates = to_state[:, row] + sum(near[:, d : d + 5] @ weights[d] for d in range(3))
        hidden, cell = cell_step(gates, cell)
        expected[:, row] = hidden
    _, found = block((None, tf.constant(given)))
    expected = given + np.array(block.up(tf.constant(expected, tf.float32)))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_the_diagonal_bilstm_is_its_recursion_without_any_skewing():
    """Each place by its neighbour in the row and the one above, zeros outside; the direction from
    the right is moved down by a row.
    """
    block, given = block_of(DiagonalBiLSTM, 3)
    sides = []
    for side, layer in enumerate(block.inputs):
        to_state = np.array(layer(given))
        beside, above = np.array(block.from_beside)[side], np.array(block.from_above)[side]
        hidden, cell = np.zeros((2, 2, 5, 7, 3))  # a row above and a column at either side
        step = (-1, 1)[side]
        for row in range(4):
            for column in range(5) if side == 0 else reversed(range(5)):
                place, left = (slice(None), row + 1, column + 1), column + 1 + step
                gates = to_state[:, row, column] + hidden[:, row + 1, left] @ beside
                gates = gates + hidden[:, row, column + 1] @ above
                hidden[place], cell[place] = cell_step(gates, cell[:, row + 1, left])
        sides.append(hidden[:, :, 1:-1])
    expected = sides[0][:, 1:] + sides[1][:, :-1]
    expected = given + np.array(block.up(tf.constant(expected, tf.float32)))
    _, found = block((None, tf.constant(given)))
    np.testing.assert_allclose(found, expected, atol=1e-4)


def test_gates_keep_to_their_colour():
    gates = np.random.default_rng(0).normal(size=(2, 24)).astype("float32")
    cell = np.random.default_rng(1).normal(size=(2, 6)).astype("float32")
    found = lstm(tf.constant(gates), tf.constant(cell), colors=3)
    parts = [
        cell_step(own, before)
        for own, before in zip(np.split(gates, 3, 1), np.split(cell, 3, 1), strict=True)
    ]
    for values, expected in zip(found, zip(*parts, strict=True), strict=True):
        np.testing.assert_allclose(values, np.concatenate(expected, axis=1), atol=1e-6)


def test_sizes_of_the_paper():
    model = PixelRNN(layers=2)
    assert (model.network.first.size, model.network.first.before.mask) == (7, "A")
    assert model.network.first.filters == 32 and model.network.head == 32
    assert all(isinstance(block, DiagonalBiLSTM) for block in model.network.blocks)
    assert [block.filters for block in model.network.blocks] == [16, 16]
    assert PixelRNN(SHAPE, first_size=3).network.blocks[6].filters == 16


def test_half_precision_trains():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        models = [made(kind) for kind in LSTMS]
        for model in models:
            model.compile("adam")
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    for model in models:
        model.optimizers["network"].dynamic_scale.assign(256.0)
        logs = model.train_step({"images": tf.constant(IMAGES)})
        assert int(logs["skipped"]) == 0 and logs["log_likelihood"].dtype == tf.float32


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="diagonal or row; got 'grid'"):
        PixelRNN(SHAPE, lstm="grid")
