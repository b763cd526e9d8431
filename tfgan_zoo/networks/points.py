"""Small nets for worlds of points, in the style of each paper: what a variant takes in place of its
nets for pictures.

Each function returns the nets of one variant by the names of its arguments, so that `SNGAN((2,),
latent_dim=2, **points.sngan(2, 2))` plays in the plane. `dimensions` is the length of a point,
`latent_dim` that of a latent. Generators are not squashed: a point may lie anywhere. All nets give
float32.
"""

import functools
import math

import keras

from tfgan_zoo.layers.initializers import he_normal
from tfgan_zoo.networks.maxout import maxout_discriminator
from tfgan_zoo.networks.mlp import mlp


def gan(dimensions, latent_dim, width=1.0):
    """Sizes and maxout units of the first GAN; weights from Glorot's distribution, since U(-0.005,
    0.005) on two inputs is next to nothing, and no dropout: two coordinates leave nothing to drop.

    Args:
        width: as a share of the paper's, as for `GAN`.
    """
    return {
        "generator": mlp(latent_dim, dimensions, math.ceil(1200 * width), 2, name="generator"),
        "discriminator": maxout_discriminator(
            (dimensions,),
            *(math.ceil(240 * width), 5),
            dropouts=(0.0, 0.0),
            initializer=keras.initializers.GlorotUniform,
            rescale=(1.0, 0.0),
        ),
    }


def lsgan(dimensions, latent_dim, width=128):
    """The authors' for the mixture of Gaussians: two hidden layers of tanh units, orthogonal
    weights of gain 1.4.
    """
    layers = {
        "width": width,
        "depth": 2,
        "activation": "tanh",
        "initializer": functools.partial(keras.initializers.Orthogonal, gain=1.4),
    }
    return {
        "generator": mlp(latent_dim, dimensions, **layers, name="generator"),
        "discriminator": mlp(dimensions, 1, **layers, name="discriminator"),
    }


def wgan(dimensions, latent_dim, width=64):
    """The four layers of the paper's plain nets, with Keras' initial weights (code: Torch's)."""
    return {
        "generator": mlp(latent_dim, dimensions, width, 3, name="generator"),
        "critic": mlp(dimensions, 1, width, 3, name="critic"),
    }


def wgan_gp(dimensions, latent_dim, width=512):
    """The authors' for the worlds of points: three hidden layers of 512 units, He's weights."""
    layers = {"width": width, "depth": 3, "initializer": "he_uniform"}
    return {
        "generator": mlp(latent_dim, dimensions, **layers, name="generator"),
        "critic": mlp(dimensions, 1, **layers, name="critic"),
    }


def sngan(dimensions, latent_dim, generator_width=256, discriminator_width=128):
    """Three hidden layers; the discriminator's, its biases apart, are spectrally normalised. Its
    slope is then at most one: a real and a generated point less than two apart are never both past
    the hinge's margin, and most of a world is within that.
    """
    return {
        "generator": mlp(latent_dim, dimensions, generator_width, 3, name="generator"),
        "discriminator": mlp(
            dimensions, 1, discriminator_width, 3, spectral=True, name="discriminator"
        ),
    }


def dragan(dimensions, latent_dim, width=128, depth=1):
    """The authors' generator without squashing; `DRAGAN`'s own discriminator takes points as it
    is.
    """
    return {
        "generator": mlp(
            latent_dim, dimensions, width, depth, initializer=he_normal, name="generator"
        )
    }


def fgan(dimensions, latent_dim, width=64, depth=2):
    """Rectified layers against two of tanh units.

    Args:
        depth: hidden layers of the generator; 0 is the paper's affine map on the line, and a
            Gaussian where `latent_dim` is `dimensions`.
    """
    return {
        "generator": mlp(latent_dim, dimensions, width, depth, name="generator"),
        "discriminator": mlp(dimensions, 1, width, 2, "tanh", name="discriminator"),
    }


def ebgan(
    dimensions,
    latent_dim,
    generator_width=1600,
    generator_depth=4,
    encoder_width=1024,
    encoder_depth=1,
):
    """Without normalisation, with weights from Glorot's distribution; the encoder's last layer is
    the code and the decoder is one linear layer, as for pictures.
    """
    generator = mlp(latent_dim, dimensions, generator_width, generator_depth, name="generator")
    points = codes = keras.Input((dimensions,), name="points")
    for _ in range(encoder_depth):
        codes = keras.layers.Dense(encoder_width, "relu")(codes)
    encoder = keras.Model(points, codes, name="encoder")
    decoder = mlp(codes.shape[-1], dimensions, depth=0, name="decoder")
    return {"generator": generator, "encoder": encoder, "decoder": decoder}


