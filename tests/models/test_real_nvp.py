"""RealNVP: there and back, its determinant, its masks and scales, and a density that is known."""

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.layers.test_flows import log_dets
from tfgan_zoo.data import worlds
from tfgan_zoo.layers import flows
from tfgan_zoo.models.likelihood import real_nvp
from tfgan_zoo.models.likelihood.real_nvp import RealNVP
from tfgan_zoo.optimizers.adam import Adam

SHAPE = (4, 4, 3)
IMAGES = (np.random.default_rng(0).integers(0, 256, (12, *SHAPE)) / 127.5 - 1).astype("float32")
SMALL = {"scales": 2, "filters": 3, "blocks": 0}


def compiled(rate=0.01, shape=SHAPE, **settings):
    keras.utils.set_random_seed(0)
    model = RealNVP(shape, **(SMALL | settings))
    model.compile(Adam(rate))
    return model


def train(model, images=IMAGES):
    logs = model.train_step({"images": tf.constant(images)})
    assert int(logs["skipped"]) == 0
    return {name: float(value) for name, value in logs.items()}


def arrays(model):
    return [np.array(v) for v in model.weights]


@pytest.fixture(scope="module")
def trained():
    model = compiled(blocks=1)
    for _ in range(3):
        train(model)
    return model


def test_there_and_back_and_the_determinant_of_the_jacobian(trained):
    noise = np.random.default_rng(1).uniform(size=IMAGES.shape).astype("float32")
    numbers, of_logit = trained.observe(IMAGES, noise)
    latents, log_det = trained.forward(numbers)
    assert latents.shape == (12, 48)
    expected = log_dets(lambda x: trained.forward(x)[0], numbers)
    np.testing.assert_allclose(log_det, expected, atol=1e-3)
    assert np.ptp(expected) > 1e-2  # of each picture another
    np.testing.assert_allclose(trained.backward(latents), numbers, atol=1e-4)
    np.testing.assert_allclose(trained.reconstruct(IMAGES), IMAGES, atol=1e-4)
    # The logit too has a determinant, and the density is that of numbers in [0, 1).
    levels = ((IMAGES + 1) * 127.5 + noise) / 256
    np.testing.assert_allclose(of_logit, log_dets(lambda x: trained.real(x)[0], levels), rtol=1e-4)
    inside = 0.05 + 0.9 * levels
    np.testing.assert_allclose(numbers, np.log(inside / (1 - inside)), atol=1e-4)


def test_log_prob_is_in_units_of_a_grey_level(trained):
    seed = (0, 1)
    noise = tf.random.stateless_uniform(IMAGES.shape, seed, alg="philox")
    numbers, of_logit = trained.observe(IMAGES, noise)
    latents, log_det = trained.forward(numbers)
    normal = -0.5 * (48 * math.log(2 * math.pi) + np.sum(np.square(latents), 1))
    expected = normal + log_det + of_logit - 48 * math.log(256)
    np.testing.assert_allclose(trained.log_prob(IMAGES, seed), expected, rtol=1e-5)


def test_checkerboards_take_turns_and_leave_one_colour_as_it_is():
    np.testing.assert_array_equal(flows.checkerboard(2, 3, 1)[..., 0], [[1, 0, 1], [0, 1, 0]])
    np.testing.assert_array_equal(flows.checkerboard(2, 2, 0)[..., 0], [[0, 1], [1, 0]])
    model = RealNVP((8, 8, 1), scales=3, filters=2, blocks=0)
    kinds = ["".join(str(c.corner) for c in model.couplings_of(s)[0]) for s in range(3)]
    assert kinds == ["101", "101", "1010"]
    assert [[c.first for c in model.couplings_of(s)[1]] for s in range(3)] == [
        [True, False, True],
        [True, False, True],
        [],
    ]
    assert model.latent_shapes == [(4, 4, 2), (2, 2, 4), (2, 2, 4)]
    long = RealNVP((2,), scales=1, filters=1, blocks=0, last_couplings=7, grey_levels=None)
    assert [c.corner for c in long.couplings_of(0)[0]] == [1, 0, 1, 0, 1, 0, 1]
    maps = np.random.default_rng(2).normal(size=(3, 8, 8, 1)).astype("float32")
    coupling = model.chain[0]
    coupling.scale.assign(0.7)
    answers, _ = coupling(maps)
    stays = flows.checkerboard(8, 8, 1)[..., 0] == 1
    np.testing.assert_array_equal(answers.numpy()[:, stays], maps[:, stays])
    assert np.abs(answers.numpy() - maps)[:, ~stays].min() > 0
    # What is changed does not read what is changed.
    other = np.where(stays[..., None], maps, 0.0)
    for first, second in zip(coupling.read(maps, False), coupling.read(other, False), strict=True):
        np.testing.assert_array_equal(first, second)


