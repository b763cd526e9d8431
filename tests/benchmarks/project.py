"""This project's models, configured as its trainers configure them."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.models.translation.pix2pix import Pix2Pix
from tfgan_zoo.models.unconditional.dcgan import DCGAN
from tfgan_zoo.optimizers.adam import Adam


def pix2pix(image_size, filters, **options):
    """A compiled `Pix2Pix`; `options` go to `compile`."""
    model = Pix2Pix(
        image_size=(image_size, image_size),
        generator_filters=filters,
        discriminator_filters=filters,
    )
    return compiled(model, **options)


def dcgan(image_size, filters, **options):
    """A compiled `DCGAN` of three channels; `options` go to `compile`."""
    model = DCGAN(
        image_size=(image_size, image_size),
        generator_filters=filters,
        discriminator_filters=filters,
    )
    return compiled(model, **options)


def compiled(model, **options):
    """The model with the optimizers that `trainers.optimizers` gives it by default."""
    model.compile(
        **{
            player: Adam(2e-4, beta_1=0.5, epsilon=1e-8, name=f"{player}_adam")
            for player in ("generator", "discriminator")
        },
        **options,
    )
    return model


def random_batch(variant, image_size, batch_size):
    """A batch as the pipeline delivers it, float32 in [-1, 1]."""
    random = np.random.default_rng(0)
    fields = {"pix2pix": ("source", "target"), "dcgan": ("images",)}[variant]
    shape = (batch_size, image_size, image_size, 3)
    return {name: random.uniform(-1, 1, shape).astype(np.float32) for name in fields}


def build(variant, image_size, filters, **options):
    """A compiled model by the name of its variant."""
    return {"pix2pix": pix2pix, "dcgan": dcgan}[variant](image_size, filters, **options)


def train_step(variant, image_size, batch_size, filters, **options):
    """One step of the function that `fit` calls, on a batch in memory."""
    model = build(variant, image_size, filters, **options)
    model.make_train_function()
    batch = random_batch(variant, image_size, batch_size)
    batches = iter(tf.data.Dataset.from_tensors(batch).repeat())

    def step():
        # Any number of the step: reading it waits until the step is done.
        return float(np.mean(model.train_function(batches)["generator_loss"]))

    return step
