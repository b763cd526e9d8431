"""Every variant is a good Keras citizen: its configuration survives JSON, a `.keras` file brings
back weights, optimizers and step, and its players are updated as often as it says.
"""

import json

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.models.conditional.cgan import CGAN
from tfgan_zoo.models.conditional.infogan import InfoGAN
from tfgan_zoo.models.translation.cyclegan import CycleGAN
from tfgan_zoo.models.translation.pix2pix import Pix2Pix
from tfgan_zoo.models.unconditional.dcgan import DCGAN
from tfgan_zoo.models.unconditional.dragan import DRAGAN
from tfgan_zoo.models.unconditional.ebgan import EBGAN
from tfgan_zoo.models.unconditional.fgan import FGAN
from tfgan_zoo.models.unconditional.gan import GAN
from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN
from tfgan_zoo.models.unconditional.lsgan import LSGAN
from tfgan_zoo.models.unconditional.mad_gan import MADGAN
from tfgan_zoo.models.unconditional.mrgan import MDGAN, MRGAN
from tfgan_zoo.models.unconditional.sngan import SNGAN
from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN
from tfgan_zoo.models.unconditional.wgan import WGAN
from tfgan_zoo.models.unconditional.wgan_gp import WGANGP
from tfgan_zoo.networks import points
from tfgan_zoo.optimizers.adam import Adam

CHANCE = np.random.default_rng(0)
DIGITS, SQUARES = (4, 4, 1), (16, 16, 1)


def pictures(shape, count=4):
    return tf.constant(CHANCE.uniform(-1, 1, (count, *shape)), tf.float32)


LABELS = tf.constant([0, 1, 1, 0])
MEANS = CHANCE.uniform(0.1, 0.9, DIGITS)

# Name -> (a function that makes the variant, a batch). Where nets may be given, some are.
VARIANTS = {
    "cgan": (
        lambda: CGAN(DIGITS[:2], 1, classes=2, pixel_means=MEANS, latent_dim=3, width=0.01),
        {"images": pictures(DIGITS), "labels": LABELS},
    ),
    "infogan": (
        lambda: InfoGAN(DIGITS[:2], 1, noise_dim=3, categories=2, width=0.02),
        {"images": pictures(DIGITS)},
    ),
    "cyclegan": (
        lambda: CycleGAN(
            SQUARES[:2],
            channels=(1, 1),
            generator_filters=2,
            discriminator_filters=2,
            blocks=1,
            patch=1,
            pool_size=3,
        ),
        {"images_a": pictures(SQUARES), "images_b": pictures(SQUARES)},
    ),
    "pix2pix": (
        lambda: Pix2Pix(SQUARES[:2], 1, 1, generator_filters=2, discriminator_filters=2, patch=1),
        {"source": pictures(SQUARES), "target": pictures(SQUARES)},
    ),
    "dcgan": (
        lambda: DCGAN(
            SQUARES[:2], 1, latent_dim=3, generator_filters=2, discriminator_filters=2, replay=3
        ),
        {"images": pictures(SQUARES)},
    ),
    "dcgan_with_classes": (
        lambda: DCGAN(
            DIGITS[:2],
            1,
            3,
            generator_filters=1,
            discriminator_filters=1,
            classes=2,
            generator_dropout=0.2,
        ),
        {"images": pictures(DIGITS), "labels": LABELS},
    ),  # fmt: skip
    "dragan": (lambda: DRAGAN((2,), latent_dim=3, **points.dragan(2, 3, 4)), pictures((2,))),
    "ebgan": (
        lambda: EBGAN((2,), latent_dim=3, **points.ebgan(2, 3, 4, 1, 4, 1)),
        pictures((2,)),
    ),
    "fgan": (lambda: FGAN((2,), latent_dim=3, **points.fgan(2, 3, 4)), pictures((2,))),
    "gan": (
        lambda: GAN(DIGITS, pixel_means=MEANS, width=0.01, discriminator_steps=2),
        pictures(DIGITS),
    ),
    "gan_of_points": (lambda: GAN((2,), latent_dim=3, **points.gan(2, 3, 0.01)), pictures((2,))),
    "improved_gan": (
        lambda: ImprovedGAN(DIGITS, latent_dim=3, width=0.01, minibatch_kernels=2, reference=3),
        pictures(DIGITS),
    ),
    "improved_gan_with_classes": (
        lambda: ImprovedGAN(DIGITS, classes=2, latent_dim=3, width=0.01, historical_weight=0.1),
        {"images": pictures(DIGITS), "labelled_images": pictures(DIGITS), "labels": LABELS},
    ),
    "improved_gan_of_points": (
        lambda: ImprovedGAN((2,), latent_dim=3, **points.improved_gan(2, 3, 0.03)),
        pictures((2,)),
    ),
    "lsgan": (lambda: LSGAN((2,), latent_dim=3, **points.lsgan(2, 3, 4)), pictures((2,))),
    "mad_gan": (
        lambda: MADGAN((2,), generators=2, noise_dim=3, **points.mad_gan(2, 3, 2, 4, 1)),
        pictures((2,)),
    ),
    "mad_gan_of_pictures": (
        lambda: MADGAN(DIGITS, generators=2, noise_dim=3, filters=1, similarity=1e-3),
        pictures(DIGITS),
    ),
    "mrgan": (
        lambda: MRGAN((2,), latent_dim=3, discriminator_width=4, **points.mrgan(2, 3, 4, 1)),
        pictures((2,)),
    ),
    "mdgan": (
        lambda: MDGAN(DIGITS, generator_width=4, discriminator_width=4),
        pictures(DIGITS),
    ),
    "sngan": (
        lambda: SNGAN((2,), latent_dim=3, discriminator_steps=2, **points.sngan(2, 3, 4, 4)),
        pictures((2,)),
    ),
    "sngan_of_pictures": (
        lambda: SNGAN(SQUARES, 3, 2, 2, discriminator_steps=2),
        pictures(SQUARES),
    ),
    "unrolled_gan": (
        lambda: UnrolledGAN((2,), 1, latent_dim=3, **points.unrolled_gan(2, 3, 4)),
        pictures((2,)),
    ),
    "wgan": (
        lambda: WGAN(
            (2,), 3, critic_steps=2, long_critic_steps=5, long_steps=1, **points.wgan(2, 3, 4)
        ),
        pictures((2,)),
    ),
    "wgan_gp": (
        lambda: WGANGP(
            (2,), latent_dim=3, critic_steps=2, dequantised=False, **points.wgan_gp(2, 3, 4)
        ),
        pictures((2,)),
    ),
    "wgan_gp_with_classes": (
        lambda: WGANGP(SQUARES, latent_dim=3, filters=2, critic_steps=2, classes=2),
        {"images": pictures(SQUARES), "labels": LABELS},
    ),
}


