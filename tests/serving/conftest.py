"""Small exports with the names, inputs and outputs of the shipped CGAN and pix2pix."""

import keras
import pytest

from tests.export.conftest import Normal
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import saved_model, serving, signatures


def cgan():
    latents, labels = keras.Input([1300]), keras.Input([], dtype="int32")
    embedded = keras.layers.Embedding(10, 4)(labels)
    pixels = keras.layers.Dense(784, "tanh")(keras.layers.concatenate([latents, embedded]))
    network = keras.Model([latents, labels], keras.layers.Reshape((28, 28, 1))(pixels))
    return interfaces.Interface(
        name="cgan",
        inputs=(interfaces.latents(Normal(1300)), interfaces.labels(10)),
        outputs=(interfaces.images((28, 28, 1)),),
        call=lambda latents, labels: network([latents, labels]),
        networks=(network,),
    )


def pix2pix():
    network = keras.Sequential([keras.Input([256, 256, 3]), keras.layers.Conv2D(3, 1)])
    return interfaces.Interface(
        name="pix2pix",
        inputs=(interfaces.source_images((256, 256, 3), label_map=True),),
        outputs=(interfaces.images((256, 256, 3)),),
        call=lambda images: network(images),
        networks=(network,),
    )


@pytest.fixture(scope="session")
def warmups(tmp_path_factory):
    """The folder of each, with the warm-up requests that lie in it."""
    folder, found = tmp_path_factory.mktemp("exports"), {}
    for interface in (cgan(), pix2pix()):
        place, built = folder / interface.name, signatures.build(interface)
        requests = serving.requests(interface, built)
        content = serving.warmup_requests(interface.name, requests)
        saved_model.save(
            place,
            network=interface.networks,
            signatures=built,
            assets_extra={serving.WARMUP_FILE: content},
        )
        found[str(place)] = requests
    return found


@pytest.fixture(scope="session")
def exports(warmups):
    """Their folders."""
    return list(warmups)
