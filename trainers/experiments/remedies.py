"""Remedies for mode collapse under one protocol: for each world the nets and the settings that all
of them share, and what each makes of them.
"""

import dataclasses
import functools


@dataclasses.dataclass(frozen=True)
class World:
    """What all remedies share.

    Attributes:
        data: what `--data` would say.
        nets: "points" or "stacked".
        latent_dim: length of the latent.
        steps: of the discriminator, each on fresh examples: the budget.
        batch_size: of real examples in such a step.
        generator_rate, discriminator_rate: Adam's.
        betas: Adam's, for remedies whose paper does not ask for others.
        width, generator_depth, discriminator_depth: of the hidden layers of a point's nets.
        input_scale: what a point's discriminator, or encoder, divides its input by.
        unit: what a point is divided by before any net sees it, and multiplied by after.
        origin: that is taken from a point before.
        drawn: samples that are scored.
        validations: over the run, each with a checkpoint.
        eager: whether steps run without a graph, whose tracing takes longer than a few steps.
    """

    data: str
    nets: str
    latent_dim: int
    steps: int
    batch_size: int
    generator_rate: float
    discriminator_rate: float
    betas: tuple = (0.5, 0.999)
    width: int = 128
    generator_depth: int = 3
    discriminator_depth: int = 3
    input_scale: float = 1.0
    unit: float = 1.0
    origin: float = 0.0
    drawn: int = 2500
    validations: int = 10
    eager: bool = False


# Each world has the sizes and rates of the paper that it is from: the ring Unrolled GAN's, the grid
# WGAN-GP's at a quarter of its width, the line MAD-GAN's, and stacked MNIST Unrolled GAN's with the
# quarter-size discriminator, at five times its rates since it has 500,000 steps.
WORLDS = {
    "ring": World(
        "ring:radius=2,std=0.02",
        *("points", 256, 25_000, 256, 1e-4, 1e-4),
        generator_depth=2,
        discriminator_depth=1,
        input_scale=4.0,
    ),
    "grid": World("grid", "points", 2, 15_000, 256, 2e-4, 2e-4),
    "mixture": World("mixture", "points", 64, 20_000, 256, 1e-4, 1e-4, unit=50.0, origin=60.0),
    "rare": World("rare", "points", 2, 15_000, 256, 2e-4, 2e-4),
    "stacked_mnist": World(
        *("stacked:tfds:mnist", "stacked", 256, 2_000, 64, 5e-4, 1e-3), (0.5, 0.99), drawn=25_600
    ),
}
SMOKE = {
    "points": {"steps": 5, "batch_size": 32, "width": 16, "drawn": 200},
    "stacked": {
        "data": "stacked:digits",
        "steps": 5,
        "batch_size": 8,
        "drawn": 64,
    },
}
# Steps of the discriminator for one of the generator, where that is not one. They have so many
# generator's steps less: the budget is of real examples.
DISCRIMINATOR_STEPS = {"sngan": 5, "wgan_gp": 5}


def worlds(budget):
    """Name -> `World` under a budget, "default" or "smoke"."""
    if budget == "default":
        return WORLDS
    short = {"validations": 1, "eager": True}
    return {name: dataclasses.replace(w, **SMOKE[w.nets], **short) for name, w in WORLDS.items()}


class Points:
    """Plain nets of one world."""

    def __init__(self, world, dimensions):
        self.world, self.shape = world, (dimensions,)
        self.layers = functools.partial(_mlp, width=world.width)

    def generator(self):
        depth = self.world.generator_depth
        return self.layers(self.world.latent_dim, *self.shape, depth=depth, name="generator")

    def trunk(self):
        depth = self.world.generator_depth
        body = self.layers(self.world.latent_dim, self.world.width, depth=depth - 1)
        return _around(body, name="trunk", activation="relu")

    def head(self):
        return self.layers(self.world.width, *self.shape, depth=0)

    def features(self):
        depth = self.world.discriminator_depth
        body = self.layers(*self.shape, self.world.width, depth=depth - 1)
        scale = 1.0 / self.world.input_scale
        return _around(body, name="features", scale=scale, activation="relu")

    def discriminator(self, outputs=1, spectral=False, name="discriminator"):
        depth = self.world.discriminator_depth
        body = self.layers(*self.shape, outputs, depth=depth, spectral=spectral)
        return _around(body, name=name, scale=1.0 / self.world.input_scale)

    def encoder(self, codes):
        return self.discriminator(codes, name="encoder")

    def decoder(self, codes):
        return self.layers(codes, *self.shape, depth=1, name="decoder")


