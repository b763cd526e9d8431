"""Losses that compare two pictures by the maps that networks make of them."""

import tensorflow as tf

# Of VGG19's five maps, the finest first; fewer maps take the last of them.
PERCEPTUAL_WEIGHTS = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)


def feature_matching_loss(real_maps, fake_maps):
    """The L1 distance of a discriminator's features of real and drawn pictures: equation 4 of
    pix2pixHD (arXiv 1711.11585), as its authors weigh it.

    The sum over the scales and their features of mean |D_k(x) - D_k(G)|, each times
    4 / features / scales. The logits, the last map of each scale, do not count, and the real
    features are what is to be reached: they have no gradient.

    Args:
        real_maps, fake_maps: for each scale the list of its maps `[B, H, W, C]`, as of
            `multiscale_patchgan`.

    Returns:
        scalar float32.
    """
    total = 0.0
    for real, fake in zip(real_maps, fake_maps, strict=True):
        weight = 4.0 / (len(real) - 1) / len(real_maps)
        for wanted, found in zip(real[:-1], fake[:-1], strict=True):
            total += weight * _distance(wanted, found)
    return total


def perceptual_loss(real_maps, fake_maps):
    """The L1 distance of a frozen network's maps: the 'VGG loss' of pix2pixHD (arXiv 1711.11585,
    section 3.3), after Johnson et al. 2016, arXiv 1603.08155.

    The sum of mean |F_k(x) - F_k(G)|, each times its weight of `PERCEPTUAL_WEIGHTS`, the coarsest
    map 1. The real maps have no gradient.

    Args:
        real_maps, fake_maps: lists of at most five maps `[B, H, W, C]`, the finest first, as of
            `frozen_features`.

    Returns:
        scalar float32.
    """
    weights = PERCEPTUAL_WEIGHTS[-len(real_maps) :]
    both = zip(weights, real_maps, fake_maps, strict=True)
    return tf.add_n([weight * _distance(wanted, found) for weight, wanted, found in both])


def _distance(wanted, found):
    difference = tf.cast(tf.stop_gradient(wanted), tf.float32) - tf.cast(found, tf.float32)
    return tf.reduce_mean(tf.abs(difference))
