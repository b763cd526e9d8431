"""Remedies for mode collapse under one protocol: what all arms of a world share, what each remedy
makes of it, and the settings among which one is chosen for it.

An arm is one row of the table. All arms of a world have the same generator, discriminating nets of
the same number of parameters (`mode_nets`), the same optimizer, and see the same number of real
examples. Each is tried at `World.tried` settings, the same number for all:

- an arm with a strength of its own (`STRENGTHS`): two values of it at each of the two middle rates;
- an arm without: the four rates of the world.

All other arguments are those of the paper or of its authors, as the variant has them by default,
but for what the functions below name.
"""

import dataclasses
import json
import math

# Changes whenever a rule changes that the fields of `World` do not tell.
PROTOCOL = 2
# Settings are chosen on this seed, and no seed of the table may be it.
TUNING_SEED = 100


@dataclasses.dataclass(frozen=True)
class World:
    """What all arms share.

    Attributes:
        data: what `--data` would say.
        nets: "points" or "pictures".
        latent_dim: length of the latent.
        steps: batches of real examples that the discriminating nets see: the budget.
        batch_size: of real examples in one of them.
        rates: four of Adam, for all players of an arm alike, from low to high.
        betas: Adam's, for all players of all arms.
        width, depth: of the plain nets (units and hidden layers of points; of pictures 64 is a
            discriminator with the generator's maps).
        unit: what a point is divided by before any net sees it, and multiplied by after.
        origin: that is taken from a point before.
        drawn: samples that are scored.
        validations: over the run, each with a checkpoint.
        tried: settings that are tried of each arm.
        eager: whether steps run without a graph, whose tracing takes longer than a few steps.
    """

    data: str
    nets: str
    latent_dim: int
    steps: int
    batch_size: int
    rates: tuple
    betas: tuple = (0.5, 0.999)
    width: int = 128
    depth: int = 3
    unit: float = 1.0
    origin: float = 0.0
    drawn: int = 2500
    validations: int = 10
    tried: int = 4
    eager: bool = False


_POINTS = (3e-5, 1e-4, 3e-4, 1e-3)
# Every net sees numbers of about [-1, 1]: slopes, margins and noise mean the same in all worlds.
WORLDS = {
    "ring": World("ring:radius=2,std=0.02", "points", 256, 15_000, 256, _POINTS, unit=2.0),
    "grid": World("grid", "points", 2, 15_000, 256, _POINTS),
    "mixture": World("mixture", "points", 64, 15_000, 256, _POINTS, unit=50.0, origin=60.0),
    "rare": World("rare", "points", 2, 15_000, 256, _POINTS),
    # A fiftieth and less of the steps of those who published figures, and so at higher rates.
    "stacked_mnist": World(
        *("stacked:tfds:mnist", "pictures", 256, 2_000, 64, (1e-4, 3e-4, 1e-3, 3e-3)), drawn=25_600
    ),
}
SMOKE = {
    "points": {"steps": 5, "batch_size": 32, "drawn": 200},
    "pictures": {"data": "stacked:digits", "steps": 5, "batch_size": 8, "drawn": 64},
}

# Arm -> (its strength, two values for points, two for pictures). The first is the authors', but for
# an energy, whose size is the world's.
STRENGTHS = {
    "wgan_gp": ("discriminator_steps", (5, 1), (5, 1)),
    "sngan": ("discriminator_steps", (5, 1), (5, 1)),
    "dragan": ("penalty", (10.0, 1.0), (10.0, 1.0)),
    "fgan": ("generator_loss", ("variational", "practical"), ("variational", "practical")),
    "ebgan": ("pulling_away", (0.1, 1.0), (1.0, 10.0)),
    "mrgan": ("distance_weight", (0.2, 2.0), (0.2, 2.0)),
    "mdgan": ("adversarial_weight", (0.01, 0.1), (0.01, 0.1)),
    "improved_gan": ("minibatch_kernels", (4, 2), (10, 3)),
}


def worlds(budget):
    """Name -> `World` under a budget, "default" or "smoke"."""
    if budget == "default":
        return WORLDS
    short = {"width": 16, "validations": 1, "tried": 1, "eager": True}
    return {name: dataclasses.replace(w, **SMOKE[w.nets], **short) for name, w in WORLDS.items()}


