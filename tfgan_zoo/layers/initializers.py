"""Weight initialisation of the DCGAN line of networks."""

import keras


def normal_weights():
    """N(0, 0.02) for convolutions and dense layers (DCGAN, arXiv 1511.06434, section 4)."""
    return keras.initializers.RandomNormal(0.0, 0.02)


def normal_scale():
    """N(1, 0.02) for the scale of a normalisation, as the authors' codes of DCGAN and pix2pix draw
    it.
    """
    return keras.initializers.RandomNormal(1.0, 0.02)
