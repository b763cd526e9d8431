"""SeqGAN: rewards of prefixes, the policy gradient by hand, who learns in which step."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.sequence.seqgan import REAL, SeqGAN, policy_gradient_loss
from tfgan_zoo.optimizers.adam import Adam

REALS = tf.constant(np.random.default_rng(0).integers(0, 9, (12, 5)), tf.int32)
STEPS = ("pretrain_step", "discriminator_step", "train_step")


def compiled(rate=1e-2, **settings):
    small = {
        "vocabulary": 9,
        "length": 5,
        "units": 6,
        "embedding": 4,
        "widths": (1, 2),
        "filters": (5, 5),
        "discriminator_embedding": 4,
        "samples": 7,
        "rollouts": 3,
        "rounds": 2,
        "epochs": 2,
        "minibatch": 8,
    }
    model = SeqGAN(**{**small, **settings})
    model.compile(
        generator=Adam(rate, global_clipnorm=5.0),
        discriminator=Adam(rate),
        pretraining=Adam(rate, global_clipnorm=5.0),
    )
    return model


@pytest.fixture(scope="module")
def model():
    return compiled()


def dense(gradients):
    """An embedding's gradient holds the rows of the tokens that occur alone."""
    return [tf.convert_to_tensor(gradient) for gradient in gradients]


def believe(model, verdict):
    """Sets the discriminator so that its probability of 'real' is `verdict` for everything."""
    kernel, bias = model.discriminator.get_layer("logits").variables
    kernel.assign(tf.zeros_like(kernel))
    logit = np.log(verdict) - np.log1p(-verdict)
    bias.assign(tf.one_hot(REAL, 2) * logit)


def test_rewards_are_verdicts_on_completed_prefixes(model):
    tokens = model.generator.sample(4, (0, 1))
    rewards = model.rewards(tokens, (0, 2))
    assert rewards.shape == (4, 5) and (rewards.numpy() > 0).all() and (rewards.numpy() < 1).all()
    # The last token's is the verdict on the sequence itself, the others' the mean over rollouts.
    np.testing.assert_allclose(rewards[:, -1], model.probability_of_real(tokens), atol=1e-6)
    for kept in range(1, 5):
        own = tf.random.fold_in(tf.constant([0, 2]), kept, alg="philox")
        completed = model.generator.complete(tf.repeat(tokens, 3, axis=0), kept, own)
        np.testing.assert_array_equal(completed[::3, :kept], tokens[:, :kept])
        verdicts = tf.reshape(model.probability_of_real(completed), [4, 3])
        np.testing.assert_allclose(rewards[:, kept - 1], tf.reduce_mean(verdicts, 1), atol=1e-6)


def test_the_verdict_is_the_softmax_of_the_class_real(model):
    logits = model.discriminator([REALS, tf.zeros([2], tf.int32)])
    expected = 1 / (1 + np.exp(logits[:, 1 - REAL] - logits[:, REAL]))
    np.testing.assert_allclose(model.probability_of_real(REALS), expected, rtol=1e-5)


def test_rewards_are_constants(model):
    with tf.GradientTape() as tape:
        rewards = model.rewards(REALS, (0, 1))
    assert tape.gradient(rewards, model.discriminator.trainable_variables[0]) is None


def test_a_reward_of_one_gives_the_gradient_of_the_log_likelihoods_sum():
    loss_of = compiled(rounds=0).generator
    tokens = loss_of.sample(6, (0, 1))
    gradients = []
    for rewards in (tf.ones([6, 5]), 0.25 * tf.ones([6, 5])):
        with tf.GradientTape(persistent=True) as tape:
            log_p = loss_of.log_probabilities(tokens)
            loss, likelihood = policy_gradient_loss(log_p, rewards), tf.reduce_sum(log_p)
        gradients.append(dense(tape.gradient(loss, loss_of.trainable_variables)))
        expected = dense(tape.gradient(likelihood, loss_of.trainable_variables))
    for full, quarter, of_likelihood in zip(*gradients, expected, strict=True):
        np.testing.assert_allclose(full, -of_likelihood, atol=1e-5)
        np.testing.assert_allclose(quarter, 0.25 * full, atol=1e-5)


def test_a_step_with_a_discriminator_that_says_real_to_all():
    """The whole step, by hand: plain gradient descent moves the weights up sum(grad log p)."""
    model = compiled(rounds=0)
    model.compile(
        generator=keras.optimizers.SGD(0.01), discriminator=Adam(0.0), pretraining=Adam(0.0)
    )
    believe(model, 1 - 1e-7)
    tokens = model.generator.sample(7, model.begin_step().seed(0))
    with tf.GradientTape() as tape:
        likelihood = tf.reduce_sum(model.generator.log_probabilities(tokens))
    variables = model.generator.trainable_variables
    gradients = dense(tape.gradient(likelihood, variables))
    expected = [v + 0.01 * g for v, g in zip(variables, gradients, strict=True)]
    logs = model.train_step({"tokens": REALS})
    for variable, value in zip(variables, expected, strict=True):
        np.testing.assert_allclose(variable, value, atol=1e-5)
    assert float(logs["reward"]) == pytest.approx(1.0)
    assert float(logs["generator_loss"]) == pytest.approx(-float(likelihood), rel=1e-5)