def settings_of(name, world):
    """The settings that are tried of the arm `name`, a list of `world.tried` dicts: `rate`, and its
    strength where it has one.
    """
    if name not in STRENGTHS:
        return [{"rate": rate} for rate in world.rates][: world.tried]
    strength, points, pictures = STRENGTHS[name]
    values = points if world.nets == "points" else pictures
    found = [{"rate": rate, strength: value} for rate in world.rates[1:3] for value in values]
    return found[: world.tried]


def terms_of(name, world):
    """What a figure of the arm `name` in this world depends on beside seed and code, as JSON holds
    it: figures under other terms do not belong in one table.
    """
    rules = {"protocol": PROTOCOL, "tuning_seed": TUNING_SEED, "tries": settings_of(name, world)}
    return json.loads(json.dumps(dataclasses.asdict(world) | rules))


def shares_of_a_step(setting):
    """Batches of real examples in a training step: one for each step of the discriminator."""
    return setting.get("discriminator_steps", 1)


def training_steps(world, setting):
    """Length of a run: steps with several batches are so many fewer."""
    return world.steps // shares_of_a_step(setting)


def steps_at_once(world, setting):
    """Steps in one call of the graph: what Python costs is then nothing beside a small net."""
    whole = training_steps(world, setting) % 500 == 0
    return 50 if whole and world.nets == "points" else 1


def build(name, world, shape, seed, setting):
    """The compiled model of an arm.

    Args:
        name: of the arm.
        world: `World`.
        shape: of an example, as the nets see it.
        seed: of its noise; the weights have Keras' own.
        setting: one of `settings_of`.
    """
    from tfgan_zoo.optimizers.adam import Adam
    from trainers.experiments.mode_nets import Pictures, Points

    nets = Points(world, *shape) if len(shape) == 1 else Pictures(world, shape)
    strength = {key: value for key, value in setting.items() if key != "rate"}
    model = REMEDIES[name](world, nets, shape, seed, **strength)
    first, second = world.betas
    model.compile(
        **{
            player: Adam(
                setting["rate"],
                beta_1=first,
                beta_2=second,
                epsilon=1e-8,
                global_clipnorm=CLIPPED.get(name),
            )
            for player in model.players
        },
        steps_per_execution=steps_at_once(world, setting),
        run_eagerly=world.eager,
    )
    return model


# The divergence of `fgan` has an exponential, whose gradients need a bound.
CLIPPED = {"fgan": 10.0}

# Player -> its part, as the table counts parameters and updates.
PARTS = {
    "generator": "generator",
    "encoder": "other",
    "discriminator": "discriminating",
    "critic": "discriminating",
    "diffusion_discriminator": "discriminating",
}


def parameters(model):
    """Trained parameters by the parts of `PARTS`."""
    counts = dict.fromkeys(("generator", "discriminating", "other"), 0)
    for player in model.players:
        sizes = (math.prod(v.shape) for v in model.trained_variables(player))
        counts[PARTS[player]] += sum(sizes)
    return counts


def updates(model):
    """Updates that each player has got, by its name."""
    return {player: int(model.optimizers[player].iterations.numpy()) for player in model.players}