class Stacked:
    """The convolutional nets of stacked MNIST, with a discriminator of a quarter of the size.

    It has no batch normalisation, which penalties of one example's gradient forbid and which hides
    a collapse: normalised on its own, a batch of equal pictures looks like any other.
    """

    def __init__(self, world, shape):
        self.world, self.shape = world, shape

    def generator(self):
        from tfgan_zoo.networks.stacked_mnist import stacked_generator

        return stacked_generator(self.shape, self.world.latent_dim)

    def trunk(self):
        from tfgan_zoo.networks.stacked_mnist import stacked_trunk

        return stacked_trunk(self.shape[0], self.world.latent_dim)

    def head(self):
        from tfgan_zoo.networks.stacked_mnist import stacked_head

        return stacked_head(self.shape[0], self.shape[-1])

    def features(self):
        from tfgan_zoo.networks.stacked_mnist import stacked_features

        return stacked_features(self.shape, normalised=False)

    def discriminator(self, outputs=1, spectral=False, name="discriminator"):
        from tfgan_zoo.networks.stacked_mnist import stacked_discriminator

        return stacked_discriminator(
            self.shape, outputs=outputs, normalised=False, spectral=spectral, name=name
        )

    def encoder(self, codes):
        return self.discriminator(codes, name="encoder")

    def decoder(self, codes):
        from tfgan_zoo.networks.stacked_mnist import stacked_generator

        return stacked_generator(self.shape, codes)


def _mlp(inputs, outputs, *, width, depth, spectral=False, name="layers"):
    import keras

    from tfgan_zoo.networks.mlp import mlp

    orthogonal = functools.partial(keras.initializers.Orthogonal, gain=0.8)
    settings = {"initializer": orthogonal, "spectral": spectral, "name": name}
    return mlp(inputs, outputs, width, depth, **settings)


def _around(net, *, name, scale=1.0, activation="linear"):
    import keras

    inputs = keras.Input(net.input_shape[1:])
    outputs = keras.layers.Activation(activation)(net(keras.layers.Rescaling(scale)(inputs)))
    return keras.Model(inputs, outputs, name=name)


CODES = 32  # numbers that EBGAN's autoencoder passes an example through


def build(name, world, shape, seed):
    """The compiled model of the remedy `name` on examples of `shape` (as the nets see them)."""
    from tfgan_zoo.optimizers.adam import Adam

    nets = Points(world, *shape) if len(shape) == 1 else Stacked(world, shape)
    model, betas = REMEDIES[name](world, nets, shape, seed)
    rates = {"generator": world.generator_rate, "encoder": world.generator_rate}
    model.compile(
        **{
            player: Adam(
                rates.get(player, world.discriminator_rate),
                beta_1=(betas or world.betas)[0],
                beta_2=(betas or world.betas)[1],
                epsilon=1e-8,
                global_clipnorm=CLIPPED.get(name),
            )
            for player in model.players
        },
        steps_per_execution=steps_at_once(name, world),
        run_eagerly=world.eager,
    )
    return model


def generator_steps(name, world):
    """Length of a run of the remedy `name`."""
    return world.steps // DISCRIMINATOR_STEPS.get(name, 1)


def steps_at_once(name, world):
    """Steps in one call of the graph: what Python costs is then nothing beside a small net."""
    return 50 if generator_steps(name, world) % 500 == 0 and world.nets == "points" else 1


# The divergence of `fgan` has an exponential, whose gradients need a bound.
CLIPPED = {"fgan": 10.0}


def usual_players(world, nets, spectral=False):
    """What a variant with the two usual players takes of the world."""
    return {
        "latent_dim": world.latent_dim,
        "generator": nets.generator(),
        "discriminator": nets.discriminator(spectral=spectral),
    }


def usual_prior(shape):
    """Of the two variants that ask for one: normal for points, uniform for pictures."""
    return "normal" if len(shape) == 1 else "uniform"


def gan(world, nets, shape, seed):
    """The plain GAN as it is mostly used: the generator raises log D. It is Unrolled GAN without a
    step ahead.
    """
    return _unrolled(world, nets, shape, seed, 0, "nonsaturating")


def unrolled_gan_0(world, nets, shape, seed):
    """The plain GAN in its minimax form: the arm beside `unrolled_gan_10`."""
    return _unrolled(world, nets, shape, seed, 0, "minimax")


def unrolled_gan_10(world, nets, shape, seed):
    """Ten steps ahead, differentiated through."""
    return _unrolled(world, nets, shape, seed, 10, "minimax")


