"""Weight initialisation: of the DCGAN line of networks, and of sigmoids from marginals."""

import keras
import numpy as np


def normal_weights():
    """N(0, 0.02) for convolutions and dense layers (DCGAN, arXiv 1511.06434, section 4)."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def normal_scale():
    """N(1, 0.02) for the scale of a normalisation, as the authors' codes of DCGAN and pix2pix draw
    it.
    """
    return keras.initializers.RandomNormal(1.0, 0.02)


def marginal_logits(means):
    """log m / (1 - m): the bias under which sigmoids without input have these `means` in [0, 1], as
    `init_sigmoid_bias_from_marginals` of pylearn2 sets it for the first GANs.
    """
    means = np.clip(np.ravel(means), 1e-7, 1.0 - 1e-7)
    return np.log(means) - np.log1p(-means)


def he_normal():
    """Normal, variance 2 / fan in, not truncated as Keras' own is (He et al. 2015, arXiv
    1502.01852).
    """
    return keras.initializers.VarianceScaling(2.0, "fan_in", "untruncated_normal")