def unrolled_gan(dimensions, latent_dim, width=128):
    """The paper's for the ring: orthogonal weights of gain 0.8; two hidden layers against one on a
    quarter of the coordinates.
    """
    weights = functools.partial(keras.initializers.Orthogonal, gain=0.8)
    generator = mlp(latent_dim, dimensions, width, 2, initializer=weights, name="generator")
    layers = mlp(dimensions, 1, width, 1, initializer=weights, name="layers")
    points = keras.Input((dimensions,), name="points")
    logits = layers(keras.layers.Rescaling(0.25)(points))
    discriminator = keras.Model(points, logits, name="discriminator")
    return {"generator": generator, "discriminator": discriminator}


def mad_gan(
    dimensions,
    noise_dim,
    generators=4,
    units=128,
    generator_depth=2,
    discriminator_depth=3,
    similarity=False,
):
    """The authors' for the mixture on a line, up to 130 (models/toy_models_ind.py and
    toy_models.py): exponential linear units that the generators share, a linear layer for each; a
    leaky discriminator with a layer more.

    Args:
        noise_dim: length of the noise.
        generators: how many.
        units: of each hidden layer.
        generator_depth, discriminator_depth: hidden layers, of the generators the shared ones.
        similarity: whether the discriminator is MAD-GAN-Sim's: points to a list of one logit and
            the features of its last hidden layer.
    """

    def dense(units, activation=None, dtype=None):
        return keras.layers.Dense(
            units, activation, kernel_initializer="glorot_normal", dtype=dtype
        )

    noise = features = keras.Input((noise_dim,), name="noise")
    for _ in range(generator_depth):
        features = dense(units, "elu")(features)
    trunk = keras.Model(noise, features, name="trunk")

    heads = []
    for _ in range(generators):
        features = keras.Input(trunk.output_shape[1:], name="features")
        heads.append(keras.Model(features, dense(dimensions, dtype="float32")(features)))

    points = features = keras.Input((dimensions,), name="points")
    for _ in range(discriminator_depth):
        features = keras.layers.LeakyReLU(0.1)(dense(units)(features))
    logits = dense(1 if similarity else generators + 1, dtype="float32")(features)
    outcome = [logits, features] if similarity else logits
    discriminator = keras.Model(points, outcome, name="discriminator")
    return {"trunk": trunk, "heads": heads, "discriminator": discriminator}


def mrgan(dimensions, latent_dim, width=800, depth=3):
    """Its generator without squashing; `MRGAN`'s other nets take points as they are."""
    return {"generator": mlp(latent_dim, dimensions, width, depth, name="generator")}


def improved_gan(dimensions, latent_dim, width=1.0):
    """Plain layers of 128 units without noise.

    Args:
        width: of the hidden layers, as a share of these.
    """
    units = math.ceil(128 * width)
    generator = mlp(latent_dim, dimensions, units, 2, name="generator")
    layers = [mlp(dimensions, units, units, 1), keras.layers.ReLU()]
    return {"generator": generator, "features": keras.Sequential(layers, name="features")}


def disco_gan(dimensions, width=128, generator_depth=2, discriminator_depth=4):
    """Rectified layers of points to points, and of points to a logit; the features to match are
    those of all hidden layers but the first. (Three and five layers, as the paper's toy is recalled
    to have.)

    Args:
        width: of each hidden layer.
        generator_depth, discriminator_depth: hidden layers.
    """

    def judge(name):
        points = features = keras.Input((dimensions,), name="points")
        layers = []
        for number in range(discriminator_depth):
            features = keras.layers.Dense(width, "relu", name=f"hidden_{number}")(features)
            layers.append(features)
        logits = keras.layers.Dense(1, dtype="float32", name="logits")(features)
        return keras.Model(points, [logits, *layers[1:]], name=name)

    return {
        **{
            name: mlp(dimensions, dimensions, width, generator_depth, name=name)
            for name in ("generator_ab", "generator_ba")
        },
        **{name: judge(name) for name in ("discriminator_a", "discriminator_b")},
    }
