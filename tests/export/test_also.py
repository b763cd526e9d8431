"""Further functions of an export: signatures beside the main one, of the same weights."""

import dataclasses
import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import Normal
from tests.export.test_ship import PROVENANCE, evaluation
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import reexport, ship, stored
from tfgan_zoo.serving import warmup

SHAPE, LATENT_DIM = (4, 4, 1), 5
LATENTS = np.random.default_rng(0).normal(size=(6, LATENT_DIM)).astype(np.float32)


@pytest.fixture(scope="module")
def both_ways():
    """A generator, and an encoder of its own weights beside it."""
    keras.utils.set_random_seed(0)
    decoder = keras.Sequential(
        [keras.Input((LATENT_DIM,)), keras.layers.Dense(16, "tanh"), keras.layers.Reshape(SHAPE)]
    )
    encoder = keras.Sequential(
        [keras.Input(SHAPE), keras.layers.Flatten(), keras.layers.Dense(LATENT_DIM)]
    )
    encode = interfaces.Interface(
        "encode",
        (interfaces.source_images(SHAPE), interfaces.number("scale", 2.0)),
        (interfaces.vector("latents", LATENT_DIM),),
        call=lambda images, scale: scale * encoder(images),
        about="Twice what the encoder says, unless `scale` is another.",
    )
    return interfaces.Interface(
        "both_ways",
        (interfaces.latents(Normal(LATENT_DIM)),),
        (interfaces.images(SHAPE),),
        call=lambda latents: decoder(latents),
        networks=(decoder, encoder),
        also=(encode,),
    )


@pytest.fixture(scope="module")
def folder(both_ways, tmp_path_factory):
    """Its export with float16 weights."""
    folder = tmp_path_factory.mktemp("exports") / "both_ways"
    ship.ship(
        both_ways,
        folder,
        provenance=PROVENANCE,
        evaluation=evaluation("latent", examples={"latents": LATENTS}),
        weights="float16",
    )
    return folder


def test_it_is_a_signature_of_the_same_saved_model(folder, both_ways):
    loaded = tf.saved_model.load(str(folder / "1"))
    images = loaded.signatures["serving_default"](latents=LATENTS)["images"]
    found = loaded.signatures["encode"](images=images, scale=tf.constant(3.0))["latents"]
    (encode,) = both_ways.also
    expected = encode(images=images, scale=tf.constant(3.0))["latents"]
    np.testing.assert_allclose(found, expected, atol=2e-2)
    assert np.abs(expected).max() > 0.5


def test_its_requests_are_guarded(folder):
    encode = tf.saved_model.load(str(folder / "1")).signatures["encode"]
    with pytest.raises(tf.errors.InvalidArgumentError, match="not finite"):
        encode(images=tf.fill([1, *SHAPE], np.nan), scale=tf.constant(1.0))
    with pytest.raises(tf.errors.InvalidArgumentError, match="one example or more"):
        encode(images=tf.zeros([0, *SHAPE]), scale=tf.constant(1.0))


def test_card_and_readme_describe_it(folder):
    card = json.loads((folder / "card.json").read_text())
    assert set(card["also"]) == {"encode"}
    parity = card["also"]["encode"]
    # Of the pictures that the exported generator drew, as many as there were latents.
    assert parity["n"] == len(LATENTS) and 0 < parity["max_abs"] < 2e-2
    readme = (folder / "README.md").read_text()
    assert (
        "The signature `encode` takes `images`, float32 [B,4,4,1] in [-1,1] and `scale`, float32 "
        "[]; it gives `latents`, float32 [B,5]. Twice what the encoder says" in readme
    )
    assert "| SavedModel, `encode` | `1/` |" in readme
    (encode,) = stored.from_card(card).also
    assert [item.name for item in encode.inputs] == ["images", "scale"]
    assert encode.inputs[1].default == 2.0 and encode.outputs[0].shape == (LATENT_DIM,)


def test_it_is_warmed_up_and_exported_again(folder):
    asked = warmup.requests(folder / "1")
    assert [name for name, _ in asked].count("encode") == 1
    before = json.loads((folder / "card.json").read_text())
    reexport.reexport(folder)
    after = json.loads((folder / "card.json").read_text())
    assert after["interface"] == before["interface"]
    assert after["also"] == before["also"]
    loaded = tf.saved_model.load(str(folder / "1"))
    assert loaded.signatures["encode"](images=tf.zeros([2, *SHAPE]), scale=tf.constant(1.0))[
        "latents"
    ].shape == (2, LATENT_DIM)


def test_a_name_that_is_taken_is_refused(both_ways):
    (encode,) = both_ways.also
    for name, others in (("latents", ()), ("encode", (encode,))):
        taken = dataclasses.replace(encode, name=name)
        with pytest.raises(ValueError, match=f"cannot be called '{name}'"):
            dataclasses.replace(both_ways, also=(taken, *others))
