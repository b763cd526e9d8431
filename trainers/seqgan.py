"""Trains SeqGAN (arXiv 1609.05473) on text, or on sequences that an oracle draws.

python -m trainers.seqgan --flagfile=trainers/flagfiles/seqgan.flags --run_dir=RUN

A run has three phases: maximum likelihood, the discriminator, both against each other.
"""

from trainers import flags, optimizers
from trainers.tasks import text
from trainers.trainer import Trainer

PLAYERS = {"generator": 0.01, "discriminator": 1e-4, "pretraining": 0.01}


def build(values, splits, total_steps):
    from tfgan_zoo.models.sequence.seqgan import SeqGAN

    kind = splits.train.fields["tokens"]
    own = values.only("embedding", "discriminator_embedding", "dropout", "l2", "seed")
    own |= values.only("samples", "rollouts", "rounds", "minibatch", "widths", "filters")
    model = SeqGAN(
        vocabulary=len(kind.vocabulary),
        length=kind.length,
        start=kind.vocabulary.start,
        units=values.lstm_units,
        epochs=values.round_epochs,
        **own,
    )
    return optimizers.compiled(values, model, **{p: adam(values, p) for p in PLAYERS})


def adam(values, player):
    """The player's Adam; the discriminator's gradient has no bound."""
    from tfgan_zoo.optimizers.adam import Adam
    from tfgan_zoo.training.schedules import learning_rate

    rate = getattr(values, f"{player}_learning_rate")
    bound = None if player == "discriminator" else values.clip_norm
    if player == "pretraining" and values.pretraining_decay_from < 1 and values.pretrain_steps:
        rate = learning_rate(rate, "linear", values.pretrain_steps, values.pretraining_decay_from)
    return Adam(rate, epsilon=1e-8, global_clipnorm=bound, name=f"{player}_adam")


def phases(values):
    """`Task.phases`, from the flags; a phase of no steps is left out."""
    from tfgan_zoo.training.task import Phase

    planned = [
        Phase("likelihood", values.pretrain_steps, "pretrain_step"),
        Phase("discriminator", values.discriminator_steps, "discriminator_step", values.round_size),
        Phase("adversarial", values.adversarial_steps, "train_step", values.round_size),
    ]
    return lambda total_steps: [phase for phase in planned if phase.steps]


TRAINER = Trainer(
    "seqgan",
    __doc__,
    task=lambda values: text.task(values, phases(values)),
    build=build,
    knobs=(
        *text.KNOBS,
        *(optimizers.rate(player, rate) for player, rate in PLAYERS.items()),
        flags.knob(
            "pretraining_decay_from",
            1.0,
            "Share of the pretraining after which its learning rate falls in a line to zero; 1, as "
            "the authors have it, never.",
            low=0.0,
            high=1.0,
        ),
        flags.knob(
            "clip_norm",
            5.0,
            "Largest norm of the generator's gradient, in both its phases; longer is scaled down.",
            above=0.0,
        ),
        flags.knob("pretrain_steps", 18720, "Steps of maximum likelihood.", low=0),
        flags.knob("discriminator_steps", 50, "Rounds of the discriminator on its own.", low=0),
        flags.knob("adversarial_steps", 200, "Steps of the policy gradient.", low=0),
        flags.knob(
            "round_size", 10000, "Real sequences in a round, and generated ones beside them.", low=1
        ),
        flags.knob("rounds", 5, "Rounds of the discriminator after each policy gradient.", low=0),
        flags.knob("round_epochs", 3, "Passes over the sequences of a round.", low=1),
        flags.knob("minibatch", 64, "Sequences in an update of a round, half of them real.", low=2),
        flags.knob("samples", 64, "Generated sequences in a step of the policy gradient.", low=1),
        flags.knob("rollouts", 16, "Completions of each beginning of each of them.", low=1),
        flags.knob("lstm_units", 32, "Size of the generator's LSTM.", low=1),
        flags.knob("embedding", 32, "Size of a token's vector in the generator.", low=1),
        flags.knob("discriminator_embedding", 64, "Size of the discriminator's vectors.", low=1),
        flags.knob(
            "widths",
            (1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20),
            "Tokens that the discriminator's convolutions see, each at most a sequence's length.",
            low=1,
        ),
        flags.knob(
            "filters",
            (100, *(200,) * 4, *(100,) * 5, 160, 160),
            "How many convolutions there are of each of --widths.",
            low=1,
        ),
        flags.knob(
            "dropout",
            0.25,
            "Share of the discriminator's features that its training sets to zero.",
            low=0.0,
            below=1.0,
        ),
        flags.knob(
            "l2", 0.2, "Weight of half the squares of the discriminator's last layer.", low=0.0
        ),
    ),
    defaults={"batch_size": 64, "max_length": 20},
    without=("steps", "epochs"),
)

if __name__ == "__main__":
    TRAINER.main()