def test_scales_begin_at_0_under_checkerboards_and_at_1_by_channel(trained):
    model = compiled()
    for scale in range(2):
        checkerboards, by_channel = model.couplings_of(scale)
        assert [float(c.scale) for c in checkerboards] == [0.0] * len(checkerboards)
        assert [float(c.scale) for c in by_channel] == [1.0] * len(by_channel)
    maps = np.random.default_rng(3).normal(size=(4, 4, 4, 3)).astype("float32")
    _, logs = trained.chain[0].read(maps, False)
    assert 0 < np.abs(logs).max() <= abs(float(trained.chain[0].scale))


def test_each_coupling_is_a_bijection(trained):
    rng = np.random.default_rng(4)
    for coupling, shape in ((trained.chain[1], (4, 4, 3)), (trained.chain[4], (2, 2, 12))):
        maps = rng.normal(size=(3, *shape)).astype("float32")
        answers, log_det = coupling(maps)
        np.testing.assert_allclose(
            log_det, log_dets(lambda x, c=coupling: c(x)[0], maps), atol=1e-3
        )
        np.testing.assert_allclose(coupling.inverse(answers), maps, atol=1e-5)


def test_half_of_the_numbers_leave_and_they_are_diagonals_of_blocks():
    order = real_nvp.diagonals(8)  # two channels in blocks of (0,0), (0,1), (1,0), (1,1)
    np.testing.assert_array_equal(order, [0, 4, 3, 7, 1, 5, 2, 6])


def test_batch_statistics_in_training_and_moving_ones_at_inference():
    model = compiled(rate=1e-12)
    before = {v.path: np.array(v) for v in model.non_trainable_variables}
    train(model)
    moved = [np.any(before[v.path] != v) for v in model.non_trainable_variables]
    assert len(moved) > 20 and all(moved)
    seed = model.begin_step().seed()
    in_training = model.log_prob(IMAGES, seed, training=True)
    alone = model.log_prob(IMAGES[:1], seed)
    assert np.abs(in_training - model.log_prob(IMAGES, seed)).max() > 1.0
    noise = tf.random.stateless_uniform(IMAGES.shape, seed, alg="philox")
    numbers, _ = model.observe(IMAGES, noise)
    one, _ = model.forward(numbers[:1])
    np.testing.assert_allclose(model.forward(numbers)[0][:1], one, atol=1e-4)
    assert alone.shape == (1,)


def test_only_lengths_and_scales_are_held_down():
    model, l2 = compiled(l2=0.5), 0.5
    seed = model.begin_step().seed()
    nets = {v.path: v for v in model.trainable_variables if v.path.endswith("scale")}
    assert len(model.held_down()) == len(nets)
    squares = sum(float(np.sum(np.square(v))) for v in nets.values())
    free = compiled(l2=0.0)
    expected = -float(tf.reduce_mean(free.log_prob(IMAGES, seed, training=True)))
    losses = []
    for built in (model, free):
        step = built.begin_step()
        step.update = lambda tape, flow: losses.append(float(flow))
        built.begin_step = lambda step=step: step
        built.train_step({"images": tf.constant(IMAGES)})
    assert losses[1] == pytest.approx(expected, rel=1e-5)
    assert losses[0] - losses[1] == pytest.approx(l2 * squares, rel=1e-3)


def test_a_saved_model_trains_on_as_it_would_have(tmp_path):
    model = compiled()
    train(model)
    model.save(tmp_path / "real_nvp.keras")
    again = keras.saving.load_model(tmp_path / "real_nvp.keras")
    model.reset_metrics()
    assert train(again) == train(model)
    for first, second in zip(arrays(model), arrays(again), strict=True):
        np.testing.assert_array_equal(first, second)


def test_it_finds_the_density_of_a_mixture():
    """Within 0.06 nat of the entropy of four Gaussians that overlap, after 600 steps; within 0.05
    in the flagfile of a mixture whose modes are apart.
    """
    world, steps = worlds.find("ring:modes=4,radius=1,std=0.35"), 600
    points = world.sample(256 * steps, np.random.default_rng(0)).reshape(steps, 256, 2)
    keras.utils.set_random_seed(0)
    model = RealNVP((2,), scales=1, filters=16, blocks=1, grey_levels=None)
    assert model.prior.size == 2
    model.compile(Adam(keras.optimizers.schedules.CosineDecay(0.01, steps)))
    step = tf.function(model.train_step)
    for batch in points:
        step({"images": tf.constant(batch)})
    test = world.sample(10_000, np.random.default_rng(1))
    away = np.mean(world.log_density(test)) - np.mean(model.log_prob(test, (0, 0)))
    assert -0.01 < away < 0.06
    assert model.realness(test).shape == (10_000, 1)
    np.testing.assert_allclose(model(model.encode(test)), test, atol=1e-4)


def test_what_it_cannot_be_is_refused():
    with pytest.raises(ValueError, match="4 scales halve a picture 3 times, which 28x28 cannot be"):
        RealNVP((28, 28, 1), scales=4)
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    try:
        with pytest.raises(ValueError, match="leave the precision at float32"):
            RealNVP(SHAPE)
    finally:
        keras.mixed_precision.set_dtype_policy("float32")
