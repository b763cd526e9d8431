"""Trains face de-occlusion (arXiv 1612.08534): takes away what covers a part of a face.

python -m trainers.face_deocclusion --flagfile=trainers/flagfiles/face_deocclusion.flags
    --run_dir=RUN

A run has three phases: the face channel, both channels, and both with the adversary and the frozen
network. What covers the pictures is drawn: sunglasses, masks, hands and boxes.
"""

from trainers import flags, optimizers
from trainers.tasks import deocclusion
from trainers.trainer import Trainer


def build(values, splits, total_steps):
    from tfgan_zoo.models.restoration.face_deocclusion import FaceDeocclusion
    from tfgan_zoo.networks.frozen_features import find

    if values.autoencoder == "lstm":
        nets = values.only("patch_size", "units", "layers") | {"steps": values.decoder_steps}
    else:
        nets = values.only("filters")
    model = FaceDeocclusion(
        **values.only("image_size", "channels", "autoencoder", "discriminator_filters", "seed"),
        **values.only("adversarial_weight", "identity_weight"),
        **nets,
        features=find(values.features),
    )
    # A rate falls with its player's own updates.
    updates = {"autoencoder": total_steps, "discriminator": max(values.adversarial_steps, 1)}
    adams = {
        player: optimizers.adam(values, model, player, count, averaged="autoencoder")
        for player, count in updates.items()
    }
    return optimizers.compiled(values, model, **adams)


def phases(values):
    """`Task.phases`, from the flags; a phase of no steps is left out."""
    from tfgan_zoo.training.task import Phase

    planned = [
        Phase("reconstruction", values.reconstruction_steps, "reconstruction_step"),
        Phase("removal", values.removal_steps, "removal_step"),
        Phase("adversarial", values.adversarial_steps, "train_step"),
    ]
    return lambda total_steps: [phase for phase in planned if phase.steps]


def task(values):
    return deocclusion.task(values, phases(values))


TRAINER = Trainer(
    "face_deocclusion",
    __doc__,
    task=task,
    build=build,
    knobs=(
        *deocclusion.KNOBS,
        *optimizers.knobs(autoencoder=1e-3, discriminator=2e-4, beta_1=0.9, averaged="autoencoder"),
        flags.knob(
            "reconstruction_steps", 100_000, "Steps of the face channel, the first phase.", low=0
        ),
        flags.knob("removal_steps", 100_000, "Steps of both channels, the second phase.", low=0),
        flags.knob(
            "adversarial_steps",
            100_000,
            "Steps with the adversary and the frozen network, the last phase.",
            low=0,
        ),
        flags.knob(
            "autoencoder",
            "lstm",
            "What reads and paints: LSTMs, the paper's (lstm), or convolutions.",
            choices=("lstm", "convolutional"),
        ),
        flags.knob("patch_size", 32, "Side in pixels of a patch that the LSTM reads.", low=2),
        flags.knob("units", 2048, "Size of the state of each LSTM.", low=1),
        flags.knob("layers", 2, "LSTMs in a row, of the encoder and of each channel.", low=1),
        flags.knob("decoder_steps", 8, "Steps in which either channel paints.", low=1),
        flags.knob("filters", 32, "Channels of the convolutional arm's first layer.", low=1),
        flags.knob(
            "discriminator_filters", 64, "Channels of the discriminator's first layer.", low=1
        ),
        flags.FEATURES,
        flags.knob(
            "adversarial_weight",
            0.5,
            "Weight of the adversarial loss beside half the squared error, summed over the pixels.",
            low=0.0,
        ),
        flags.knob(
            "identity_weight",
            1.0,
            "Weight of 1 - cosine of the frozen network's maps beside the same error.",
            low=0.0,
        ),
    ),
    defaults={"image_size": "128", "channels": 1, "batch_size": 256},
    without=("steps", "epochs"),
)

if __name__ == "__main__":
    TRAINER.main()
