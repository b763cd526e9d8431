"""Variants that take nets in place of the paper's train those; the paper's say what they draw."""

import keras
import pytest
import tensorflow as tf

from tfgan_zoo.models.unconditional.dragan import DRAGAN
from tfgan_zoo.models.unconditional.fgan import FGAN
from tfgan_zoo.models.unconditional.lsgan import LSGAN
from tfgan_zoo.models.unconditional.sngan import SNGAN
from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN
from tfgan_zoo.models.unconditional.wgan import WGAN
from tfgan_zoo.models.unconditional.wgan_gp import WGANGP
from tfgan_zoo.networks.mlp import mlp
from tfgan_zoo.optimizers.adam import Adam

VARIANTS = [DRAGAN, FGAN, LSGAN, SNGAN, UnrolledGAN, WGAN, WGANGP]


def judge(variant):
    return "critic" if variant in (WGAN, WGANGP) else "discriminator"


@pytest.mark.parametrize("variant", VARIANTS)
def test_its_nets_are_those_given(variant):
    generator, other = mlp(3, 2, 5, 1, name="mine"), mlp(2, 1, 5, 1, spectral=True, name="other")
    model = variant((2,), latent_dim=3, generator=generator, **{judge(variant): other})
    before = [keras.ops.copy(net.trainable_variables[0]) for net in (generator, other)]
    model.compile(generator=Adam(0.1), **{judge(variant): Adam(0.1)})
    model.train_step({"images": tf.random.stateless_normal([10, 2], (0, 0))})
    for net, old in zip((generator, other), before, strict=True):
        assert not tf.reduce_all(net.trainable_variables[0] == old)
    assert model(model.prior.sample(4, (0, 0))).shape == (4, 2)


@pytest.mark.parametrize("variant", [LSGAN, SNGAN, UnrolledGAN, WGAN, WGANGP])
def test_the_papers_convolutions_refuse_what_is_no_picture(variant):
    with pytest.raises(ValueError, match=r"pictures.*not \(2,\): give nets of your own"):
        variant((2,), latent_dim=3, generator=mlp(3, 2, 5, 1))
