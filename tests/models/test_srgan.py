"""SRGAN: the paper's sizes, its two phases and losses by hand, and how far a pixel looks."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.restoration.srgan import SRGAN, discriminator, srresnet
from tfgan_zoo.networks.frozen_features import random_features
from tfgan_zoo.optimizers.adam import Adam

TINY = {"image_size": (16, 24), "blocks": 1, "filters": 3, "discriminator_filters": 2, "units": 3}


def tiny(**settings):
    keras.utils.set_random_seed(1)
    model = SRGAN(**TINY | settings)
    model.compile(**{player: Adam(0.01, name=player) for player in model.players})
    return model


def batch(seed=0):
    random = np.random.default_rng(seed)
    return {
        "source": tf.constant(random.uniform(-1, 1, (2, 4, 6, 3)), tf.float32),
        "target": tf.constant(random.uniform(-1, 1, (2, 16, 24, 3)), tf.float32),
    }


def log_sigmoid(x):
    return -np.logaddexp(0.0, -np.array(x, np.float64))


def test_the_networks_are_those_of_figure_4():
    generator = srresnet()
    kernels = [w.shape for w in generator.weights if len(w.shape) == 4]
    assert kernels == [
        (9, 9, 3, 64),
        *33 * [(3, 3, 64, 64)],
        *2 * [(3, 3, 64, 256)],
        (9, 9, 64, 3),
    ]
    slopes = [layer for layer in generator.layers if isinstance(layer, keras.layers.PReLU)]
    assert len(slopes) == 1 + 16 + 2 and all(s.alpha.shape == (1, 1, 64) for s in slopes)
    norms = [n for n in generator.layers if isinstance(n, keras.layers.BatchNormalization)]
    assert len(norms) == 33
    judge = discriminator()
    found = [(n.filters, n.strides[0]) for n in judge.layers if isinstance(n, keras.layers.Conv2D)]
    widths = (64, 64, 128, 128, 256, 256, 512, 512)
    assert found == [(width, 1 + i % 2) for i, width in enumerate(widths)]
    assert sum(isinstance(n, keras.layers.BatchNormalization) for n in judge.layers) == 7
    assert [d.units for d in judge.layers if isinstance(d, keras.layers.Dense)] == [1024, 1]
    assert judge.get_layer("flat").output.shape[1] == 6 * 6 * 512


def test_small_pictures_go_in_from_zero_to_one_and_any_size_comes_out_four_times_as_large():
    model = tiny()
    inside = keras.Model(
        model.generator.input, model.generator.get_layer("from_zero_to_one").output
    )
    ends = inside(np.array([-1.0, 1.0]).reshape(1, 1, 2, 1).repeat(3, -1)).numpy()
    np.testing.assert_allclose(ends[0, 0, :, 0], [0, 1])
    for height, width in ((1, 1), (5, 9), (12, 3)):
        drawn = model(tf.ones([2, height, width, 3]) * 50.0).numpy()
        assert drawn.shape == (2, 4 * height, 4 * width, 3) and np.abs(drawn).max() <= 1


def test_srresnet_comes_first_with_the_error_of_pixels():
    model, data = tiny(), batch()
    fake = model.generator(data["source"], training=True).numpy()
    judged = [w.numpy() for w in model.discriminator.weights]
    before = model.generator.trainable_variables[0].numpy()
    logs = model.pretrain_step(data)
    expected = np.square(fake - data["target"].numpy()).mean()
    assert float(logs["pixel_loss"]) == pytest.approx(expected, rel=1e-5)
    assert np.abs(before - model.generator.trainable_variables[0]).max() > 0
    for own, old in zip(model.discriminator.weights, judged, strict=True):
        np.testing.assert_array_equal(own, old)


def test_the_losses_of_the_game():
    model, data = tiny(content_weight=0.3, adversarial_weight=0.2), batch()
    frozen = [w.numpy() for w in model.features.weights]
    fake = model.generator(data["source"], training=True)
    real_logits = model.discriminator(data["target"], training=True)
    fake_logits = model.discriminator(fake, training=True)
    maps = [model.features(p)[-1].numpy() for p in (data["target"], fake)]
    logs = {name: float(value) for name, value in model.train_step(data).items()}
    content = 0.3 * np.square(maps[0] - maps[1]).mean()
    adversarial = -0.2 * log_sigmoid(fake_logits).mean()
    judged = -log_sigmoid(real_logits).mean() - log_sigmoid(-np.array(fake_logits)).mean()
    assert logs["content_loss"] == pytest.approx(content, rel=1e-4)
    assert logs["adversarial_loss"] == pytest.approx(adversarial, rel=1e-4)
    assert logs["generator_loss"] == pytest.approx(content + adversarial, rel=1e-4)
    assert logs["discriminator_loss"] == pytest.approx(judged, rel=1e-4)
    for own, old in zip(model.features.weights, frozen, strict=True):
        np.testing.assert_array_equal(own, old)


def test_the_default_weights_are_the_papers():
    model = SRGAN(blocks=1, filters=2, discriminator_filters=1, units=1)
    assert model.content_weight == pytest.approx(0.006, abs=2e-4)
    assert model.adversarial_weight == 1e-3
    arguments = SRGAN.__init__.__defaults__
    assert arguments[:5] == ((96, 96), 16, 64, 64, 1024)


@pytest.mark.parametrize("blocks", [1, 3])
def test_a_pixel_looks_as_far_as_the_model_says(blocks):
    """All that a pixel of the small picture changes, and no more: seen with weights that cancel
    nothing, at the middle of a picture that is large enough.
    """
    model = tiny(blocks=blocks)
    for weight in model.generator.weights:
        weight.assign(tf.abs(weight) + 0.1)
    side = 2 * model.reach + 5
    middle = side // 2
    dark = np.zeros((1, side, side, 3))
    light = dark.copy()
    light[0, middle, middle] = 1.0
    net = model.generator
    changed = np.abs(net(light).numpy() - net(dark).numpy()).max((0, 3)) > 0
    rows = np.flatnonzero(changed.any(1))
    # The pixels of the square that the small one becomes differ in how far they look; the farthest
    # of them reaches `reach`.
    seen = max(middle - rows[0] // 4, rows[-1] // 4 - middle)
    assert seen == model.reach
    columns = np.flatnonzero(changed.any(0))
    assert (columns[0], columns[-1]) == (rows[0], rows[-1])


def test_a_saved_model_keeps_the_features_that_it_was_given(tmp_path):
    model = tiny(features=random_features((2, 3), seed=5))
    model.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    pictures = np.random.default_rng(0).uniform(-1, 1, (1, 16, 16, 3))
    np.testing.assert_array_equal(loaded.features(pictures)[-1], model.features(pictures)[-1])
    assert not loaded.features.trainable_variables
    first, second = (float(m.train_step(batch())["content_loss"]) for m in (model, loaded))
    assert first == second


@pytest.mark.parametrize("size", [(18, 16), (12, 16)])
def test_sizes_that_cannot_be_are_one_sentence(size):
    with pytest.raises(ValueError, match="multiples of 4, at least 16, not"):
        SRGAN(image_size=size)
