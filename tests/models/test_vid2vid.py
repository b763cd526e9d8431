"""vid2vid: the blend, the memory of two frames, the losses by hand, and one frame of gradient."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.warping import composed, warp
from tfgan_zoo.models.translation import vid2vid
from tfgan_zoo.models.translation.vid2vid import Vid2Vid
from tfgan_zoo.optimizers.adam import Adam

# A frame is made of those before it, so that roundings of kernels for other batches grow.
DRIFT = 0.05
TINY = {
    "image_size": (8, 12),
    "generator_filters": 2,
    "halvings": 1,
    "blocks": 2,
    "flow_scale": 3.0,
    "discriminator_filters": 2,
    "discriminator_layers": 1,
}


def tiny(**settings):
    keras.utils.set_random_seed(1)
    model = Vid2Vid(**TINY | settings)
    for weight in model.generator.trainable_weights:  # far enough from zero to see a flow
        weight.assign(weight * 8.0)
    model.compile(**{player: Adam(0.01, name=player) for player in model.players})
    return model


def batch(frames=7, count=2, seed=0):
    random = np.random.default_rng(seed)
    shape = (count, frames, 8, 12)
    motion = random.uniform(-2, 2, (*shape, 3))
    motion[..., 2] = random.integers(0, 2, shape)
    drawn = {name: random.uniform(-1, 1, (*shape, 3)) for name in ("source", "target")}
    return {
        name: tf.constant(value, tf.float32) for name, value in (drawn | {"motion": motion}).items()
    }


def l1(found, wanted, mask=1.0):
    return float(np.mean(np.abs(np.array(found) - np.array(wanted)) * np.array(mask)))


def test_the_default_weights_are_the_authors():
    names = Vid2Vid.__init__.__code__.co_varnames[1:]
    defaults = dict(zip(names, Vid2Vid.__init__.__defaults__, strict=False))
    assert (defaults["generator_filters"], defaults["halvings"], defaults["blocks"]) == (128, 3, 9)
    assert defaults["flow_scale"] == 20.0 and defaults["scales"] == 2
    for name in ("feature_weight", "perceptual_weight", "flow_weight", "warp_weight"):
        assert defaults[name] == 10.0
    assert (vid2vid.SEEN, vid2vid.JUDGED, vid2vid.STRIDES) == (3, 3, (1, 3))


def test_a_frame_is_the_warped_last_one_blended_with_the_raw_picture():
    model, random = tiny(), np.random.default_rng(0)
    labels, pictures = (
        tf.constant(random.uniform(-1, 1, (2, 8, 12, n)), tf.float32) for n in (9, 6)
    )
    raw, flow, mask = model.generator([labels, pictures])
    made = model.frame(labels, pictures, tf.ones([2, 8, 12, 1]))
    warped = warp(pictures[..., 3:], flow)
    assert np.abs(flow).max() > 0.3, "or nothing is moved"
    np.testing.assert_allclose(made["fake"], mask * raw + (1 - mask) * warped, atol=1e-3)
    first = model.frame(labels, pictures, tf.zeros([2, 8, 12, 1]))
    np.testing.assert_allclose(first["fake"], raw, atol=1e-5)


def test_a_clip_is_drawn_from_a_memory_of_two_frames():
    model, source = tiny(), batch(frames=5)["source"]
    clip = model.draw(source).numpy()
    memory, seen, drawn = tf.zeros([2, 8, 12, model.memory_channels]), [], []
    for number in range(5):
        fake, memory = model(source[:, number], memory)
        np.testing.assert_allclose(clip[:, number], fake, atol=DRIFT)
        # By hand: before the first frame there are its own labels, and grey pictures.
        labels = [source[:, max(number - back, 0)] for back in (2, 1, 0)]
        before = (2 * [tf.zeros_like(fake)] + drawn)[-2:]
        began = tf.fill([2, 8, 12, 1], float(number > 0))
        made = model.frame(tf.concat(labels, -1), tf.concat(before, -1), began)
        np.testing.assert_allclose(fake, made["fake"], atol=1e-3)
        seen.append(source[:, number])
        drawn.append(fake)
        kept = tf.concat([*labels[1:], *(2 * [tf.zeros_like(fake)] + drawn)[-2:]], -1)
        np.testing.assert_allclose(memory, tf.concat([kept, tf.ones([2, 8, 12, 1])], -1), atol=1e-3)
    # A longer clip begins alike, and each clip of a batch is drawn by itself.
    np.testing.assert_allclose(model.draw(source[:, :3]), clip[:, :3], atol=DRIFT)
    np.testing.assert_allclose(model.draw(source[1:])[0], clip[1], atol=DRIFT)


def test_the_losses_are_the_authors():
    model = tiny(feature_weight=2.0, perceptual_weight=3.0, flow_weight=5.0, warp_weight=7.0)
    data = batch()
    source, target, motion = (data[name] for name in ("source", "target", "motion"))
    drawn = model.draw(source)
    frames = []
    for t in range(7):
        labels = tf.concat([source[:, max(t - back, 0)] for back in (2, 1, 0)], -1)
        before = [drawn[:, b] if b >= 0 else tf.zeros_like(drawn[:, 0]) for b in (t - 2, t - 1)]
        began = tf.fill([2, 8, 12, 1], float(t > 0))
        frames.append(model.frame(labels, tf.concat(before, -1), began))
    made = {name: tf.stack([frame[name] for frame in frames], 1) for name in frames[0]}
    np.testing.assert_allclose(made["fake"], drawn, atol=DRIFT)

    flow, seen = motion[:, 1:, ..., :2], motion[:, 1:, ..., 2:]
    moved = [warp(target[:, t - 1], made["flow"][:, t]) for t in range(1, 7)]
    kept = [warp(drawn[:, t - 1], flow[:, t - 1]) for t in range(1, 7)]
    expected = {
        "flow_loss": 5 * l1(made["flow"][:, 1:], flow, seen)
        + 7 * l1(tf.stack(moved, 1), target[:, 1:], seen),
        "mask_loss": l1(made["mask"][:, 1:], 0.0, seen),
        "warp_loss": 7 * l1(made["fake"][:, 1:], tf.stack(kept, 1), seen),
    }

    def over_scales(maps, label):
        return sum(float(np.mean(np.square(np.array(scale[-1]) - label))) for scale in maps)

    def matched(real, fake):
        pairs = [zip(r[:-1], f[:-1], strict=True) for r, f in zip(real, fake, strict=True)]
        return sum(4 / 2 / 2 * l1(f, r) for pair in pairs for r, f in pair)

    flat = vid2vid.flat
    real = model.discriminator(flat(tf.concat([source, target], -1)))
    judged, adversarial, matching, perception = 0.0, 0.0, 0.0, 0.0
    for name in ("fake", "raw"):
        fake = model.discriminator(flat(tf.concat([source, made[name]], -1)))
        judged += 0.5 * (over_scales(real, 1.0) + over_scales(fake, 0.0))
        adversarial += over_scales(fake, 1.0)
        matching += 2 * matched(real, fake)
        maps = [model.features(flat(clip)) for clip in (target, made[name])]
        weights = (1 / 8, 1 / 4, 1)
        perception += 3 * sum(w * l1(f, r) for w, r, f in zip(weights, *maps, strict=True))
    flows = motion[..., :2]
    for stride in (1, 3):
        reach = 2 * stride
        triples = {"real": [], "fake": []}
        for t in range(reach, 7):
            between = []
            for end in (t - stride, t):
                total = flows[:, end]
                for back in range(1, stride):
                    total = composed(total, flows[:, end - back])
                between.append(total / 3.0)
            for name, clip in (("real", target), ("fake", made["fake"])):
                three = [clip[:, t - reach], clip[:, t - stride], clip[:, t]]
                triples[name].append(tf.concat([*three, *between], -1))
        net = {1: model.temporal_1, 3: model.temporal_3}[stride]
        real, fake = (net(flat(tf.stack(triples[name], 1))) for name in ("real", "fake"))
        loss = 0.5 * (over_scales(real, 1.0) + over_scales(fake, 0.0))
        expected[f"temporal_{stride}_loss"] = loss
        adversarial += over_scales(fake, 1.0)
        matching += 2 * matched(real, fake)
    expected |= {
        "adversarial_loss": adversarial,
        "matching_loss": matching,
        "perceptual_loss": perception,
        "discriminator_loss": judged,
    }
    parts = ("adversarial", "matching", "perceptual", "flow", "mask", "warp")
    expected["generator_loss"] = sum(expected[f"{name}_loss"] for name in parts)
    logs = {name: float(value) for name, value in model.train_step(data).items()}
    for name, value in expected.items():
        assert logs[name] == pytest.approx(value, rel=2e-3), name


def test_a_short_clip_leaves_the_slower_discriminator_alone():
    model = tiny()
    before = {p: [w.numpy() for w in model.trained_variables(p)] for p in model.players}
    logs = model.train_step(batch(frames=6))
    assert "temporal_1_loss" in logs and "temporal_3_loss" not in logs
    for player, old in before.items():
        moved = any(
            np.any(w.numpy() != o)
            for w, o in zip(model.trained_variables(player), old, strict=True)
        )
        assert moved == (player != "temporal_3")
    assert "temporal_3_loss" in model.train_step(batch(frames=7))


def test_gradients_stop_at_the_frames_drawn_before():
    """The raw picture of the last frame, which earlier frames reach only as drawn pictures."""
    model, source = tiny(), batch(frames=3, count=1)["source"]
    with tf.GradientTape() as tape:
        tape.watch(source)
        drawn = model.draw(source)
        total = tf.reduce_sum(drawn)
    assert tape.gradient(total, source) is None


def test_the_flow_over_three_frames_leads_there():
    """A clip that moves by whole pixels: three steps back is the frame three before."""
    random = np.random.default_rng(0)
    picture = random.uniform(-1, 1, (1, 8, 12, 3)).astype(np.float32)
    steps = [(0, 0), (1, 0), (0, -1), (-2, 1), (1, 1)]
    clip, flow = [picture], [np.zeros((1, 8, 12, 2), np.float32)]
    for right, down in steps[1:]:
        flow.append(np.broadcast_to(np.float32([right, down]), (1, 8, 12, 2)))
        clip.append(warp(clip[-1], flow[-1]).numpy())
    found = vid2vid.over(tf.stack(flow, 1), 3)
    assert found.shape == (1, 2, 8, 12, 2)
    np.testing.assert_array_equal(found[0, 1, 4, 6], np.sum(steps[2:5], 0))
    inner = (slice(None), slice(3, 5), slice(4, 8))
    np.testing.assert_allclose(
        warp(tf.constant(clip[1]), found[:, 1]).numpy()[inner], clip[4][inner], atol=1e-6
    )


@pytest.mark.parametrize("size", [(9, 12), (6, 12)])
def test_sizes_that_cannot_be_are_one_sentence(size):
    with pytest.raises(ValueError, match="multiples of 2, at least 8, not"):
        Vid2Vid(**TINY | {"image_size": size})
