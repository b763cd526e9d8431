"""This project's models, configured as its trainers configure them."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.models.recognition.lsro import LSRO
from tfgan_zoo.models.restoration.completion import Completion
from tfgan_zoo.models.restoration.srgan import SRGAN
from tfgan_zoo.models.translation.disco_gan import DiscoGAN
from tfgan_zoo.models.translation.dual_gan import DualGAN
from tfgan_zoo.models.translation.pix2pix import Pix2Pix
from tfgan_zoo.models.translation.pix2pix_hd import Pix2PixHD
from tfgan_zoo.models.translation.spgan import SPGAN
from tfgan_zoo.models.translation.star_gan import StarGAN
from tfgan_zoo.models.translation.vid2vid import Vid2Vid
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


def disco_gan(image_size, filters, **options):
    size = (image_size, image_size)
    model = DiscoGAN(size, generator_filters=filters, discriminator_filters=filters)
    return compiled(model, **options)


def dual_gan(image_size, filters, **options):
    size = (image_size, image_size)
    model = DualGAN(size, generator_filters=filters, discriminator_filters=filters)
    return compiled(model, **options)


def star_gan(image_size, filters, **options):
    """Of two residual blocks and a critic of four layers."""
    widths = {"generator_filters": filters, "critic_filters": filters}
    model = StarGAN((image_size, image_size), **widths, blocks=2, critic_layers=4)
    return compiled(model, **options)


def srgan(image_size, filters, **options):
    """Of four residual blocks."""
    widths = {"filters": filters, "discriminator_filters": filters}
    return compiled(SRGAN((image_size, image_size), blocks=4, **widths, units=256), **options)


def completion(image_size, filters, **options):
    """With holes of a quarter to a half of a side, and as large a square for the local critic."""
    model = Completion(
        (image_size, image_size),
        hole_size=(image_size // 4, image_size // 2),
        patch_size=image_size // 2,
        generator_filters=filters,
        discriminator_filters=filters,
        features=256,
    )
    return compiled(model, **options)


def spgan(image_size, filters, **options):
    """Of two residual blocks."""
    widths = dict.fromkeys(("generator", "discriminator", "embedding"), filters)
    widths = {f"{name}_filters": width for name, width in widths.items()}
    return compiled(SPGAN((image_size, image_size), blocks=2, patch=34, **widths), **options)


def lsro(image_size, filters, **options):
    return compiled(LSRO((image_size, image_size), classes=CLASSES, filters=filters), **options)


def pix2pix_hd(image_size, filters, **options):
    """Of two halvings, two blocks and two discriminators of two layers."""
    model = Pix2PixHD(
        PALETTE,
        (image_size, image_size),
        generator_filters=filters,
        halvings=2,
        global_blocks=2,
        local_blocks=1,
        discriminator_filters=filters,
        discriminator_layers=2,
        scales=2,
        encoder_filters=filters,
        encoder_halvings=2,
    )
    return compiled(model, **options)


def vid2vid(image_size, filters, **options):
    """Of two halvings and two blocks."""
    widths = {"generator_filters": filters, "discriminator_filters": filters}
    model = Vid2Vid(
        (image_size, image_size), halvings=2, blocks=2, discriminator_layers=2, **widths
    )
    return compiled(model, **options)


def compiled(model, **options):
    """The model with the optimizers that `trainers.optimizers` gives it by default."""
    model.compile(
        **{
            player: Adam(2e-4, beta_1=0.5, epsilon=1e-8, name=f"{player}_adam")
            for player in model.players
        },
        **options,
    )
    return model


VARIANTS = {
    "pix2pix": pix2pix,
    "dcgan": dcgan,
    "disco_gan": disco_gan,
    "dual_gan": dual_gan,
    "star_gan": star_gan,
    "srgan": srgan,
    "completion": completion,
    "spgan": spgan,
    "lsro": lsro,
    "pix2pix_hd": pix2pix_hd,
    "vid2vid": vid2vid,
}
FIELDS = {
    "pix2pix": ("source", "target"),
    "dcgan": ("images",),
    "disco_gan": ("images_a", "images_b"),
    "dual_gan": ("images_a", "images_b"),
    "star_gan": ("images",),
    "srgan": ("source", "target"),
    "completion": ("images",),
    "spgan": ("images_a", "images_b"),
    "lsro": ("images", "labels", "generated"),
    "pix2pix_hd": ("source", "target", "instances"),
    "vid2vid": ("source", "target", "motion"),
}
CLASSES = 20
FRAMES = 6  # of a clip
PALETTE = np.stack(np.meshgrid([0, 255], [0, 255], [0, 255]), -1).reshape(-1, 3)


def random_batch(variant, image_size, batch_size):
    """A batch as the pipeline delivers it: pictures float32 in [-1, 1], and what else there is."""
    random = np.random.default_rng(0)
    batch = {}
    for name in FIELDS[variant]:
        side = image_size // 4 if (variant, name) == ("srgan", "source") else image_size
        shape = (batch_size, *[FRAMES] * (variant == "vid2vid"), side, side, 3)
        batch[name] = random.uniform(-1, 1, shape).astype(np.float32)
    if variant == "star_gan":
        batch["attributes"] = random.integers(0, 2, (batch_size, 5)).astype(np.float32)
    if variant == "vid2vid":
        batch["motion"][..., 2] = 1.0  # flows of less than a pixel, all of them trusted
    if variant == "lsro":
        batch["labels"] = random.integers(0, CLASSES, batch_size).astype(np.int32)
    if variant == "pix2pix_hd":
        # Squares of eight pixels, each of one label and a thing of its own.
        squares = np.arange((image_size // 8) ** 2).reshape(image_size // 8, -1)
        things = np.repeat(np.repeat(squares, 8, 0), 8, 1)[None, :, :, None]
        batch["instances"] = np.repeat(things, batch_size, 0).astype(np.int32)
        labels = random.integers(0, len(PALETTE), squares.size)[batch["instances"][..., 0]]
        batch["source"] = PALETTE[labels].astype(np.float32) / 127.5 - 1
    return batch


def build(variant, image_size, filters, **options):
    """A compiled model by the name of its variant."""
    return VARIANTS[variant](image_size, filters, **options)


def train_step(variant, image_size, batch_size, filters, **options):
    """One step of the function that `fit` calls, on a batch in memory."""
    model = build(variant, image_size, filters, **options)
    model.make_train_function()
    batch = random_batch(variant, image_size, batch_size)
    batches = iter(tf.data.Dataset.from_tensors(batch).repeat())

    def step():
        # Any number of the step: reading it waits until the step is done.
        return float(np.mean(next(iter(model.train_function(batches).values()))))

    return step
