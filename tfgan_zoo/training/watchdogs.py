"""Warnings for the failures that GAN training is known for (github.com/soumith/ganhacks, point
10).
"""

# Below this, binary cross-entropy says that the discriminator is right about every picture.
ZERO_LOSS = 1e-3
# Spread of the samples, as a share of the spread of real pictures, under which they count as
# one, and from which on they vary.
SAME, VARIED = 0.05, 0.5


def check_losses(logs, gradient_norm_bound=100.0):
    """Warnings about one logged interval.

    Args:
        logs: scalars by name, with `discriminator_loss` and `<player>_gradient_norm` among them.
        gradient_norm_bound: norm above which a player's training is likely to break.

    Returns:
        List of sentences, each with what is usually done; empty if all is well.
    """
    warnings = []
    if logs.get("discriminator_loss", 1.0) < ZERO_LOSS:
        warnings.append(
            f"The discriminator's loss is {logs['discriminator_loss']:.1e}: it tells every "
            "picture apart and the generator learns nothing from it. Usual remedies: a lower "
            "--discriminator_learning_rate, a smaller discriminator, softer or noisy labels, "
            "noise on its input."
        )
    for name, value in logs.items():
        if name.endswith("_gradient_norm") and value > gradient_norm_bound:
            player = name.removesuffix("_gradient_norm")
            warnings.append(
                f"The {player}'s gradient norm is {value:.0f}, over the bound of "
                f"{gradient_norm_bound:.0f}. Usual remedies: a lower learning rate, --clip_norm, "
                "or a penalty on the gradient; if it is the variant's habit, raise "
                "--gradient_norm_bound."
            )
    return warnings


def share_of_spread(preview):
    """How much samples differ, as a share of how much real examples do.

    Args:
        preview: `task.Preview`; None for fewer than two samples, or real examples.
    """
    if len(preview.samples) < 2 or len(preview.real) < 2:
        return None
    return float(preview.spread(preview.samples) / max(preview.spread(preview.real), 1e-12))


class Collapse:
    """Tells a mode collapse from a slow start, drawing by drawing.

    Many generators draw one grey picture for thousands of steps and then begin to differ, so that
    samples are judged once they have differed: at two drawings at least half as much as real ones
    do. One is not enough, since a generator whose normalisation has no statistics yet may draw
    anything.

    Args:
        patience: drawings in a row whose samples may hardly differ before it is a collapse.
    """

    def __init__(self, patience):
        self.patience = patience
        self.varied = self.same = 0

    def see(self, share):
        """Takes the next drawing's `share_of_spread`, and returns a warning, or None."""
        if share is None:
            return None
        self.varied += share >= VARIED
        self.same = self.same + 1 if share < SAME else 0
        if not self.same:
            return None
        if self.varied < 2:
            self.same = 0
            return (
                f"The samples hardly differ yet: their spread is {share:.1%} of that of real ones. "
                "Early in a run that is usual."
            )
        return (
            f"The samples hardly differ: their spread is {share:.1%} of that of real ones (mode "
            "collapse). Usual remedies: go back to an earlier checkpoint, a lower generator "
            "learning rate, minibatch discrimination, another loss (wgan_gp), more varied latents."
        )

    @property
    def collapsed(self):
        """Whether the last `patience` drawings were a collapse."""
        return self.same >= self.patience
