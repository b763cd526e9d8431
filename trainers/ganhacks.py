"""The tricks of github.com/soumith/ganhacks as flags, each by its number there; all are off."""

from trainers import flags, optimizers

TRICKS = (
    flags.knob(
        "spherical",
        None,
        "Trick 3: normal latents, whose directions are uniform on the sphere.",
        kind="bool",
    ),
    flags.knob(
        "soft_labels",
        None,
        "Trick 6: the discriminator's labels are random, 0.7 to 1.2 for real pictures and 0 to 0.3 "
        "for generated ones.",
        kind="bool",
    ),
    flags.knob(
        "flipped_labels",
        None,
        "Trick 6: share of the discriminator's labels turned round; at a half they say nothing.",
        kind="float",
        low=0.0,
        below=0.5,
    ),
    flags.knob(
        "replay",
        None,
        "Trick 8: earlier pictures in a pool, from which half of the generated pictures come that "
        "the discriminator is shown.",
        kind="int",
        low=0,
    ),
    flags.knob(
        "input_noise",
        None,
        "Trick 13: deviation of the noise on all that the discriminator sees, at the start, where "
        "pictures are in [-1, 1].",
        kind="float",
        low=0.0,
    ),
    flags.knob(
        "input_noise_steps",
        None,
        "Step at which --input_noise has fallen to zero (10,000).",
        kind="int",
        low=1,
    ),
    flags.knob(
        "generator_noise",
        None,
        "Trick 13: deviation of the noise on the generator's hidden layers in training.",
        kind="float",
        low=0.0,
    ),
    flags.knob(
        "generator_dropout",
        None,
        "Trick 17: rate of the dropout on the generator's hidden layers, in training and after it.",
        kind="float",
        low=0.0,
        high=0.99,
    ),
)
KNOBS = (
    *TRICKS,
    flags.knob(
        "discriminator_sgd",
        None,
        "Trick 9: plain gradient descent for the discriminator. Its --discriminator_learning_rate "
        "is then not Adam's: try 0.02.",
        kind="bool",
    ),
)


def options(values):
    """The tricks that are set, as the arguments of a variant."""
    given = values.only(*(trick.name for trick in TRICKS if trick.name != "input_noise_steps"))
    if given["input_noise"]:
        given["input_noise_steps"] = values.input_noise_steps
    return {name: value for name, value in given.items() if value is not None}


def discriminator_optimizer(values, model, total_steps):
    """Its Adam, or plain gradient descent with the same rate, schedule and bound."""
    import keras

    if not values.discriminator_sgd:
        return optimizers.adam(values, model, "discriminator", total_steps)
    return keras.optimizers.SGD(
        optimizers.learning_rate(values, model, "discriminator", total_steps),
        **optimizers.bound_and_average(values, "discriminator"),
        name="discriminator_sgd",
    )
