"""Frozen networks: the same on every machine, those that were trained, and none that learns."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export import saved_model
from tfgan_zoo.networks import frozen_features
from trainers.experiments.picture_classifier import picture_cnn


def pictures(size=(20, 16), seed=0):
    return np.random.default_rng(seed).uniform(-1, 1, (2, *size, 3)).astype(np.float32)


def test_random_features_follow_from_their_seed():
    one, same, other = (frozen_features.random_features(seed=s) for s in (0, 0, 1))
    assert not one.trainable_variables and one.name == "random_features"
    for layer, own in zip(one.weights, same.weights, strict=True):
        np.testing.assert_array_equal(layer, own)
    assert np.abs(one(pictures())[-1] - other(pictures())[-1]).max() > 0.1
    first = one.get_layer("conv1").kernel.numpy()
    expected = np.random.default_rng(0).standard_normal((3, 3, 3, 32)) * np.sqrt(2 / 27)
    np.testing.assert_allclose(first, expected, rtol=1e-6)
    assert [tuple(m.shape) for m in one(pictures())] == [
        *((2, 20, 16, 32), (2, 10, 8, 64), (2, 5, 4, 128))
    ]


def test_the_convolutions_of_an_exported_classifier(tmp_path):
    """Its normalisations multiplied in, its maps are those of the classifier itself."""
    keras.utils.set_random_seed(0)
    network, random = picture_cnn((20, 16), 3, 4, 0.125), np.random.default_rng(1)
    network.set_weights([random.uniform(0.2, 1, w.shape) for w in network.get_weights()])
    saved_model.save(
        tmp_path / "cnn",
        network=network,
        signatures={
            "serving_default": tf.function(
                lambda images: network(images), input_signature=[tf.TensorSpec([None, 20, 16, 3])]
            )
        },
    )
    found = frozen_features.classifier_features(tmp_path / "cnn")
    activations = [layer for layer in network.layers if isinstance(layer, keras.layers.ReLU)][:3]
    whole = keras.Model(network.input, [layer.output for layer in activations])
    for own, expected in zip(found(pictures()), whole(pictures()), strict=True):
        np.testing.assert_allclose(own, expected, rtol=1e-4, atol=1e-4)
    assert len(found(pictures((33, 48)))) == 3 and not found.trainable_variables
    with pytest.raises(ValueError, match="holds no exported classifier"):
        frozen_features.classifier_features(tmp_path)


def test_vgg19_says_how_its_weights_are_had(tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    with pytest.raises(ValueError, match=r"weights of VGG19 are not in .*keras.applications.VGG19"):
        frozen_features.vgg19_features()
    (tmp_path / "wrong.h5").write_text("no weights")
    with pytest.raises(ValueError, match="does not hold Keras' VGG19"):
        frozen_features.vgg19_features(tmp_path / "wrong.h5")


def test_vgg19_sees_what_keras_preprocessing_gives(tmp_path):
    vgg = keras.applications.VGG19(include_top=False, weights=None)
    vgg.save_weights(tmp_path / "vgg.weights.h5")
    found = frozen_features.vgg19_features(tmp_path / "vgg.weights.h5")
    assert not found.trainable_variables and len(found.outputs) == 5
    levels = (pictures((32, 32)) + 1) * 127.5
    prepared = keras.applications.vgg19.preprocess_input(levels.copy())
    first = frozen_features.vgg19_features(tmp_path / "vgg.weights.h5", convolution="first")
    for network, name in ((found, "block2_conv2"), (first, "block2_conv1")):
        layer = vgg.get_layer(name).output
        expected = keras.Model(vgg.input, layer)(prepared).numpy()
        own = network(pictures((32, 32)))[1].numpy()
        np.testing.assert_allclose(own, expected, rtol=1e-3, atol=1e-3 * np.abs(expected).max())
