"""LSRO: what each arm makes of a generated picture, and the net that recognises."""

import keras
import numpy as np
import pytest
import tensorflow as tf
from scipy.special import log_softmax

from tfgan_zoo.models.recognition.lsro import LSRO, recognition_network

SIZE, CLASSES = (32, 8), 5


def tiny(rate=0.05, **settings):
    keras.utils.set_random_seed(1)
    model = LSRO(SIZE, classes=CLASSES, **{"filters": 2, "dropout": 0.0, **settings})
    model.compile(classifier=keras.optimizers.SGD(rate))
    return model


def batch(real=6, generated=2):
    chance = np.random.default_rng(0)
    return {
        "images": chance.uniform(-1, 1, (real, *SIZE, 3)).astype("float32"),
        "labels": np.arange(real, dtype=np.int32) % CLASSES,
        "generated": chance.uniform(-1, 1, (generated, *SIZE, 3)).astype("float32"),
    }


def log_probabilities(model, data, names):
    seen = np.concatenate([data[name] for name in names])
    logits = model.classifier([seen, np.zeros(2, np.int32)], training=True)["logits"]
    return log_softmax(np.asarray(logits, float), axis=1)


@pytest.mark.parametrize("arm", ["lsro", "extra_class", "pseudo_label"])
def test_the_loss_is_the_mean_over_one_batch_of_both(arm):
    model, data = tiny(arm=arm, weight_decay=0.0), batch()
    log_p = log_probabilities(tiny(arm=arm), data, ("images", "generated"))
    real, generated = log_p[:6], log_p[6:]
    real_losses = -real[np.arange(6), data["labels"]]
    losses = {
        "lsro": -generated.mean(1),
        "extra_class": -generated[:, -1],
        "pseudo_label": -generated.max(1),
    }[arm]
    weight = 0.1 if arm == "pseudo_label" else 1.0
    logs = model.train_step(data)
    assert float(logs["real_loss"]) == pytest.approx(real_losses.mean(), rel=1e-4)
    assert float(logs["generated_loss"]) == pytest.approx(losses.mean(), rel=1e-4)
    expected = (real_losses.sum() + weight * losses.sum()) / 8
    assert float(logs["loss"]) == pytest.approx(expected, rel=1e-4)


def test_only_the_extra_class_has_a_logit_more():
    sizes = [tiny(arm=arm)(batch()["images"])["logits"].shape[1] for arm in ("lsro", "extra_class")]
    assert sizes == [CLASSES, CLASSES + 1]


def test_pseudo_labels_begin_late():
    """Until then a generated picture costs nothing, although it stands in the batch."""
    early = tiny(arm="pseudo_label", pseudo_from=1, weight_decay=0.0)
    logs = early.train_step(batch())
    assert float(logs["loss"]) == pytest.approx(6 / 8 * float(logs["real_loss"]), rel=1e-5)
    early.reset_metrics()
    logs = early.train_step(batch())
    assert float(logs["loss"]) > 6 / 8 * float(logs["real_loss"]) + 1e-4


def test_no_generated_picture_is_looked_at_without_an_arm():
    data = batch()
    alone = {name: data[name] for name in ("images", "labels")}
    first, second = tiny(arm="none"), tiny(arm="none")
    first.train_step(data)
    second.train_step(alone)
    for value, other in zip(first.get_weights(), second.get_weights(), strict=True):
        np.testing.assert_array_equal(value, other)


def test_the_uniform_label_makes_the_net_unsure_of_generated_pictures():
    data = batch(real=10, generated=10)
    spreads = {}
    for arm in ("lsro", "none"):
        model = tiny(arm=arm, rate=0.1)
        step = tf.function(model.train_step)
        for _ in range(60):
            step(data)
        log_p = log_softmax(np.asarray(model(data["generated"])["logits"], float), axis=1)
        spreads[arm] = -(np.exp(log_p) * log_p).sum(1).mean()
    assert spreads["lsro"] > spreads["none"] and spreads["lsro"] > 0.8 * np.log(CLASSES)


def test_features_are_of_stripes_from_head_to_foot():
    network = recognition_network((64, 32), 3, 4, filters=2)
    images = np.random.default_rng(0).uniform(-1, 1, (1, 64, 32, 3)).astype("float32")
    changed = images.copy()
    changed[:, 52:] = 0.0  # the foot
    seed = np.zeros(2, np.int32)
    first, second = (network([x, seed])["features"].numpy() for x in (images, changed))
    stripes = np.abs(first - second).reshape(4, -1).max(1)
    assert stripes[3] > 0 and stripes[0] == stripes[1] == 0
    assert network.output["features"].shape[-1] == 16 * 2


def test_embeddings_have_length_one():
    found = np.asarray(tiny().embed(batch()["images"]))
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1.0, rtol=1e-5)


def test_settings_that_cannot_be_are_refused():
    with pytest.raises(ValueError, match="No arm 'mixup'; choose one of lsro"):
        tiny(arm="mixup")
    with pytest.raises(ValueError, match="pseudo_from=5 says nothing under the arm 'lsro'"):
        tiny(pseudo_from=5)
    with pytest.raises(ValueError, match="at least 32 pixels high and 8 wide, not 28x28"):
        recognition_network((28, 28), 1, 3)
