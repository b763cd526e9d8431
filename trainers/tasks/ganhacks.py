"""The tricks of github.com/soumith/ganhacks as flags, each by its number there; all are off."""

from absl import flags

from trainers import common

FLAGS = flags.FLAGS
flags.DEFINE_bool(
    "spherical", None, "Trick 3: normal latents, whose directions are uniform on the sphere."
)
flags.DEFINE_bool(
    "soft_labels",
    None,
    "Trick 6: the discriminator's labels are random, 0.7 to 1.2 for real pictures and 0 to 0.3 "
    "for generated ones.",
)
flags.DEFINE_float(
    "flipped_labels", None, "Trick 6: share of the discriminator's labels turned round.", 0.0, 1.0
)
flags.DEFINE_integer(
    "replay",
    None,
    "Trick 8: earlier pictures in a pool, from which half of the generated pictures come that the "
    "discriminator is shown.",
    0,
)
flags.DEFINE_bool(
    "discriminator_sgd",
    None,
    "Trick 9: plain gradient descent for the discriminator. Its --discriminator_learning_rate is "
    "then not Adam's: try 0.02.",
)
flags.DEFINE_float(
    "input_noise",
    None,
    "Trick 13: deviation of the noise on all that the discriminator sees, at the start.",
    0.0,
)
flags.DEFINE_integer(
    "input_noise_steps", None, "Step at which --input_noise has fallen to zero (10,000).", 1
)
flags.DEFINE_float(
    "generator_noise",
    None,
    "Trick 13: deviation of the noise on the generator's hidden layers in training.",
    0.0,
)
flags.DEFINE_float(
    "generator_dropout",
    None,
    "Trick 17: rate of the dropout on the generator's hidden layers, in training and after it.",
    0.0,
    0.99,
)

OPTIONS = (
    *("spherical", "soft_labels", "flipped_labels", "replay", "input_noise", "input_noise_steps"),
    *("generator_noise", "generator_dropout"),
)


def options():
    """The tricks that are set, as the arguments of a variant."""
    return {name: FLAGS[name].value for name in OPTIONS if FLAGS[name].value is not None}


def discriminator_optimizer(total_steps):
    """Its Adam, or plain gradient descent with the same rate, schedule and bound."""
    import keras

    if not FLAGS.discriminator_sgd:
        return common.optimizer("discriminator", total_steps)
    return keras.optimizers.SGD(
        common.learning_rate("discriminator", total_steps),
        **common.bound_and_average("discriminator"),
        name="discriminator_sgd",
    )
