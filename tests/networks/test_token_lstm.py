"""The language model against NumPy's LSTM with the same weights, and what it draws."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.oracle import Oracle
from tfgan_zoo.networks.token_lstm import TokenLSTM


@pytest.fixture(scope="module")
def world():
    return Oracle.made(4, vocabulary=7, size=5, length=4)


@pytest.fixture(scope="module")
def network(world):
    """A model with the weights of the oracle, whose gates Keras keeps in another order."""
    network = TokenLSTM(7, 4, units=5, embedding=5)
    vectors, *gates, weights, bias = world.parameters
    order = (0, 1, 3, 2)  # input, forget, cell, output
    joined = [np.concatenate([gates[3 * gate + part] for gate in order], -1) for part in range(3)]
    network.set_weights([vectors, *joined, weights, bias])
    return network


def test_its_probabilities_are_those_of_the_oracle(world, network):
    tokens = world.sample(50, 0)
    found = network.log_probabilities(tokens)
    assert found.shape == (50, 4) and found.dtype == tf.float32
    expected = world.negative_log_likelihood(tokens)
    np.testing.assert_allclose(-tf.reduce_mean(found, 1), expected, rtol=1e-5)


def test_its_samples_are_as_frequent_as_they_are_probable(world, network):
    tokens = network.sample(4000, (1, 2)).numpy()
    assert tokens.dtype == np.int32 and tokens.shape == (4000, 4)
    own = world.negative_log_likelihood(world.sample(4000, 3))
    found = world.negative_log_likelihood(tokens)
    assert found.mean() == pytest.approx(own.mean(), abs=5 * own.std() / 4000**0.5 * 2**0.5)
    np.testing.assert_array_equal(tokens, network.sample(4000, (1, 2)))
    assert (tokens != network.sample(4000, (1, 3)).numpy()).any()


def test_completions_keep_the_prefix_and_vary_the_rest(network):
    tokens = tf.constant(np.random.default_rng(0).integers(0, 7, (200, 4)), tf.int32)
    for kept in range(5):
        completed = network.complete(tokens, kept, (5, kept))
        np.testing.assert_array_equal(completed[:, :kept], tokens[:, :kept])
        assert kept == 4 or (completed[:, kept:] != tokens[:, kept:]).numpy().any(axis=0).all()


def test_what_stands_behind_the_prefix_is_not_read(network):
    tokens = tf.zeros([50, 4], tf.int32)
    others = tf.concat([tokens[:, :2], tokens[:, 2:] + 3], 1)
    np.testing.assert_array_equal(
        network.complete(tokens, 2, (1, 1)), network.complete(others, 2, (1, 1))
    )


def test_a_completion_is_drawn_after_its_prefix(world, network):
    """The second token, after a first one that is given, is as frequent as the model says."""
    tokens = tf.fill([5000, 4], 6)
    second = network.complete(tokens, 1, (0, 9))[:, 1].numpy()
    expected = tf.nn.softmax(network(tokens[:1]))[0, 1].numpy()
    np.testing.assert_allclose(np.bincount(second, minlength=7) / 5000, expected, atol=0.04)


def test_a_low_temperature_draws_the_likeliest(network):
    cold = network.sample(5, (0, 0), temperature=1e-3).numpy()
    assert (cold == cold[0]).all()
    logits = network(cold[:1])
    np.testing.assert_array_equal(tf.argmax(logits, -1)[0], cold[0])
    np.testing.assert_allclose(network(cold, temperature=0.5), 2 * network(cold), rtol=1e-5)


def test_a_step_of_the_recurrence_gives_the_same_logits(network):
    tokens = tf.constant([[3, 1, 4, 1]])
    state, before = network.first_state(1), tf.constant([0])
    for position in range(4):
        state = network.read(before, state)
        np.testing.assert_allclose(
            network.logits_of(state), network(tokens)[:, position], rtol=1e-5
        )
        before = tokens[:, position]


def test_its_configuration_makes_it_again(network):
    again = TokenLSTM.from_config(network.get_config())
    again.set_weights(network.get_weights())
    tokens = tf.constant([[3, 1, 4, 1]])
    np.testing.assert_array_equal(again(tokens), network(tokens))