def state(model):
    """All that training goes on from."""
    parts = [*model.weights, *(v for o in model.optimizers.values() for v in o.variables)]
    return [np.array(part) for part in parts]


def same(first, second):
    for number, (mine, other) in enumerate(zip(first, second, strict=True)):
        np.testing.assert_array_equal(mine, other, err_msg=str(number))


@pytest.mark.parametrize("name", VARIANTS)
def test_a_saved_variant_trains_on_as_it_would_have(name, tmp_path):
    make, batch = VARIANTS[name]
    model = make()
    model.compile(**{player: Adam(1e-3, beta_1=0.5) for player in model.players})
    for _ in range(2):
        model.train_step(batch)
    for player in model.players:
        counted = int(model.optimizers[player].iterations)
        assert counted == model.updates_in(player, 2), player
    assert int(model.step) == 2 and int(model.skipped) == 0

    config = json.loads(json.dumps(model.get_config()))
    again = type(model).from_config(config)
    assert [tuple(w.shape) for w in again.weights] == [tuple(w.shape) for w in model.weights]

    model.save(tmp_path / "model.keras")
    loaded = keras.saving.load_model(tmp_path / "model.keras")
    assert type(loaded) is type(model) and int(loaded.step) == 2
    same(state(loaded), state(model))
    for each in (model, loaded):
        each.train_step(batch)
    same(state(loaded), state(model))


SPLITTING = ["gan", "dcgan_with_classes", "sngan", "wgan", "wgan_gp"]


@pytest.mark.parametrize("name", SPLITTING)
def test_a_batch_of_unknown_size_is_split(name):
    make, batch = VARIANTS[name]
    model = make()
    model.compile(**{player: Adam(1e-3) for player in model.players})
    data = tf.data.Dataset.from_tensor_slices(batch).batch(4)  # without drop_remainder
    model.fit(data, verbose=0)
    for player in model.players:
        assert int(model.optimizers[player].iterations) == model.updates_in(player, 1)
    first = tf.nest.map_structure(lambda values: values[:3], batch)
    with pytest.raises(ValueError, match="2 equal parts of its batch.*multiple of 2, not 3"):
        model.train_step(first)
