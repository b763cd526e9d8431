"""What a translation model has to beat: answers that need no training.

The simplest, the input itself, needs no code. Both functions here return a callable like a
generator, but from uint8 sources, as they lie in the data set, to float32 pictures in [-1, 1].
"""

import numpy as np

from tfgan_zoo.metrics.label_recovery import labels_to_index


def constant_colour_per_label(sources, targets, palette):
    """Paint every label in the mean colour that it has in the training targets.

    Args:
      sources: uint8 label maps [N, H, W, 3] (or a sequence of [H, W, 3]), in palette colours.
      targets: uint8 pictures [N, H, W, C] (or a sequence of [H, W, C]).
      palette: integers [K, 3].

    Returns:
      Callable from uint8 [B, H, W, 3] to float32 [B, H, W, C] in [-1, 1]. A label that no source
      shows gets the mean colour of all targets.

    Raises:
      ValueError: on no examples, a missing partner or a colour that is not in the palette.
    """
    _check_any(targets)
    channels = np.shape(targets[0])[-1]
    sums, counts = np.zeros((len(palette), channels)), np.zeros(len(palette))
    for source, target in zip(sources, targets, strict=True):
        index = labels_to_index(source, palette).ravel()
        counts += np.bincount(index, minlength=len(palette))
        for channel in range(channels):
            values = target[..., channel].ravel()
            sums[:, channel] += np.bincount(index, values, minlength=len(palette))
    means = np.where(
        counts[:, None] > 0, sums / np.maximum(counts, 1)[:, None], sums.sum(0) / counts.sum()
    )
    colours = (means / 127.5 - 1).astype(np.float32)
    return lambda labels: colours[labels_to_index(labels, palette)]


def mean_target(targets):
    """Answer every source with the mean training target; for sources that are not label maps.

    Args:
      targets: uint8 pictures [N, H, W, C] (or a sequence of [H, W, C]), all of one size.

    Returns:
      Callable from an array [B, ...] to float32 [B, H, W, C] in [-1, 1].

    Raises:
      ValueError: on no examples.
    """
    _check_any(targets)
    total = np.zeros(np.shape(targets[0]))
    for target in targets:
        total += target
    mean = (total / len(targets) / 127.5 - 1).astype(np.float32)
    return lambda sources: np.repeat(mean[None], len(sources), axis=0)


def _check_any(targets):
    if not len(targets):
        raise ValueError("A baseline needs at least one training example.")
