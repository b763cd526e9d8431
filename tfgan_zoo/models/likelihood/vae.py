"""VAE: Auto-Encoding Variational Bayes.

Kingma and Welling, ICLR 2014, arXiv 1312.6114. No code of the paper's own experiments is known to
us; the first author's of the next paper (github.com/dpkingma/nips14-ssl, `gpulearn_z_x.py`) trains
the same model, and was read for what the paper leaves open.

A decoder makes a distribution of pictures out of each latent, and an encoder guesses which latents
a picture may have come from, as a Gaussian for each picture. Both climb one lower bound on the
log-likelihood of the data: how probable the picture is from a latent of that Gaussian, less how far
the Gaussian is from the prior. The latent is written as mean + deviation * noise, so that the
bound's gradient reaches the encoder through the draw.

What a shortcut would miss:
- all terms are sums over pixels and over latent dimensions, in nats, and then a mean over the
  batch; a mean over pixels weighs the divergence 784 times too much and the codes collapse;
- Bernoulli pixels are 0 or 1: a fresh draw of the grey levels in each step, as the authors' later
  code does, and the encoder sees that draw. Cross-entropies of grey levels are no likelihood;
- the divergence is in closed form, the reconstruction by one draw of the latent;
- the Gaussian decoder's means go through a sigmoid and its variance is learned for each pixel; with
  a fixed one the bound is a squared error of an arbitrary scale;
- the prior of the weights, N(0, I), whose weight against the data is 1 / examples;
- one optimizer moves encoder and decoder together.

Departures:
- N(0, 0.01), of which all weights and biases are drawn, is read as a deviation of 0.01; nets deeper
  than the paper's one hidden layer, in which the signal would die of it, get Keras' weights.
- The variance of a Gaussian pixel cannot fall below that of rounding to 256 grey levels: a pixel
  that is black in all pictures would have a likelihood without end.
- The convolutional nets, which the paper leaves to the future, are ours.
- The optimizer is the trainer's; the paper's is Adagrad with a rate of 0.01, 0.02 or 0.1.
"""

import math

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.likelihood import (
    LEAST_LOG_VARIANCE,
    bernoulli_log_likelihood,
    gaussian_kl,
    gaussian_log_likelihood,
    reparameterised,
)
from tfgan_zoo.networks.priors import Normal
from tfgan_zoo.networks.strided import strided_down, strided_up

BINARISATION, NOISE = 0, 1  # streams of chance in a step


def vae_encoder(shape, latent_dim, width=500, depth=1, activation="tanh"):
    """`depth` hidden layers of `width` units, then two linear layers side by side (appendix C.2).

    Returns:
        A functional model: pixels `[B, *shape]` in [0, 1] to the means and the log-variances of
        the posterior, each `[B, latent_dim]`, float32.
    """
    pixels = keras.Input(shape, name="pixels")
    features = keras.layers.Flatten()(pixels)
    features = hidden_layers(features, width, depth, activation)
    return keras.Model(pixels, posterior_of(features, latent_dim, depth), name="encoder")


def vae_decoder(shape, latent_dim, likelihood="bernoulli", width=500, depth=1, activation="tanh"):
    """`depth` hidden layers of `width` units, then the pixels (appendix C.1 or C.2).

    Returns:
        A functional model: latents `[B, latent_dim]` to logits `[B, *shape]` of Bernoulli pixels;
        or to the means, in (0, 1), and the log-variances of Gaussian ones, each `[B, *shape]`.
        float32.
    """
    latents = keras.Input((latent_dim,), name="latents")
    features = hidden_layers(latents, width, depth, activation)

    def pixels():
        values = keras.layers.Dense(math.prod(shape), dtype="float32", **weights(depth))(features)
        return keras.layers.Reshape(shape, dtype="float32")(values)

    return keras.Model(latents, pixels_of(pixels, likelihood), name="decoder")


def vae_conv_encoder(shape, latent_dim, filters=32):
    """`networks.strided`, then as `vae_encoder`."""
    pixels = keras.Input(shape, name="pixels")
    features = strided_down(pixels, filters)
    return keras.Model(pixels, posterior_of(features, latent_dim), name="encoder")


def vae_conv_decoder(shape, latent_dim, likelihood="bernoulli", filters=32):
    """`networks.strided`, then as `vae_decoder`; 4 must divide both sides of the pictures."""
    latents = keras.Input((latent_dim,), name="latents")
    maps = strided_up(latents, shape, filters)

    def pixels():
        return keras.layers.Conv2DTranspose(shape[-1], 4, 2, "same", dtype="float32")(maps)

    return keras.Model(latents, pixels_of(pixels, likelihood), name="decoder")


def hidden_layers(features, width, depth, activation):
    """`depth` layers of `width` units, in a row."""
    for _ in range(depth):
        features = keras.layers.Dense(width, activation, **weights(depth))(features)
    return features


def posterior_of(features, latent_dim, depth=None):
    """Means and log-variances of the posterior, `[B, latent_dim]` each."""
    return [
        keras.layers.Dense(latent_dim, dtype="float32", name=name, **weights(depth))(features)
        for name in ("means", "log_variances")
    ]


def pixels_of(layer, likelihood):
    """What a decoder gives: the outputs of one new `layer()` or of two."""
    if likelihood == "bernoulli":
        return layer()
    means = keras.layers.Activation("sigmoid", dtype="float32", name="means")(layer())
    above = keras.layers.Rescaling(1.0, -LEAST_LOG_VARIANCE, dtype="float32")(layer())
    above = keras.layers.Activation("softplus", dtype="float32")(above)
    return [means, keras.layers.Rescaling(1.0, LEAST_LOG_VARIANCE, dtype="float32")(above)]


