"""Plain layers one after the other, for worlds of points and the first GANs' pictures."""

import keras

from tfgan_zoo.layers.spectral import SpectralDense


def mlp(
    inputs,
    outputs,
    width=128,
    depth=3,
    activation="relu",
    initializer="glorot_uniform",
    spectral=False,
    name="mlp",
):
    """`depth` hidden layers of `width` units, then a linear one.

    Args:
        inputs, outputs: length of the vector going in and coming out.
        width: units of each hidden layer.
        depth: number of hidden layers.
        activation: of the hidden layers, as Keras names it.
        initializer: of all kernels: a name, or a function without arguments that makes one (each
            layer gets its own, since one Keras initializer draws the same numbers for each of
            equal shape). Biases start at zero.
        spectral: whether all kernels are spectrally normalised, see `layers.spectral`.

    Returns:
        A functional model: `[B, inputs]` to `[B, outputs]`, float32.
    """

    def weights():
        return initializer() if callable(initializer) else initializer

    dense = SpectralDense if spectral else keras.layers.Dense
    vectors = keras.Input((inputs,), name="vectors")
    features = vectors
    for _ in range(depth):
        features = dense(width, activation, kernel_initializer=weights())(features)
    outcome = dense(outputs, kernel_initializer=weights(), dtype="float32")(features)
    return keras.Model(vectors, outcome, name=name)
