"""PixelCNN: its probabilities, a whole step by hand, what the class moves, and its stacks."""

import itertools
import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.likelihood.pixel_cnn import GatedBlock, PixelCNN, ResidualBlock
from tfgan_zoo.optimizers.adam import Adam

SHAPE = (3, 3, 1)
IMAGES = np.random.default_rng(0).uniform(-1, 1, (6, *SHAPE)).astype("float32")
LABELS = np.array([0, 1, 0, 1, 1, 0], "int32")
SMALL = {"output": "bernoulli", "layers": 2, "filters": 4, "first_size": 3, "head": 4}
GATED = {"classes": 2}


def made(**settings):
    model = PixelCNN(**({"shape": SHAPE} | SMALL | settings))
    random = np.random.default_rng(1)
    for variable in model.network.trainable_variables:
        variable.assign(random.normal(0, 0.5, variable.shape))
    return model


def every_picture():
    pixels = itertools.product([-1.0, 1.0], repeat=math.prod(SHAPE))
    return np.array(list(pixels), "float32").reshape(-1, *SHAPE)


@pytest.mark.parametrize("settings", [GATED, {"stacks": "plain"}], ids=["gated", "plain"])
def test_all_pictures_together_have_probability_one(settings):
    model, pictures = made(**settings), every_picture()
    for label in range(max(1, model.classes)):
        labels = np.full(len(pictures), label) if model.classes else None
        found = np.exp(np.float64(model.log_prob(pictures, labels)))
        assert found.sum() == pytest.approx(1, abs=1e-5)
        assert found.max() > 2 * found.min()


def test_pictures_are_drawn_as_often_as_it_finds_them_probable():
    model, pictures, count = made(), every_picture(), 20_000
    drawn = model.draw(model.prior.sample(count, (0, 1))).numpy()
    codes = ((drawn.reshape(count, -1) > 0) @ 2 ** np.arange(9)[::-1]).astype(int)
    found = np.bincount(codes, minlength=512) / count
    expected = np.exp(model.log_prob(pictures))
    assert 0.5 * np.abs(found - expected).sum() < 0.09  # a perfect sampler has 0.06
    cold = model.draw(model.prior.sample(200, (0, 1)), temperature=1e-4)
    assert len(np.unique(cold, axis=0)) == 1


def test_from_python_it_draws_in_one_graph_that_other_weights_do_not_change(monkeypatch):
    model, walked = made(), []
    walk = model.network.complete
    monkeypatch.setattr(
        model.network, "complete", lambda *a, **n: walked.append(a) or walk(*a, **n)
    )
    latents = model.prior.sample(6, (0, 1))
    drawn = [model.draw(latents[:count]).numpy() for count in (2, 3, 4, 6, 6)]
    assert len(walked) == 2  # for two pictures, and for any number
    np.testing.assert_array_equal(drawn[0], drawn[-1][:2])
    model.network.last.bias.assign_add([5.0])
    assert (model.draw(latents).numpy() > 0).mean() > (drawn[-1] > 0).mean()
    assert len(walked) == 2
    known = tf.function(model.draw, input_signature=[tf.TensorSpec([1, 9])])
    assert known.get_concrete_function().output_shapes == (1, *SHAPE)


def test_one_pixel_at_a_time_is_teacher_forcing():
    """The product of the probabilities that each pixel has when all after it are unknown."""
    model = made(**GATED)
    pixels = np.sign(IMAGES)
    total = np.zeros(6)
    for row, column in np.ndindex(3, 3):
        known = np.zeros_like(pixels).reshape(6, 9, 1)
        place = 3 * row + column
        known[:, :place] = pixels.reshape(6, 9, 1)[:, :place]
        logits = model(known.reshape(pixels.shape), LABELS)[:, row, column, 0].numpy()
        total -= np.logaddexp(0.0, -logits * pixels[:, row, column, 0])
    np.testing.assert_allclose(model.log_prob(pixels, LABELS), total, atol=1e-4)


@pytest.mark.parametrize("settings", [GATED, {"stacks": "plain"}], ids=["gated", "plain"])
def test_a_step_equals_that_written_by_hand(settings):
    model = made(**settings, seed=5)
    model.compile(keras.optimizers.SGD(0.01))
    seed = model.begin_step().seed(0)
    chance = tf.random.stateless_uniform(IMAGES.shape, seed, alg="philox").numpy()
    pixels = np.where(chance < (IMAGES + 1) / 2, 1.0, -1.0).astype("float32")
    labels = LABELS if model.classes else None
    weights = model.network.trainable_variables
    with tf.GradientTape() as tape:
        p = tf.sigmoid(model.network(pixels, labels) * pixels)
        nats = -tf.reduce_mean(tf.reduce_sum(tf.math.log(p), [1, 2, 3]))
    gradients = map(tf.convert_to_tensor, tape.gradient(nats, [v.value for v in weights]))
    expected = [np.array(v) - 0.01 * np.array(g) for v, g in zip(weights, gradients, strict=True)]
    data = {"images": IMAGES, **({"labels": LABELS} if model.classes else {})}
    logs = model.train_step({name: tf.constant(value) for name, value in data.items()})
    assert float(logs["log_likelihood"]) == pytest.approx(-float(nats), rel=1e-5)
    assert float(logs["bits_per_dim"]) == pytest.approx(float(nats) / 9 / math.log(2), rel=1e-5)
    for moved, by_hand in zip(weights, expected, strict=True):
        np.testing.assert_allclose(moved, by_hand, atol=1e-5)