def _unrolled(world, nets, shape, seed, steps, game):
    from tfgan_zoo.models.unconditional.unrolled_gan import UnrolledGAN

    own = {"unrolling_steps": steps, "generator_loss": game, "seed": seed}
    return UnrolledGAN(shape, **usual_players(world, nets), **own), None


def wgan_gp(world, nets, shape, seed):
    """A critic with slopes of one, five steps to one; lambda is 1 on points."""
    from tfgan_zoo.models.unconditional.wgan_gp import WGANGP

    model = WGANGP(
        shape,
        latent_dim=world.latent_dim,
        penalty=1.0 if len(shape) == 1 else 10.0,
        dequantised=len(shape) == 3,
        generator_batch=1,
        generator=nets.generator(),
        critic=nets.discriminator(name="critic"),
        seed=seed,
    )
    return model, (0.5, 0.9)


def sngan(world, nets, shape, seed):
    """Spectral normalisation and the hinge, five steps to one."""
    from tfgan_zoo.models.unconditional.sngan import SNGAN

    own = {"generator_batch": 1, "dequantised": len(shape) == 3, "seed": seed}
    return SNGAN(shape, **usual_players(world, nets, spectral=True), **own), (0.5, 0.9)


def dragan(world, nets, shape, seed):
    """Slopes of one around the data, by the code's noise."""
    from tfgan_zoo.models.unconditional.dragan import DRAGAN

    return DRAGAN(shape, **usual_players(world, nets), seed=seed), (0.5, 0.9)


def fgan(world, nets, shape, seed):
    """The Kullback-Leibler divergence, which costs most where a mode is missing."""
    from tfgan_zoo.models.unconditional.fgan import FGAN

    own = {"divergence": "kl", "prior": usual_prior(shape), "seed": seed}
    return FGAN(shape, **usual_players(world, nets), **own), None


def ebgan(world, nets, shape, seed):
    """An autoencoder's energy and the pulling-away term; the margin is 1 on points."""
    from tfgan_zoo.models.unconditional.ebgan import EBGAN

    model = EBGAN(
        shape,
        margin=1.0 if len(shape) == 1 else 10.0,
        generator=nets.generator(),
        encoder=nets.encoder(CODES),
        decoder=nets.decoder(CODES),
        seed=seed,
    )
    return model, None


def mad_gan_1(world, nets, shape, seed):
    """One generator: the arm beside `mad_gan_4`."""
    return _mad(world, nets, shape, seed, 1)


def mad_gan_4(world, nets, shape, seed):
    """Four generators that share all layers but the last."""
    return _mad(world, nets, shape, seed, 4)


def _mad(world, nets, shape, seed, generators):
    from tfgan_zoo.models.unconditional.mad_gan import MADGAN

    model = MADGAN(
        shape,
        generators=generators,
        noise_dim=world.latent_dim,
        trunk=nets.trunk(),
        discriminator=nets.discriminator(outputs=generators + 1),
        heads=[nets.head() for _ in range(generators)],
        seed=seed,
    )
    return model, None


def mrgan(world, nets, shape, seed):
    """Reg-GAN: an encoder, and reconstructions that pass for real."""
    from tfgan_zoo.models.unconditional.mrgan import MRGAN

    return MRGAN(shape, **_with_encoder(world, nets), seed=seed), None


def mdgan(world, nets, shape, seed):
    """MDGAN: a manifold step and a diffusion step."""
    from tfgan_zoo.models.unconditional.mrgan import MDGAN

    second = nets.discriminator(name="diffusion_discriminator")
    own = {**_with_encoder(world, nets), "diffusion_discriminator": second}
    return MDGAN(shape, **own, seed=seed), None


def _with_encoder(world, nets):
    return {
        "generator": nets.generator(),
        "encoder": nets.encoder(world.latent_dim),
        "discriminator": nets.discriminator(),
    }


def improved_gan(world, nets, shape, seed):
    """Minibatch discrimination and one-sided smoothing; three kernels on points, as the work grows
    with the square of the batch, for the hundred of pictures.
    """
    from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN

    model = ImprovedGAN(
        shape,
        latent_dim=world.latent_dim,
        prior=usual_prior(shape),
        generator_loss="nonsaturating",  # the plain GAN's: what is added is all that differs
        minibatch_kernels=3 if len(shape) == 1 else 100,
        generator=nets.generator(),
        features=nets.features(),
        seed=seed,
    )
    return model, None


REMEDIES = {
    function.__name__: function
    for function in (
        *(gan, wgan_gp, sngan, dragan, fgan, ebgan, unrolled_gan_0, unrolled_gan_10),
        *(mad_gan_1, mad_gan_4, mrgan, mdgan, improved_gan),
    )
}
