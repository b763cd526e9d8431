"""A small generator with everything that a translation network holds, and one export of it."""

import types

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import saved_model, serving, signatures

IMAGE_SIZE = (16, 32)  # not square, so that a height for a width shows
LATENT_DIM = 6
CLASSES = 4


WORDS = ("", "<start>", "a", "b", "c", "<end>")
LENGTH = 7  # of a text


class Normal:
    """N(0, 1), as `tfgan_zoo.networks.priors` has it."""

    def __init__(self, size):
        self.size, self.code = size, f"np.random.normal(size=(1, {size}))"

    def sample(self, count, seed):
        return tf.random.stateless_normal([count, self.size], seed)

    def describe(self):
        return [{"kind": "normal", "size": self.size}]


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


def save(interface, parent, **options):
    """The export `parent/1`: .path, .parent, .interface and .model, the loaded SavedModel."""
    made = signatures.build(interface)
    requests = serving.requests(interface, made)
    path = saved_model.save(
        parent,
        network=interface.networks,
        signatures=made,
        assets_extra={serving.WARMUP_FILE: serving.warmup_requests(interface.name, requests)},
        **options,
    )
    model = tf.saved_model.load(path)
    return types.SimpleNamespace(path=path, parent=parent, interface=interface, model=model)


@pytest.fixture(scope="session")
def translation(network):
    """Pictures to pictures, label maps of three channels, with noise."""
    return interfaces.Interface(
        name="unet",
        inputs=(interfaces.source_images((*IMAGE_SIZE, 3)),),
        outputs=(interfaces.images((*IMAGE_SIZE, 3)),),
        call=lambda images: network(images),
        networks=(network,),
        noise=lambda images, seed: network(images, seed=seed),
    )


@pytest.fixture(scope="session")
def exported(translation, tmp_path_factory):
    return save(translation, tmp_path_factory.mktemp("models") / "unet")


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
def latent(latent_network):
    """Latents to pictures."""
    return interfaces.Interface(
        name="dcgan",
        inputs=(interfaces.latents(Normal(LATENT_DIM)),),
        outputs=(interfaces.images((8, 8, 1)),),
        call=lambda latents: latent_network(latents),
        networks=(latent_network,),
    )


@pytest.fixture(scope="session")
def exported_latent(latent, tmp_path_factory):
    return save(latent, tmp_path_factory.mktemp("models") / "dcgan")


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
def conditional(conditional_network):
    """Latents and labels to pictures."""

    def call(latents, labels):
        return conditional_network(tf.concat([latents, tf.one_hot(labels, CLASSES)], -1))

    return interfaces.Interface(
        name="cgan",
        inputs=(interfaces.latents(Normal(LATENT_DIM)), interfaces.labels(CLASSES)),
        outputs=(interfaces.images((8, 8, 1)),),
        call=call,
        networks=(conditional_network,),
    )


@pytest.fixture(scope="session")
def exported_conditional(conditional, tmp_path_factory):
    return save(conditional, tmp_path_factory.mktemp("models") / "cgan")


@pytest.fixture(scope="session")
def points():
    """Latents to points of two dimensions."""
    keras.utils.set_random_seed(6)
    network = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    return interfaces.Interface(
        name="ring",
        inputs=(interfaces.latents(Normal(3)),),
        outputs=(interfaces.points(2),),
        call=lambda latents: network(latents),
        networks=(network,),
    )


@pytest.fixture(scope="session")
def exported_points(points, tmp_path_factory):
    return save(points, tmp_path_factory.mktemp("models") / "ring")


@pytest.fixture(scope="session")
def encoder():
    """Pictures to the mean and the logarithm of the variance of their latents."""
    keras.utils.set_random_seed(7)
    network = keras.Sequential(
        [keras.Input([8, 8, 1]), keras.layers.Flatten(), keras.layers.Dense(2 * LATENT_DIM)]
    )

    def call(images):
        mean, log_variance = tf.split(network(images), 2, axis=-1)
        return {"mean": mean, "log_variance": log_variance}

    return interfaces.Interface(
        name="vae_encode",
        inputs=(interfaces.source_images((8, 8, 1)),),
        outputs=tuple(interfaces.vector(name, LATENT_DIM) for name in ("mean", "log_variance")),
        call=call,
        networks=(network,),
        part="encode",
    )


@pytest.fixture(scope="session")
def exported_encoder(encoder, tmp_path_factory):
    return save(encoder, tmp_path_factory.mktemp("models") / "vae_encode")


class Writer:
    """A recurrence over tokens: `step` is one turn of it, `write` the loop with its draws."""

    def __init__(self):
        keras.utils.set_random_seed(8)
        self.embedding = keras.layers.Embedding(len(WORDS), 4)
        self.cell = keras.layers.GRUCell(8)
        self.logits = keras.layers.Dense(len(WORDS))
        self.cell.build([None, 4])
        self.embedding.build(None)
        self.logits.build([None, 8])
        self.networks = (self.embedding, self.cell, self.logits)

    def step(self, tokens, state):
        _, (state,) = self.cell(self.embedding(tokens), [state])
        return {"logits": self.logits(state), "next_state": state}

    def write(self, seed, num, temperature):
        tokens, state, written = tf.ones([num], tf.int32), tf.zeros([num, 8]), []
        for turn in range(LENGTH):
            found = self.step(tokens, state)
            logits, state = found["logits"] / temperature, found["next_state"]
            key = tf.stack([seed, turn])
            tokens = tf.random.stateless_categorical(logits, 1, key, dtype=tf.int32)[:, 0]
            written.append(tokens)
        return tf.stack(written, axis=1)


@pytest.fixture(scope="session")
def writer():
    """Texts from a seed; TFLite holds one step of the recurrence."""
    made = Writer()
    step = interfaces.Interface(
        name="seqgan",
        inputs=(
            interfaces.Input("tokens", "tokens", (), "int32"),
            interfaces.Input("state", "state", (8,)),
        ),
        outputs=(
            interfaces.vector("logits", len(WORDS)),
            interfaces.Output("next_state", "state", (8,)),
        ),
        call=made.step,
    )
    return interfaces.Interface(
        name="seqgan",
        inputs=(interfaces.seed(), interfaces.count(), interfaces.number("temperature", 1.0)),
        outputs=(interfaces.tokens(LENGTH, WORDS, end=5),),
        call=made.write,
        networks=made.networks,
        lite=step,
        lite_note="Call it with token 1 and a state of zeros, draw a token from the logits, go on.",
    )


@pytest.fixture(scope="session")
def exported_writer(writer, tmp_path_factory):
    return save(writer, tmp_path_factory.mktemp("models") / "seqgan")


@pytest.fixture
def directory(tmp_path):
    """As after an export, with files of a few bytes."""
    for version in ("1", "10"):
        (tmp_path / version).mkdir()
        (tmp_path / version / "saved_model.pb").write_bytes(b"graph")
    (tmp_path / "m.tflite").write_bytes(b"flatbuffer")
    return tmp_path
