"""Every variant at the size of a test: how it is made, and a batch that it learns from.

The contract (`tests/contract.py`) and the tests of saving go through this table. A variant has an
entry under the name of its file, and one more for each arm whose step takes another way.
"""

import dataclasses
import importlib
from collections.abc import Callable

import numpy as np

CLASSES = 3


@dataclasses.dataclass(frozen=True)
class Tiny:
    """A variant at the size of a test.

    Attributes:
        variant: its class, as `room.file.Class` under `tfgan_zoo.models`.
        arguments: of its `__init__`, all but the seed.
        batch: `numpy.random.Generator` -> the arrays of one batch, by name.
        methods: those that take a step, in the order of the variant's phases.
    """

    variant: str
    arguments: dict
    batch: Callable
    methods: tuple[str, ...] = ("train_step",)

    @property
    def module(self):
        """The module of the variant's file."""
        return importlib.import_module(f"tfgan_zoo.models.{self.variant.rpartition('.')[0]}")

    @property
    def type(self):
        """The variant's class."""
        return getattr(self.module, self.variant.rpartition(".")[2])

    def build(self, seed=0):
        """The variant, not compiled."""
        return self.type(**self.arguments, seed=seed)


def pictures(shape, count=4, labels=False):
    """`Tiny.batch` of `count` pictures, float32 `[count, *shape]` in [-1, 1] under the name
    `images`; of `labels` int32 `[count]` too where those are asked for.
    """

    def batch(random):
        images = random.uniform(-1, 1, (count, *shape)).astype(np.float32)
        classes = random.integers(0, CLASSES, count).astype(np.int32)
        return {"images": images, **({"labels": classes} if labels else {})}

    return batch


def fields(*names, shape, count=1):
    """`Tiny.batch` of several fields of pictures, float32 `[count, *shape]` in [-1, 1] each."""

    def batch(random):
        return {n: random.uniform(-1, 1, (count, *shape)).astype(np.float32) for n in names}

    return batch


def labelled_besides(shape, count=4):
    """`Tiny.batch` of `count` pictures without labels and as many others with them."""

    def batch(random):
        others = pictures(shape, count, labels=True)(random)
        labelled = {"labelled_images": others["images"], "labels": others["labels"]}
        return {**pictures(shape, count)(random), **labelled}

    return batch


