"""Variants that take nets in place of the paper's train those, and say which is missing."""

import keras
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.dragan import DRAGAN
from tfgan_zoo.models.unconditional.fgan import FGAN
from tfgan_zoo.models.unconditional.sngan import SNGAN
from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN
from tfgan_zoo.models.unconditional.wgan_gp import WGANGP
from tfgan_zoo.networks.mlp import mlp
from tfgan_zoo.optimizers.adam import Adam

VARIANTS = [DRAGAN, FGAN, SNGAN, UnrolledGAN, WGANGP]


def judge(variant):
    return "critic" if variant is WGANGP else "discriminator"


@pytest.mark.parametrize("variant", VARIANTS)
def test_its_nets_are_those_given(variant):
    generator, other = mlp(3, 2, 5, 1, name="mine"), mlp(2, 1, 5, 1, spectral=True, name="other")
    model = variant((2,), latent_dim=3, generator=generator, **{judge(variant): other})
    before = [keras.ops.copy(net.trainable_variables[0]) for net in (generator, other)]
    model.compile(generator=Adam(0.1), **{judge(variant): Adam(0.1)})
    model.train_step({"points": tf.random.stateless_normal([10, 2], (0, 0))})
    for net, old in zip((generator, other), before, strict=True):
        assert not tf.reduce_all(net.trainable_variables[0] == old)
    assert model(model.sample_latents(4, (0, 0))).shape == (4, 2)


@pytest.mark.parametrize("variant", [DRAGAN, FGAN, SNGAN, WGANGP])
def test_one_net_of_two_is_refused(variant):
    model = variant((2,), latent_dim=3, generator=mlp(3, 2, 5, 1))
    with pytest.raises(ValueError, match=f"no sub-model '{judge(variant)}'"):
        model.compile(generator=Adam(0.1), **{judge(variant): Adam(0.1)})