def test_the_class_is_a_bias_of_every_gate_the_same_everywhere():
    block = GatedBlock(4, 3, classes=3)
    block.build((None, 5, 5, 4))
    assert block.condition.shape == (3, 16)  # two gates' halves in either stack
    random = np.random.default_rng(0)
    for variable in block.trainable_variables:
        variable.assign(random.normal(0, 0.5, variable.shape))
    v, h = random.normal(size=(2, 1, 5, 5, 4)).astype("float32")
    both = [tf.constant(value) for value in (v, h)]
    by_label = [block(both, tf.constant([label])) for label in range(3)]
    assert np.abs(by_label[0][0] - by_label[1][0]).min() > 1e-6
    assert np.abs(by_label[0][1] - by_label[1][1]).min() > 1e-6
    # As a bias: what is added to the gates of label 2 makes label 0 of it.
    own = np.array(block.condition)
    block.vertical.bias.assign_add(own[2, :8])
    # The vertical stack's bias goes down to the horizontal one too, before the gate.
    lost = own[2, :8] @ np.array(block.down.left)[0]
    block.down.bias.assign_add(own[2, 8:] - lost)
    block.condition.assign(np.zeros_like(own))
    for found, expected in zip(block(both, tf.constant([0])), by_label[2], strict=True):
        np.testing.assert_allclose(found, expected, atol=1e-5)


def test_residuals_are_on_the_horizontal_stack_alone_and_feed_it_one_way():
    block = GatedBlock(4, 3)
    block.build((None, 5, 5, 4))
    v, h = np.random.default_rng(0).normal(size=(2, 1, 5, 5, 4)).astype("float32")
    block.out.left.assign(tf.zeros_like(block.out.left))
    block.vertical.above.assign(tf.zeros_like(block.vertical.above))
    after_v, after_h = block([tf.constant(v), tf.constant(h)])
    np.testing.assert_array_equal(after_h, h)  # a gate that says nothing leaves it alone
    np.testing.assert_array_equal(after_v, np.zeros_like(v))
    block.vertical.above.assign(tf.ones_like(block.vertical.above))
    same, _ = block([tf.constant(v), tf.constant(h + 1.0)])
    np.testing.assert_array_equal(block([tf.constant(v), tf.constant(h)])[0], same)


def test_sizes_and_masks_of_the_first_paper():
    """Table 1: 7x7 of mask A, residual blocks with h inside 2 h, and two layers of size 1."""
    model = PixelCNN((8, 8, 3), stacks="plain", layers=2, filters=6, head=12)
    first, blocks = model.network.first, model.network.blocks
    assert (first.size, first.before.mask, first.filters) == (7, "A", 12)
    assert all(isinstance(block, ResidualBlock) for block in blocks) and len(blocks) == 2
    assert [layer.mask for layer in (blocks[0].reduce, blocks[0].middle, blocks[0].expand)] == [
        *"BBB"
    ]
    assert blocks[0].middle.size == 3 and blocks[0].middle.filters == 6
    assert model.network.last.filters == 3 * 256
    assert model(tf.zeros([1, 8, 8, 3])).shape == (1, 8, 8, 768)


def test_it_finds_the_likelihood_of_two_pictures():
    """Black and white, each in half of the cases: nothing is above -log 2."""
    images = np.concatenate([np.ones((8, *SHAPE)), -np.ones((8, *SHAPE))]).astype("float32")
    model = PixelCNN(SHAPE, **(SMALL | {"layers": 1, "filters": 8}))
    model.compile(Adam(0.02))
    batches = tf.data.Dataset.from_tensors(images).repeat()
    model.fit(batches, steps_per_epoch=120, shuffle=False, verbose=0)
    history = model.fit(batches, steps_per_epoch=10, shuffle=False, verbose=0).history
    assert -1.0 < history["log_likelihood"][0] < -math.log(2) + 1e-3


def test_half_precision_trains():
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        model = PixelCNN(SHAPE, **(SMALL | GATED))
        model.compile(Adam(1e-3))
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
    model.optimizers["network"].dynamic_scale.assign(256.0)
    logs = model.train_step({"images": tf.constant(IMAGES), "labels": tf.constant(LABELS)})
    assert int(logs["skipped"]) == 0 and logs["log_likelihood"].dtype == tf.float32
    drawn = model.draw(model.prior.sample(2, (0, 1)), labels=LABELS[:2])
    assert drawn.dtype == tf.float32 and set(np.unique(drawn)) <= {-1.0, 1.0}


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="gated or plain; got 'double'"):
        PixelCNN(SHAPE, stacks="double")
    with pytest.raises(ValueError, match="Classes move gates"):
        PixelCNN(SHAPE, classes=3, stacks="plain")
    with pytest.raises(ValueError, match="3 colours cannot share 4 channels"):
        PixelCNN((8, 8, 3), filters=4)
