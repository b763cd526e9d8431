"""pix2pixHD: who moves in which phase, what goes where, the losses by hand, and the styles."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.models.tiny_variants import VARIANTS
from tfgan_zoo.layers import instances as maps
from tfgan_zoo.models.translation.pix2pix_hd import Pix2PixHD
from tfgan_zoo.optimizers.adam import Adam

TINY = VARIANTS["pix2pix_hd"]
PHASES = {
    "global_step": {"global_generator", "coarse_picture", "encoder", "discriminator1"},
    "enhancer_step": {"enhancer", "discriminator0", "discriminator1"},
    "train_step": {"enhancer", "global_generator", "discriminator0", "discriminator1"},
}


def tiny(**settings):
    keras.utils.set_random_seed(1)
    model = Pix2PixHD(**TINY.arguments | settings)
    model.compile(**{player: Adam(0.01, name=player) for player in model.players})
    return model


def batch(seed=0):
    return {n: tf.constant(v) for n, v in TINY.batch(np.random.default_rng(seed)).items()}


def nets(model):
    names = ("global_generator", "coarse_picture", "enhancer", "encoder")
    parts = [getattr(model, name) for name in names] + model.discriminators
    return {part.name: [v.numpy() for v in part.trainable_variables] for part in parts}


@pytest.mark.parametrize("method", PHASES)
def test_each_phase_moves_its_nets_and_no_other(method):
    model = tiny()
    before = nets(model)
    getattr(model, method)(batch())
    moved = {
        name
        for name, after in nets(model).items()
        if any((old != new).any() for old, new in zip(before[name], after, strict=True))
    }
    assert moved == PHASES[method]


def test_the_finest_discriminator_begins_with_an_optimizer_that_has_counted_nothing():
    model = tiny()
    model.global_step(batch())
    assert int(model.optimizers["coarse_discriminator"].iterations) == 1
    assert int(model.optimizers["discriminator"].iterations) == 0


def test_the_global_net_sees_the_whole_input_averaged_down():
    model, data = tiny(style_channels=0), batch()
    labels = maps.one_hot_labels(data["source"], model.palette)
    shown = tf.concat([labels, maps.boundaries(data["instances"])], -1)
    padded = np.pad(shown[0], [(1, 1), (1, 1), (0, 0)], constant_values=np.nan)
    averaged = [
        [np.nanmean(padded[y : y + 3, x : x + 3], (0, 1)) for x in range(0, 24, 2)]
        for y in range(0, 16, 2)
    ]
    coarse = model.global_generator(np.float32([averaged]))
    expected = model.enhancer([shown, coarse])
    np.testing.assert_allclose(model.drawn(shown, None), expected, atol=1e-5)


def test_discriminators_see_labels_boundaries_and_picture_and_no_styles():
    model = tiny()
    shapes = [tuple(d.input_shape[1:]) for d in model.discriminators]
    assert shapes == [(16, 24, 3 + 1 + 3), (8, 12, 3 + 1 + 3)]


def test_what_the_encoder_tells_is_one_style_a_thing():
    model, data = tiny(), batch()
    for size in (slice(None), slice(None, None, 2)):
        parts = [data[n][:, size, size] for n in ("source", "target", "instances")]
        _, styles = model.conditions_and_styles(*parts, training=False)
        for thing in np.unique(parts[2]):
            own = styles.numpy()[parts[2][..., 0] == thing]
            assert np.ptp(own, 0).max() < 1e-6
        assert np.ptp(styles.numpy()) > 1e-3


def test_styles_at_full_size_are_those_of_the_half_size_picture():
    model, data = tiny(), batch()
    parts = (data["source"], data["target"], data["instances"])
    _, full = model.conditions_and_styles(*parts, training=False)
    _, half = model.conditions_and_styles(*model.half_size(*parts), training=False)
    np.testing.assert_allclose(full[:, ::2, ::2], half, atol=1e-6)


def test_the_losses_are_the_authors():
    model, data = tiny(perceptual_weight=3.0), batch()
    target, fake = data["target"], 0.5 * data["target"]
    labels = maps.one_hot_labels(data["source"], model.palette)
    conditions = tf.concat([labels, maps.boundaries(data["instances"])], -1)
    discriminator_loss, terms = model.losses(conditions, target, fake, model.discriminators)
    expected = {"d": 0.0, "adversarial_loss": 0.0, "feature_loss": 0.0}
    real_seen, fake_seen = (tf.concat([conditions, p], -1) for p in (target, fake))
    for discriminator in model.discriminators:
        real, drawn = ([m.numpy() for m in discriminator(x)] for x in (real_seen, fake_seen))
        expected["d"] += 0.5 * (np.mean((real[-1] - 1) ** 2) + np.mean(drawn[-1] ** 2))
        expected["adversarial_loss"] += np.mean((drawn[-1] - 1) ** 2)
        # 10, times 4 / (one strided layer + 1), by two discriminators
        for one, other in zip(real[:-1], drawn[:-1], strict=True):
            expected["feature_loss"] += 10 * 4 / 2 / 2 * np.abs(one - other).mean()
        real_seen, fake_seen = model.half(real_seen), model.half(fake_seen)
    found = [
        np.abs(a - b).mean() for a, b in zip(*map(model.features, (target, fake)), strict=True)
    ]
    expected["perceptual_loss"] = 3.0 * np.dot(found, [1 / 8, 1 / 4, 1])
    assert float(discriminator_loss) == pytest.approx(expected.pop("d"), rel=1e-5)
    assert {n: float(v) for n, v in terms.items()} == pytest.approx(expected, rel=1e-5)
    _, same = model.losses(conditions, target, target, model.discriminators)
    assert float(same["feature_loss"]) == float(same["perceptual_loss"]) == 0


def test_without_instances_the_label_map_stands_in_for_them():
    model, data = tiny(style_channels=0), batch()
    numbers = maps.label_numbers(maps.one_hot_labels(data["source"], model.palette))
    alone, given = model(data["source"]), model(data["source"], numbers)
    np.testing.assert_allclose(alone, given, atol=1e-6)
    assert np.abs(alone - model(data["source"], data["instances"])).max() > 1e-6
    assert alone.shape == (1, 16, 24, 3) and np.abs(alone).max() <= 1


def test_a_seed_chooses_styles_among_the_clusters():
    model, data = tiny(), batch()
    source, instances = data["source"], data["instances"]
    first = model(source, seed=0)
    np.testing.assert_array_equal(first, model(source, seed=5))  # none are kept yet
    model.styles.keep([np.array([[-1.0] * 3, [1.0] * 3])] * 3)
    of_labels = {model.styles_of_labels(seed).numpy().tobytes() for seed in range(60)}
    assert len(of_labels) == 8  # two styles of three labels
    np.testing.assert_array_equal(model.styles_of_labels(3), model.styles_of_labels(3 + 256))
    drawn = [model(source, seed=seed).numpy() for seed in (0, 0, *range(1, 9))]
    assert (drawn[0] == drawn[1]).all() and any((drawn[0] != d).any() for d in drawn[2:])
    labels = maps.one_hot_labels(source, model.palette)
    styles = model.styles_of_things(labels, instances, 0).numpy()
    things = {thing: styles[instances[..., 0] == thing] for thing in np.unique(instances)}
    assert all(np.ptp(own) == 0 and abs(own.flat[0]) == 1 for own in things.values())
    assert len({own.flat[0] for own in things.values()}) == 2
    again = model.styles_of_things(labels, instances, 0)
    np.testing.assert_array_equal(styles, again)


def test_what_is_measured_of_each_thing():
    model, data = tiny(), batch()
    styles, labels, share = model.measured(data["source"], data["target"], data["instances"])
    small = data["instances"].numpy()[0, ::2, ::2, 0]
    assert len(styles) == len(labels) == len(np.unique(small))
    assert np.sum(share) == pytest.approx(1) and np.min(share) * small.size == pytest.approx(
        min(np.unique(small, return_counts=True)[1])
    )
    first = small == small[0, 0]
    own = maps.one_hot_labels(data["source"], model.palette).numpy()[0, ::2, ::2][first]
    assert labels[0].numpy().argmax() == own.sum(0).argmax()


def test_styles_are_kept_in_a_file(tmp_path):
    model, data = tiny(), batch()
    model.styles.keep([np.random.default_rng(0).normal(size=(2, 3))] * 3)
    model.save(tmp_path / "model.keras")
    again = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(again.styles.centres, model.styles.centres)
    np.testing.assert_array_equal(again(data["source"], seed=1), model(data["source"], seed=1))


def test_the_coarse_picture_is_of_half_the_size():
    model, data = tiny(), batch()
    parts = (data["source"], data["target"], data["instances"])
    assert model.reconstruct(*parts, coarse=True).shape == (1, 8, 12, 3)
    assert model.reconstruct(*parts).shape == (1, 16, 24, 3)


def test_what_cannot_be_is_one_sentence():
    with pytest.raises(ValueError, match="needs 2 discriminators or more, not 1"):
        tiny(scales=1)
    with pytest.raises(ValueError, match="halves its input 2 times .* not 18x24"):
        tiny(image_size=(18, 24))