def labelled_and_generated(shape, count=4):
    """`Tiny.batch` of `count` pictures with labels, and half as many that were generated."""
    return lambda random: {
        **pictures(shape, count, labels=True)(random),
        "generated": pictures(shape, count // 2)(random)["images"],
    }


def numbered(shape, examples, count=4):
    """`Tiny.batch` of `count` pictures and, as `rows`, their numbers among `examples`, int32
    `[count]`.
    """
    return lambda random: {
        **pictures(shape, count)(random),
        "rows": random.choice(examples, count, replace=False).astype(np.int32),
    }


def enlargements(side, scale, count):
    """`Tiny.batch` of `count` pictures `target`, and `scale` times smaller ones a side `source`."""

    def batch(random):
        sizes = {"source": side // scale, "target": side}
        return {n: random.uniform(-1, 1, (count, s, s, 3)).astype("f4") for n, s in sizes.items()}

    return batch


def with_attributes(shape, sizes, count=8):
    """`Tiny.batch` of `count` pictures, of as many data sets as there are `sizes` in turn, with one
    attribute each; `sets` says of which data set, where there are several.
    """

    def batch(random):
        images = pictures(shape, count)(random)["images"]
        sets = (np.arange(count) % len(sizes)).astype(np.int32)
        firsts = np.cumsum([0, *sizes[:-1]])[sets]
        columns = firsts + random.integers(0, np.array(sizes)[sets])
        own = {"images": images, "attributes": np.eye(sum(sizes), dtype="f4")[columns]}
        return own if len(sizes) == 1 else own | {"sets": sets}

    return batch


def tokens(vocabulary, length, count=8):
    """`Tiny.batch` of `count` sequences, int32 `[count, length]` under the name `tokens`."""
    return lambda random: {
        "tokens": random.integers(0, vocabulary, (count, length)).astype(np.int32)
    }


def label_maps(shape, palette):
    """`Tiny.batch` of one label map `source` in the colours of a palette, a picture `target`, and
    its `instances`, int32.
    """

    def batch(random):
        size = (1, *shape[:2])
        colours = np.float32(palette)[random.integers(0, len(palette), size)]
        return {
            "source": colours / np.float32(127.5) - 1,
            "target": random.uniform(-1, 1, (1, *shape)).astype(np.float32),
            "instances": random.integers(0, 9, (*size, 1)).astype(np.int32),
        }

    return batch


def clips(side, frames):
    """`Tiny.batch` of one clip: labels, pictures, and a motion that is seen everywhere."""

    def batch(random):
        shape = (1, frames, side, side, 3)
        drawn = {n: random.uniform(-1, 1, shape).astype("f4") for n in ("source", "target")}
        motion = random.uniform(-2, 2, shape).astype("f4")
        motion[..., 2] = 1.0
        return {**drawn, "motion": motion}

    return batch


SMALL, MIDDLE = (12, 12, 1), (16, 16, 1)

VARIANTS = {
    "gan": Tiny(
        "unconditional.gan.GAN",
        {"shape": SMALL, "latent_dim": 8, "width": 0.01, "discriminator_steps": 2},
        pictures(SMALL),
    ),
    "dcgan": Tiny(
        "unconditional.dcgan.DCGAN",
        {
            "image_size": MIDDLE[:2],
            "channels": 1,
            "latent_dim": 8,
            "generator_filters": 2,
            "discriminator_filters": 2,
        },
        pictures(MIDDLE),
    ),
    "dcgan_conditional": Tiny(
        "unconditional.dcgan.DCGAN",
        {
            "image_size": MIDDLE[:2],
            "channels": 1,
            "latent_dim": 8,
            "generator_filters": 2,
            "discriminator_filters": 2,
            "classes": CLASSES,
            "soft_labels": True,
            "flipped_labels": 0.05,
            "input_noise": 0.1,
            "input_noise_steps": 2,
            "replay": 6,
            "spherical": True,
            "generator_noise": 0.1,
            "generator_dropout": 0.5,
        },
        pictures(MIDDLE, labels=True),
    ),
    "lsgan": Tiny(
        "unconditional.lsgan.LSGAN",
        {"shape": MIDDLE, "labels": (-1.0, 1.0, 0.0), "latent_dim": 8, "width": 2},
        pictures(MIDDLE),
    ),
    # A critic without learning rate would be clipped all the same, hence the bound.
    "wgan": Tiny(
        "unconditional.wgan.WGAN",
        {
            "shape": MIDDLE,
            "latent_dim": 8,
            "filters": 2,
            "clip": 10.0,
            "critic_steps": 2,
            "long_critic_steps": 3,
        },
        pictures(MIDDLE),
    ),
    "wgan_gp": Tiny(
        "unconditional.wgan_gp.WGANGP",
        {"shape": MIDDLE, "latent_dim": 8, "filters": 2, "critic_steps": 2},
        pictures(MIDDLE),
    ),
    "wgan_gp_conditional": Tiny(
        "unconditional.wgan_gp.WGANGP",
        {"shape": MIDDLE, "latent_dim": 8, "filters": 2, "critic_steps": 2, "classes": CLASSES},
        pictures(MIDDLE, labels=True),
    ),
    "sngan": Tiny(
        "unconditional.sngan.SNGAN",
        {
            "shape": MIDDLE,
            "latent_dim": 8,
            "generator_filters": 2,
            "discriminator_filters": 2,
            "discriminator_steps": 2,
        },
        pictures(MIDDLE),
    ),
    "dragan": Tiny(
        "unconditional.dragan.DRAGAN",
        {"shape": SMALL, "latent_dim": 8, "width": 8},
        pictures(SMALL),
    ),
    "ebgan": Tiny(
        "unconditional.ebgan.EBGAN",
        {
            "shape": SMALL,
            "latent_dim": 8,
            "generator_width": 8,
            "generator_depth": 2,
            "encoder_width": 8,
        },
        pictures(SMALL),
    ),
    "fgan": Tiny(
        "unconditional.fgan.FGAN",
        {"shape": SMALL, "divergence": "jeffrey", "latent_dim": 8, "width": 0.02},
        pictures(SMALL),
    ),
    "unrolled_gan": Tiny(
        "unconditional.unrolled_gan.UnrolledGAN",
        {"shape": SMALL, "unrolling_steps": 2, "latent_dim": 8},
        pictures(SMALL),
    ),
    "mad_gan": Tiny(
        "unconditional.mad_gan.MADGAN",
        {"shape": SMALL, "generators": 3, "noise_dim": 8, "filters": 2},
        pictures(SMALL),
    ),
    "mrgan": Tiny(
        "unconditional.mrgan.MRGAN",
        {"shape": SMALL, "latent_dim": 8, "generator_width": 8, "discriminator_width": 8},
        pictures(SMALL),
    ),
    "mrgan_manifold_diffusion": Tiny(
        "unconditional.mrgan.MDGAN",
        {"shape": SMALL, "latent_dim": 8, "generator_width": 8, "discriminator_width": 8},
        pictures(SMALL),
    ),
    "improved_gan": Tiny(
        "unconditional.improved_gan.ImprovedGAN",
        {
            "shape": SMALL,
            "classes": CLASSES,
            "latent_dim": 8,
            "width": 0.02,
            "minibatch_kernels": 3,
            "historical_weight": 1e-3,
            "reference": 4,
        },
        labelled_besides(SMALL),
    ),
    "cgan": Tiny(
        "conditional.cgan.CGAN",
        {
            "image_size": SMALL[:2],
            "classes": CLASSES,
            "latent_dim": 8,
            "width": 0.05,
            # Nothing a test can see learns in two steps where half of the units are dropped.
            "generator_dropout": 0.1,
        },
        pictures(SMALL, labels=True),
    ),
    "infogan": Tiny(
        "conditional.infogan.InfoGAN",
        {"image_size": SMALL[:2], "noise_dim": 6, "categories": CLASSES, "width": 0.05},
        pictures(SMALL),
    ),
    "ac_gan": Tiny(
        "conditional.ac_gan.ACGAN",
        {
            "image_size": MIDDLE[:2],
            "channels": 1,
            "classes": CLASSES,
            "latent_dim": 8,
            "generator_width": 0.02,
            "discriminator_width": 0.2,
            "dropout": 0.1,
        },
        pictures(MIDDLE, labels=True),
    ),
    "pix2pix": Tiny(
        "translation.pix2pix.Pix2Pix",
        {
            "image_size": (16, 16),
            "generator_filters": 2,
            "discriminator_filters": 2,
            "patch": 16,
        },
        fields("source", "target", shape=(16, 16, 3)),
    ),
    "cyclegan": Tiny(
        "translation.cyclegan.CycleGAN",
        {
            "image_size": (16, 16),
            "generator_filters": 2,
            "discriminator_filters": 2,
            "blocks": 1,
            "patch": 16,
            "pool_size": 2,
        },
        fields("images_a", "images_b", shape=(16, 16, 3)),
    ),
    "vae": Tiny(
        "likelihood.vae.VAE",
        {"shape": (4, 4, 1), "latent_dim": 2, "width": 5},
        pictures((4, 4, 1)),
    ),
    "vae_gaussian": Tiny(
        "likelihood.vae.VAE",
        {
            "shape": (4, 4, 1),
            "likelihood": "gaussian",
            "latent_dim": 2,
            "width": 5,
            "depth": 2,
            "examples": None,
        },
        pictures((4, 4, 1)),
    ),
    "real_nvp": Tiny(
        "likelihood.real_nvp.RealNVP",
        {"shape": (4, 4, 1), "scales": 2, "filters": 2, "blocks": 0, "last_couplings": 2},
        pictures((4, 4, 1)),
    ),
    "glow": Tiny(
        "likelihood.glow.Glow",
        {"shape": (4, 4, 1), "levels": 2, "depth": 1, "width": 3},
        pictures((4, 4, 1)),
    ),
    "glo": Tiny(
        "latent.glo.GLO",
        {"shape": MIDDLE, "examples": 6, "latent_dim": 8, "filters": 2, "levels": 2},
        numbered(MIDDLE, 6),
    ),
    "gon": Tiny(
        "latent.gon.GON",
        {"shape": (8, 8, 1), "latent_dim": 3, "filters": 2, "batch_size": 4},
        pictures((8, 8, 1)),
    ),
    "gon_variational": Tiny(
        "latent.gon.GON",
        {
            "shape": (8, 8, 1),
            "latent_dim": 3,
            "filters": 2,
            "variational": True,
            "batch_size": 4,
        },
        pictures((8, 8, 1)),
    ),
    "seqgan": Tiny(
        "sequence.seqgan.SeqGAN",
        {
            "vocabulary": 9,
            "length": 4,
            "units": 4,
            "embedding": 3,
            "widths": (1, 2),
            "filters": (4, 4),
            "discriminator_embedding": 3,
            "samples": 4,
            "rollouts": 2,
            "rounds": 1,
            "epochs": 1,
            "minibatch": 8,
        },
        tokens(9, 4),
        ("pretrain_step", "discriminator_step", "train_step"),
    ),
    "pixel_cnn": Tiny(
        "likelihood.pixel_cnn.PixelCNN",
        {
            "shape": (5, 4, 1),
            "classes": CLASSES,
            "output": "bernoulli",
            "layers": 1,
            "filters": 4,
            "first_size": 3,
            "head": 4,
        },
        pictures((5, 4, 1), labels=True),
    ),
    "pixel_cnn_plain": Tiny(
        "likelihood.pixel_cnn.PixelCNN",
        {
            "shape": (5, 4, 3),
            "output": "logistic",
            "stacks": "plain",
            "layers": 1,
            "filters": 4,
            "first_size": 3,
            "head": 4,
            "levels": 8,
            "mixtures": 2,
        },
        pictures((5, 4, 3)),
    ),
    "pixel_rnn": Tiny(
        "likelihood.pixel_rnn.PixelRNN",
        {"shape": (4, 4, 1), "layers": 1, "filters": 3, "first_size": 3, "head": 4},
        pictures((4, 4, 1)),
    ),
    "pixel_rnn_row": Tiny(
        "likelihood.pixel_rnn.PixelRNN",
        {
            "shape": (4, 4, 3),
            "output": "softmax",
            "lstm": "row",
            "layers": 1,
            "filters": 3,
            "first_size": 3,
            "head": 3,
            "levels": 4,
        },
        pictures((4, 4, 3)),
    ),
    **{
        name: Tiny(
            "inference.bigan.BiGAN",
            {"shape": (4, 4, 1), "objective": objective, "latent_dim": 3, "width": 6},
            pictures((4, 4, 1)),
        )
        for name, objective in (
            ("bigan", "bigan"),
            ("bigan_regressor", "latent_regressor"),
            ("bigan_joint_regressor", "joint_latent_regressor"),
        )
    },
    **{
        name: Tiny(
            "inference.vae_gan.VAEGAN",
            {
                "shape": (8, 8, 1),
                "objective": objective,
                "latent_dim": 3,
                "width": 0.02,
                "reconstruction_weight": 0.01,
            },
            pictures((8, 8, 1)),
        )
        for name, objective in (("vae_gan", "vae_gan"), ("vae_gan_vae", "vae"))
    },
    "completion": Tiny(
        "restoration.completion.Completion",
        {
            "image_size": (16, 16),
            "hole_size": (4, 8),
            "patch_size": 8,
            "generator_filters": 2,
            "discriminator_filters": 2,
            "features": 4,
            "dilations": (2,),
        },
        pictures((16, 16, 3)),
        methods=("completion_step", "discriminator_step", "train_step"),
    ),
    "srgan": Tiny(
        "restoration.srgan.SRGAN",
        {
            "image_size": (16, 16),
            "blocks": 1,
            "filters": 2,
            "discriminator_filters": 2,
            "units": 3,
        },
        enlargements(16, 4, count=2),
        methods=("pretrain_step", "train_step"),
    ),
    "disco_gan": Tiny(
        "translation.disco_gan.DiscoGAN",
        {
            "image_size": (16, 16),
            "generator_filters": 2,
            "discriminator_filters": 2,
            "curriculum": 4,
        },
        fields("images_a", "images_b", shape=(16, 16, 3), count=6),
    ),
    # A critic without learning rate would be clipped all the same, hence the bound.
    **{
        name: Tiny(
            "translation.dual_gan.DualGAN",
            {
                "image_size": (16, 16),
                "generator_filters": 2,
                "discriminator_filters": 2,
                "patch": 16,
                **more,
            },
            fields("images_a", "images_b", shape=(16, 16, 3), count=2),
        )
        for name, more in (
            ("dual_gan", {}),
            (
                "dual_gan_wasserstein",
                {
                    "objective": "wasserstein",
                    "discriminator_steps": 2,
                    "generator_steps": 1,
                    "clip": 10.0,
                },
            ),
        )
    },
    **{
        name: Tiny(
            "translation.star_gan.StarGAN",
            {
                "image_size": (16, 16),
                "attributes": attributes,
                "exclusive": exclusive,
                "generator_filters": 2,
                "critic_filters": 2,
                "blocks": 1,
                "critic_layers": 3,
                "critic_steps": 2,
            },
            with_attributes((16, 16, 3), attributes),
        )
        for name, attributes, exclusive in (
            ("star_gan", (3,), (False,)),
            ("star_gan_several", (2, 3), (False, True)),
        )
    },
    "spgan": Tiny(
        "translation.spgan.SPGAN",
        {
            "image_size": (16, 16),
            "generator_filters": 2,
            "discriminator_filters": 2,
            "embedding_filters": 4,
            "blocks": 1,
            "patch": 16,
            "pool_size": 2,
        },
        fields("images_a", "images_b", shape=(16, 16, 3), count=2),
    ),
    **{
        name: Tiny(
            "recognition.lsro.LSRO",
            {"image_size": (32, 8), "classes": CLASSES, "arm": arm, "filters": 2},
            labelled_and_generated((32, 8, 3)),
        )
        for name, arm in (
            ("lsro", "lsro"),
            ("lsro_extra_class", "extra_class"),
            ("lsro_pseudo_label", "pseudo_label"),
        )
    },
    "pix2pix_hd": Tiny(
        "translation.pix2pix_hd.Pix2PixHD",
        {
            "palette": [[0, 0, 0], [255, 0, 0], [0, 255, 0]],
            "image_size": (16, 24),
            "generator_filters": 2,
            "halvings": 1,
            "global_blocks": 1,
            "local_blocks": 1,
            "discriminator_filters": 2,
            "discriminator_layers": 1,
            "scales": 2,
            "encoder_filters": 2,
            "encoder_halvings": 1,
            "clusters": 2,
        },
        label_maps((16, 24, 3), [[0, 0, 0], [255, 0, 0], [0, 255, 0]]),
        methods=("global_step", "enhancer_step", "train_step"),
    ),
    "vid2vid": Tiny(
        "translation.vid2vid.Vid2Vid",
        {
            "image_size": (8, 8),
            "generator_filters": 2,
            "halvings": 1,
            "blocks": 2,
            "flow_scale": 2.0,
            "discriminator_filters": 2,
            "discriminator_layers": 1,
        },
        clips(8, 7),
    ),
    "face_deocclusion": Tiny(
        "restoration.face_deocclusion.FaceDeocclusion",
        {
            "image_size": (16, 16),
            "patch_size": 8,
            "units": 6,
            "steps": 2,
            "discriminator_filters": 2,
        },
        pictures((16, 16, 1)),
        methods=("reconstruction_step", "removal_step", "train_step"),
    ),
}