def test_each_step_moves_its_own_player():
    model = compiled()
    moved = {
        "pretrain_step": ("pretraining", {"generator"}),
        "discriminator_step": ("discriminator", {"discriminator"}),
        "train_step": ("generator", {"generator", "discriminator"}),
    }
    for method in STEPS:
        player, nets = moved[method]
        before = {
            name: getattr(model, name).get_weights() for name in ("generator", "discriminator")
        }
        updates = int(model.optimizers[player].iterations)
        logs = getattr(model, method)({"tokens": REALS})
        assert all(np.isfinite(float(value)) for value in logs.values()), logs
        assert int(model.optimizers[player].iterations) > updates
        for name, weights in before.items():
            after = getattr(model, name).get_weights()
            changed = any((a != b).any() for a, b in zip(weights, after, strict=True))
            assert changed == (name in nets), (method, name)


def test_pretraining_has_a_rate_of_its_own():
    model = compiled()
    model.optimizers["pretraining"].learning_rate.assign(0.0)
    before = model.generator.get_weights()
    model.pretrain_step({"tokens": REALS})
    for a, b in zip(before, model.generator.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_round_sees_all_of_its_examples_as_often_as_it_says():
    """12 reals in minibatches of 4 and 4: 3 updates an epoch, 2 epochs, 2 rounds."""
    model = compiled()
    model.discriminator_step({"tokens": REALS})
    assert int(model.optimizers["discriminator"].iterations) == 6
    model.train_step({"tokens": REALS})
    assert int(model.optimizers["discriminator"].iterations) == 6 + 12
    assert int(model.optimizers["generator"].iterations) == 1


def test_a_batch_smaller_than_a_minibatch_is_one():
    model = compiled(minibatch=64)
    model.discriminator_step({"tokens": REALS[:3]})
    assert int(model.optimizers["discriminator"].iterations) == 2


def test_the_discriminator_learns_to_tell_and_its_last_layer_is_penalised():
    model = compiled(epochs=40, dropout=0.0, rate=1e-2)
    reals = tf.fill([32, 5], 3)  # the generator seldom draws these
    logs = tf.function(model.discriminator_step)(reals)
    assert float(logs["accuracy"]) > 0.9
    kernel, bias = model.discriminator.get_layer("logits").variables
    half_squares = (np.sum(kernel.numpy() ** 2) + np.sum(bias.numpy() ** 2)) / 2
    assert float(logs["discriminator_loss"]) > 0.19 * half_squares


def test_maximum_likelihood_learns_a_sequence():
    model = compiled(rate=0.05)
    step = tf.function(model.pretrain_step)
    for _ in range(150):
        step({"tokens": tf.tile([[1, 2, 3, 4, 5]], [8, 1])})
    np.testing.assert_array_equal(model.generator.sample(3, (0, 0)), [[1, 2, 3, 4, 5]] * 3)


def test_the_policy_learns_what_the_discriminator_likes():
    """A discriminator that likes token 4, and does not learn: 4 becomes frequent."""
    model = compiled(rounds=0, samples=32)
    tokens, seed = model.discriminator.inputs
    model.discriminator = keras.Model([tokens, seed], LikesFour(name="logits")(tokens))
    model.compile(
        generator=Adam(0.05, global_clipnorm=5.0), discriminator=Adam(0.0), pretraining=Adam(0.0)
    )
    before = np.mean(model.generator.sample(200, (0, 0)) == 4)
    step = tf.function(model.train_step)
    for _ in range(25):
        step({"tokens": REALS})
    assert np.mean(model.generator.sample(200, (0, 0)) == 4) > 0.8 > 0.3 > before


class LikesFour(keras.layers.Layer):
    def build(self, shape):
        self.liking = self.add_weight(shape=(), initializer=keras.initializers.Constant(8.0))

    def call(self, tokens):
        liked = tf.reduce_mean(tf.cast(tokens == 4, tf.float32), axis=1)
        return tf.stack([tf.zeros_like(liked), self.liking * (liked - 0.5)], axis=1)


@pytest.mark.parametrize("method", STEPS)
def test_one_seed_gives_the_same_weights(method):
    first, second = (compiled() for _ in range(2))
    second.set_weights(first.get_weights())
    for model in (first, second):
        getattr(model, method)({"tokens": REALS})
    for a, b in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_widths_longer_than_a_sequence_are_refused():
    with pytest.raises(ValueError, match="none may be over 5"):
        SeqGAN(vocabulary=9, length=5)
