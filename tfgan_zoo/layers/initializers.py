"""Weight initialisation: of the DCGAN line of networks, and from the data."""

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


def torch_default():
    """U(-1/sqrt(n), 1/sqrt(n)) of the fan in n: what PyTorch gives convolutions and dense layers
    that nobody initialises. Of a transposed convolution both count n from the *outputs*.
    """
    return keras.initializers.VarianceScaling(1.0 / 3.0, "fan_in", "uniform")


def principal_coordinates(examples, count):
    """Where each example lies along the first principal components of all of them: latents that a
    table of latents may start from.

    Args:
        examples: `[N, ...]`, at least two.
        count: of components, at most as many as an example has values.

    Returns:
        float32 `[N, count]` of mean 0, the components in the order of their variance; the largest
        number of each component is positive. A component without variance gives zeros.

    Raises:
        ValueError: for more components than there are values.
    """
    flat = np.reshape(examples, (len(examples), -1)).astype(np.float32)
    if count > flat.shape[1]:
        raise ValueError(
            f"Examples of {flat.shape[1]} values have no {count} principal components: ask for "
            "latents that are no longer than an example."
        )
    centred = flat - flat.mean(axis=0, dtype=np.float64).astype(np.float32)
    # In parts, so that no second copy of the data in float64 is made.
    parts = np.array_split(centred, -(-len(centred) // 4096))
    covariance = sum(part.T.astype(np.float64) @ part for part in parts)
    components = np.linalg.eigh(covariance)[1][:, ::-1][:, :count]
    largest = np.take_along_axis(components, np.abs(components).argmax(0)[None], 0)
    return centred @ (components * np.sign(largest)).astype(np.float32)