def weights(depth):
    """Initializers of a dense layer: the paper's in a net of its one hidden layer, else Keras'."""
    if depth != 1:
        return {}
    names = ("kernel_initializer", "bias_initializer")
    return {name: keras.initializers.RandomNormal(0.0, 0.01) for name in names}


class VAE(Trained):
    """A variational autoencoder with a prior of N(0, I); the sizes of the paper's figure 2, MNIST.

    `model(latents)`, which is `model.decode(latents)`, gives pictures, `model.encode(images)` the
    posterior of each picture's latent, and `model.reconstruct(images)` goes there and back.

    Args:
        shape: of a picture, (height, width, channels).
        likelihood: "bernoulli", of pixels that are black or white, or "gaussian".
        latent_dim: length of the latent (3, 5, 10, 20 and 200 in the paper).
        width, depth: hidden units and layers of either net (500 and 1; 200 for the small set of
            faces).
        activation: of the hidden layers, as Keras names it.
        examples: how many training pictures there are, against which the prior of the weights
            counts once; None leaves that prior out.
        encoder, decoder: nets in place of the paper's, as `vae_encoder` and `vae_decoder` describe
            them. The widths say nothing to them, nor `latent_dim`.
        seed: of the binarisation and the noise in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1]. It reports, in
    nats and means over the batch, `elbo` = `reconstruction` - `kl`; of Gaussian pixels these are
    densities of pixels in [0, 1].

    Raises:
        ValueError: for an unknown likelihood, or a decoder of another.
    """

    paper = {
        "title": "Auto-Encoding Variational Bayes",
        "authors": "Kingma & Welling, ICLR 2014",
        "arxiv": "1312.6114",
        "code": None,
    }
    players = ("autoencoder",)

    def __init__(
        self,
        shape=(28, 28, 1),
        likelihood="bernoulli",
        latent_dim=20,
        width=500,
        depth=1,
        activation="tanh",
        examples=60_000,
        encoder=None,
        decoder=None,
        seed=0,
        name="vae",
    ):
        super().__init__(seed=seed, name=name)
        if likelihood not in ("bernoulli", "gaussian"):
            raise ValueError(f"likelihood is bernoulli or gaussian; got '{likelihood}'.")
        self.likelihood, self.examples = likelihood, examples
        hidden = (width, depth, activation)
        self.encoder = encoder or vae_encoder(shape, latent_dim, *hidden)
        self.decoder = decoder or vae_decoder(shape, latent_dim, likelihood, *hidden)
        if len(self.decoder.outputs) != (1 if likelihood == "bernoulli" else 2):
            raise ValueError("The decoder gives logits, or means and log-variances if gaussian.")
        self.prior = Normal(self.decoder.input_shape[-1])

    def trained_layers(self, player):
        return [self.encoder, self.decoder]

    def call(self, latents):
        """Pictures `[B, height, width, channels]` in [-1, 1] from latents `[B, latent_dim]`: each
        pixel's mean, not a draw.
        """
        outputs = self.decoder(latents, training=False)
        means = tf.sigmoid(outputs) if self.likelihood == "bernoulli" else outputs[0]
        return 2.0 * means - 1.0

    decode = call

    def encode(self, images):
        """Means and log-variances `[B, latent_dim]` of the posterior of pictures in [-1, 1]."""
        return self.encoder(0.5 * (images + 1.0), training=False)

    def reconstruct(self, images):
        """Pictures from the posterior's means."""
        return self(self.encode(images)[0])

    def observe(self, images, seed):
        """The pixels that have a likelihood, in [0, 1]: a draw of the grey levels of `images`, each
        0 or 1, where they are Bernoulli, and the levels themselves where they are Gaussian.
        """
        levels = 0.5 * (images + 1.0)
        if self.likelihood == "gaussian":
            return levels
        chance = tf.random.stateless_uniform(tf.shape(levels), seed, alg="philox")
        return tf.cast(chance < levels, tf.float32)

    def log_likelihood(self, pixels, latents, training=False):
        """log p(x | z) `[B]` in nats of pixels in [0, 1], each with its own latent."""
        outputs = self.decoder(latents, training=training)
        if self.likelihood == "bernoulli":
            return bernoulli_log_likelihood(pixels, outputs)
        return gaussian_log_likelihood(pixels, *outputs)

    def train_step(self, data):
        images = self.fields(data, "images")
        step = self.begin_step()
        pixels = self.observe(images, step.seed(BINARISATION))

        with tf.GradientTape() as tape:
            means, log_variances = self.encoder(pixels, training=True)
            noise = tf.random.stateless_normal(tf.shape(means), step.seed(NOISE), alg="philox")
            latents = reparameterised(means, log_variances, noise)
            reconstruction = tf.reduce_mean(self.log_likelihood(pixels, latents, training=True))
            kl = tf.reduce_mean(gaussian_kl(means, log_variances))
            elbo = reconstruction - kl
            loss = -elbo
            if self.examples is not None:  # - log N(weights; 0, I), but for a constant
                squares = [tf.nn.l2_loss(v) for v in self.trained_variables("autoencoder")]
                loss += tf.add_n(squares) / self.examples

        step.update(tape, autoencoder=loss)
        return step.report(elbo=elbo, reconstruction=reconstruction, kl=kl)
