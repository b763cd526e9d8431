"""A small generator with everything that a translation network holds, and one export of it."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export import saved_model, serving, signatures

IMAGE_SIZE = (16, 32)  # not square, so that a height for a width shows
LATENT_DIM = 6
CLASSES = 4


def mask(shape, seed):
    """Dropout mask: a constant of the graph for a Python seed, drawn by it for a tensor."""
    if tf.is_tensor(seed):
        return tf.random.stateless_uniform(shape, tf.stack([seed, 1])) >= 0.5
    with tf.init_scope():
        return tf.random.stateless_uniform(shape, [seed, 1]) >= 0.5


class Noise(keras.layers.Layer):
    def call(self, inputs, seed=0):
        return 2.0 * inputs * tf.cast(mask([1, *inputs.shape[1:]], seed), inputs.dtype)


class Standardize(keras.layers.Layer):
    """Each channel of each image to mean 0 and variance 1: statistics of the test batch."""

    def call(self, inputs):
        mean, variance = tf.nn.moments(inputs, [1, 2], keepdims=True)
        return (inputs - mean) * tf.math.rsqrt(variance + 1e-3)


class UNet(keras.Model):
    def __init__(self, channels=3):
        super().__init__()
        layers = keras.layers
        self.down1 = layers.Conv2D(24, 4, 2, "same")
        self.down2 = layers.Conv2D(48, 4, 2, "same")
        self.norm = layers.BatchNormalization(momentum=0.5)
        self.up1 = layers.Conv2DTranspose(24, 4, 2, "same")
        self.standardize = Standardize()
        self.noise = Noise()
        self.up2 = layers.Conv2DTranspose(channels, 4, 2, "same", activation="tanh")

    def call(self, images, training=False, seed=0):
        first = tf.nn.leaky_relu(self.down1(images), 0.2)
        x = tf.nn.leaky_relu(self.norm(self.down2(first), training=training), 0.2)
        x = tf.nn.relu(self.noise(self.standardize(self.up1(x)), seed=seed))
        return self.up2(tf.concat([x, first], -1))


def pictures(count, seed=1, size=IMAGE_SIZE):
    """Smooth random pictures, float32 [count,H,W,3] in [-1,1]."""
    coarse = np.random.default_rng(seed).uniform(-1, 1, (count, 4, 6, 3)).astype(np.float32)
    return tf.image.resize(coarse, size, "bicubic").numpy().clip(-1, 1)


def levels(images):
    """float in [-1,1] -> the uint8 pixels of its picture file."""
    return np.round((np.clip(images, -1, 1) + 1) * 127.5).astype(np.uint8)


@pytest.fixture(scope="session")
def network():
    """Weights and moving statistics as large as those of a trained network."""
    keras.utils.set_random_seed(3)
    network = UNet()
    images = pictures(8)
    for _ in range(12):
        network(images, training=True)
    outputs = network(images).numpy()
    assert 0.1 < outputs.std() < 0.9, "the tests below need outputs that are neither flat nor cut"
    return network


@pytest.fixture(scope="session")
def exported(network, tmp_path_factory):
    """The export `unet/1`: .path, .parent, and .model, the loaded SavedModel."""
    parent = tmp_path_factory.mktemp("models") / "unet"
    requests = serving.translation_requests(IMAGE_SIZE, 3, sample=True)
    path = saved_model.save(
        parent,
        network=network,
        signatures=signatures.translation(
            network,
            image_size=IMAGE_SIZE,
            source_channels=3,
            target_channels=3,
            sample=lambda images, seed: network(images, seed=seed),
        ),
        assets_extra={serving.WARMUP_FILE: serving.warmup_requests("unet", requests)},
    )
    return types.SimpleNamespace(path=path, parent=parent, model=tf.saved_model.load(path))


@pytest.fixture(scope="session")
def latent_network():
    """Latents [B,Z] -> grey images [B,8,8,1]."""
    keras.utils.set_random_seed(4)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            layers.Dense(4 * 4 * 8, activation="relu"),
            layers.Reshape([4, 4, 8]),
            layers.Conv2DTranspose(1, 4, 2, "same", activation="tanh"),
        ]
    )


@pytest.fixture(scope="session")
def exported_latent(latent_network, tmp_path_factory):
    parent = tmp_path_factory.mktemp("models") / "dcgan"

    def sample_latents(num_images, seed):
        return tf.random.stateless_normal([num_images, LATENT_DIM], tf.stack([seed, 0]))

    requests = serving.latent_requests(LATENT_DIM)
    path = saved_model.save(
        parent,
        network=latent_network,
        signatures=signatures.latent(
            latent_network, latent_dim=LATENT_DIM, sample_latents=sample_latents
        ),
        assets_extra={serving.WARMUP_FILE: serving.warmup_requests("dcgan", requests)},
    )
    return types.SimpleNamespace(path=path, parent=parent, model=tf.saved_model.load(path))


@pytest.fixture(scope="session")
def conditional_network():
    """Latents with one-hot labels beside them [B,Z+K] -> grey images [B,8,8,1]."""
    keras.utils.set_random_seed(5)
    layers = keras.layers
    return keras.Sequential(
        [
            keras.Input([LATENT_DIM + CLASSES]),
            layers.Dense(32, activation="relu"),
            layers.Dense(64, activation="tanh"),
            layers.Reshape([8, 8, 1]),
        ]
    )


@pytest.fixture(scope="session")
def exported_conditional(conditional_network, tmp_path_factory):
    parent = tmp_path_factory.mktemp("models") / "cgan"

    def generate(latents, labels):
        return conditional_network(tf.concat([latents, tf.one_hot(labels, CLASSES)], -1))

    def sample_latents(num_images, seed):
        return tf.random.stateless_uniform([num_images, LATENT_DIM], tf.stack([seed, 0]))

    requests = serving.conditional_requests(LATENT_DIM)
    path = saved_model.save(
        parent,
        network=conditional_network,
        signatures=signatures.conditional(
            generate, latent_dim=LATENT_DIM, classes=CLASSES, sample_latents=sample_latents
        ),
        assets_extra={serving.WARMUP_FILE: serving.warmup_requests("cgan", requests)},
    )
    return types.SimpleNamespace(path=path, parent=parent, model=tf.saved_model.load(path))