def usual_players(world, nets, spectral=False):
    """What a variant with the two usual players takes of the world."""
    return {
        "latent_dim": world.latent_dim,
        "generator": nets.generator(),
        "discriminator": nets.discriminator(world.width, spectral=spectral),
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
    return UnrolledGAN(shape, **usual_players(world, nets), **own)


def wgan_gp(world, nets, shape, seed, discriminator_steps):
    """A critic with slopes of one; lambda is 1 on points."""
    from tfgan_zoo.models.unconditional.wgan_gp import WGANGP

    return WGANGP(
        shape,
        latent_dim=world.latent_dim,
        critic_steps=discriminator_steps,
        penalty=1.0 if len(shape) == 1 else 10.0,
        dequantised=len(shape) == 3,
        generator_batch=1,
        generator=nets.generator(),
        critic=nets.discriminator(world.width, name="critic"),
        seed=seed,
    )


def sngan(world, nets, shape, seed, discriminator_steps):
    """Spectral normalisation and the hinge."""
    from tfgan_zoo.models.unconditional.sngan import SNGAN

    own = {"generator_batch": 1, "dequantised": len(shape) == 3, "seed": seed}
    players = usual_players(world, nets, spectral=True)
    return SNGAN(shape, discriminator_steps=discriminator_steps, **players, **own)


def dragan(world, nets, shape, seed, penalty):
    """Slopes of one around the data, by the code's noise."""
    from tfgan_zoo.models.unconditional.dragan import DRAGAN

    return DRAGAN(shape, penalty=penalty, **usual_players(world, nets), seed=seed)


def fgan(world, nets, shape, seed, generator_loss):
    """The Kullback-Leibler divergence, which costs most where a mode is missing."""
    from tfgan_zoo.models.unconditional.fgan import FGAN

    own = {"divergence": "kl", "generator_loss": generator_loss, "prior": usual_prior(shape)}
    return FGAN(shape, **usual_players(world, nets), **own, seed=seed)


def ebgan(world, nets, shape, seed, pulling_away):
    """An autoencoder's energy and the pulling-away term; the margin is 1 on points."""
    from tfgan_zoo.models.unconditional.ebgan import EBGAN
    from trainers.experiments.mode_nets import nearest

    width = nearest(nets.autoencoder_size, nets.size(world.width))
    return EBGAN(
        shape,
        margin=1.0 if len(shape) == 1 else 10.0,
        pulling_away=pulling_away,
        generator=nets.generator(),
        encoder=nets.coder(width),
        decoder=nets.decoder(width),
        seed=seed,
    )


def mad_gan_1(world, nets, shape, seed):
    """One generator: the arm beside `mad_gan_4`."""
    return _mad(world, nets, shape, seed, 1)


def mad_gan_4(world, nets, shape, seed):
    """Four generators that share all layers but the last."""
    return _mad(world, nets, shape, seed, 4)


def _mad(world, nets, shape, seed, generators):
    from tfgan_zoo.models.unconditional.mad_gan import MADGAN
    from trainers.experiments.mode_nets import nearest

    outputs = generators + 1
    width = nearest(lambda width: nets.size(width, outputs), nets.size(world.width))
    return MADGAN(
        shape,
        generators=generators,
        noise_dim=world.latent_dim,
        trunk=nets.trunk(),
        discriminator=nets.discriminator(width, outputs),
        heads=[nets.head() for _ in range(generators)],
        seed=seed,
    )


def mrgan(world, nets, shape, seed, distance_weight):
    """Reg-GAN: an encoder, and reconstructions that pass for real."""
    from tfgan_zoo.models.unconditional.mrgan import MRGAN

    return MRGAN(
        shape,
        distance_weight=distance_weight,
        generator=nets.generator(),
        encoder=nets.encoder(),
        discriminator=nets.discriminator(world.width),
        seed=seed,
    )


def mdgan(world, nets, shape, seed, adversarial_weight):
    """MDGAN: a manifold step and a diffusion step, whose discriminators share the parameters."""
    from tfgan_zoo.models.unconditional.mrgan import MDGAN
    from trainers.experiments.mode_nets import nearest

    width = nearest(lambda width: 2 * nets.size(width), nets.size(world.width))
    return MDGAN(
        shape,
        adversarial_weight=adversarial_weight,
        generator=nets.generator(),
        encoder=nets.encoder(),
        discriminator=nets.discriminator(width),
        diffusion_discriminator=nets.discriminator(width, name="diffusion_discriminator"),
        seed=seed,
    )


def improved_gan(world, nets, shape, seed, minibatch_kernels):
    """Minibatch discrimination and one-sided smoothing, whose scales its first step sets; few
    kernels, as the work grows with the square of the batch and all their parameters count.
    """
    from tfgan_zoo.models.unconditional.improved_gan import ImprovedGAN
    from trainers.experiments.mode_nets import minibatch_size, nearest

    def size(width):
        own, features = nets.features_size(width)
        return own + minibatch_size(features, minibatch_kernels)

    return ImprovedGAN(
        shape,
        latent_dim=world.latent_dim,
        prior=usual_prior(shape),
        generator_loss="nonsaturating",  # the plain GAN's: what is added is all that differs
        minibatch_kernels=minibatch_kernels,
        generator=nets.generator(),
        features=nets.features(nearest(size, nets.size(world.width))),
        seed=seed,
    )


REMEDIES = {
    function.__name__: function
    for function in (
        *(gan, wgan_gp, sngan, dragan, fgan, ebgan, unrolled_gan_0, unrolled_gan_10),
        *(mad_gan_1, mad_gan_4, mrgan, mdgan, improved_gan),
    )
}
