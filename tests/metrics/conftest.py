"""A small generator, translator and classifier, exported as the zoo exports; made when asked for.

TensorFlow is imported inside the fixtures: most tests of this room need none of it.
"""

import types

import numpy as np
import pytest

LATENT_DIM = 6
SIZE = (12, 16)  # not square, so that a height for a width shows


def noise_pictures(count, shape=(*SIZE, 1), seed=0):
    """uint8 pictures without any structure."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape), np.uint8)


@pytest.fixture(scope="session")
def export(tmp_path_factory):
    """A function (name, network, signatures) -> folder of version 1 of a SavedModel."""
    from tfgan_zoo.export import saved_model

    def save(name, network, signatures, version=1, parent=None):
        parent = parent or tmp_path_factory.mktemp("models") / name
        return saved_model.save(parent, network=network, signatures=signatures, version=version)

    return save


@pytest.fixture(scope="session")
def signature():
    """A function (function, **name=shape) -> the one default signature, of float32 inputs."""
    import tensorflow as tf

    def make(function, **inputs):
        specs = [tf.TensorSpec(shape, tf.float32, name=name) for name, shape in inputs.items()]
        return {"serving_default": tf.function(function, input_signature=specs, autograph=False)}

    return make


@pytest.fixture(scope="session")
def generator(export):
    """Latents [B,6] -> grey pictures [B,12,16,1]: .network, .folder, .plain and .tflite.

    `plain` is exported without the signature that draws latents, `tflite` a TFLite file.
    """
    import keras

    from tests.export.conftest import Normal
    from tfgan_zoo.export import interface as interfaces
    from tfgan_zoo.export import signatures, tflite

    keras.utils.set_random_seed(5)
    network = keras.Sequential(
        [
            keras.Input([LATENT_DIM]),
            keras.layers.Dense(24, activation="relu"),
            keras.layers.Dense(SIZE[0] * SIZE[1], activation="tanh"),
            keras.layers.Reshape([*SIZE, 1]),
        ]
    )

    interface = interfaces.Interface(
        name="generator",
        inputs=(interfaces.latents(Normal(LATENT_DIM)),),
        outputs=(interfaces.images((*SIZE, 1)),),
        call=lambda latents: network(latents),
        networks=(network,),
    )
    made = signatures.build(interface)
    folder = export("generator", network, made)
    plain = export("plain", network, {"serving_default": made["serving_default"]})
    file = folder.parent / "model.tflite"
    file.write_bytes(tflite.convert(interface, kind="float32"))
    return types.SimpleNamespace(network=network, folder=folder, plain=plain, tflite=file)


@pytest.fixture(scope="session")
def classifier(export, signature):
    """Pictures [B,12,16,1] -> features [B,5] and logits [B,3]: .network, .folder, and .features,
    exported without logits under another name of its output.
    """
    import keras

    keras.utils.set_random_seed(6)
    images = keras.Input([*SIZE, 1])
    features = keras.layers.Dense(5)(keras.layers.Flatten()(images))
    logits = keras.layers.Dense(3)(features)
    network = keras.Model(images, {"features": features, "logits": logits})
    shape = [None, *SIZE, 1]
    both = signature(lambda images: network(images), images=shape)
    alone = signature(lambda x: {"output_0": network(x)["features"]}, x=shape)
    return types.SimpleNamespace(
        network=network,
        folder=export("classifier", network, both),
        features=export("features", network, alone),
    )
