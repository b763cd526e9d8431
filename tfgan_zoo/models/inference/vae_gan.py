"""VAE-GAN: Autoencoding beyond pixels using a learned similarity metric.

Larsen, Sønderby, Larochelle and Winther, ICML 2016, arXiv 1512.09300. Authors' code, in DeepPy:
github.com/andersbll/autoencoding_beyond_pixels (`model/aegan.py`, `model/ae.py`,
`architectures.py`, `aegan.py`, `celeba_aegan.py`).

A variational autoencoder learns to bring pictures back, and a discriminator learns to tell real
ones from what its decoder draws. How far a picture is from the one that came back is measured not
in pixels but in a hidden layer of that discriminator, where a shift by a pixel is no great matter.
The decoder is the generator of the GAN as well, and the codes keep meaning: the difference of the
mean codes of pictures with and without an attribute adds it to others.

What a shortcut would miss:
- three players, each with a gradient of its own: the encoder learns from the divergence and the
  reconstruction, and not from the GAN; the decoder from a mixture of reconstruction and GAN; the
  discriminator from the GAN alone, though the reconstruction is measured in it;
- the discriminator sees what is decoded from codes of real pictures and what is decoded from the
  prior, as many of each as real ones, and takes real and fake as 1:1;
- for the decoder no fake counts less: it climbs the loss of both kinds, added, the discriminator's
  own (minimax) and not the one with the labels flipped;
- the reconstruction is half the sum of squares over the layer, a Gaussian of variance 1, with the
  divergence a sum in nats; the real picture's features are a target, through which nothing flows;
- that layer is the output of the fourth convolution, before its normalisation and rectifier;
- a discriminator that is too far ahead stands still, as does a decoder that is too far behind: the
  mean cost of a real or of a fake picture must not leave 0.68 by more than the margin on the one
  side or the other; where both would stand still, both move. The encoder always does;
- costs are -log(D + 0.001): a picture that is judged quite wrongly costs 6.9 and not infinity.

Two arms: `objective="vae"` is the authors' autoencoder without an adversary (`recon_depth` 0), with
the same encoder and decoder, whose error is one of pixels. `generator_loss="nonsaturating"` is
ours: the decoder climbs the loss with the labels flipped, and without the 0.001. In small nets the
discriminator wins against samples from the prior, and the authors' game has no gradient left for
them: they stay noise, while what comes back is right.

Departures:
- The paper's weight of the reconstruction against the GAN is not known to us but by hearsay
  (1e-6); the default is that of the authors' script for faces, 1e-5. That script counts a real
  picture 0.66 and a fake 0.34, where their model's default, and ours, is 1:1.
- One pass of decoder and discriminator gives reconstruction and game, where the authors' code
  decodes and judges what came back twice, once without the pictures from the prior: batch
  normalisation sees these too.
- Their weight decay, 1e-5 against losses summed over 64 pictures, is left out: against means it is
  less than 2e-7. Weights begin as Keras' do.
- The optimizer is the trainer's; theirs is RMSProp, whose rate falls from 3e-4 (0.02 / 64).
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.losses.adversarial import nonsaturating_generator_loss
from tfgan_zoo.losses.likelihood import gaussian_kl, reparameterised
from tfgan_zoo.networks.priors import Normal

NOISE, PRIOR = 0, 1  # streams of chance in a step
OBJECTIVES = ("vae_gan", "vae")
GENERATOR_LOSSES = ("minimax", "nonsaturating")
LEAST = 1e-3  # beside a probability, under a logarithm


def vae_gan_encoder(shape, latent_dim=128, width=1.0):
    """Three 5x5 convolutions of stride 2 and a dense layer, all normalised.

    Args:
        shape: of a picture, (height, width, channels), sides that 8 divides.
        latent_dim: length of the latent.
        width: of the net, as a share of the authors' (64, 128 and 256 filters, 1024 units).

    Returns:
        A functional model: pictures `[B, *shape]` in [-1, 1] to the means and the log-variances of
        the latent, each `[B, latent_dim]`, float32.
    """
    eighths(shape)
    images = keras.Input(shape, name="images")
    features = images
    for filters in (64, 128, 256):  # [B, H/2, W/2, 64], [B, H/4, W/4, 128], [B, H/8, W/8, 256]
        features = rectified(convolution(scaled(filters, width), 2)(features))
    features = keras.layers.Flatten()(features)
    features = rectified(keras.layers.Dense(scaled(1024, width), use_bias=False)(features))
    posterior = [
        keras.layers.Dense(latent_dim, dtype="float32", name=name)(features)
        for name in ("means", "log_variances")
    ]
    return keras.Model(images, posterior, name="encoder")


def vae_gan_decoder(shape, latent_dim=128, width=1.0):
    """A dense layer and three 5x5 transposed convolutions of stride 2, all normalised, and a last
    convolution.

    Args:
        shape, latent_dim: as of `vae_gan_encoder`.
        width: as a share of the authors' 256, 256, 128 and 32 filters.

    Returns:
        A functional model: latents `[B, latent_dim]` to pictures `[B, *shape]` in [-1, 1], float32.
    """
    height, breadth = eighths(shape)
    filters = scaled(256, width)
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.Dense(height * breadth * filters, use_bias=False)(latents)
    features = keras.layers.Reshape((height, breadth, filters))(rectified(features))
    for filters in (256, 128, 32):  # [B, H/4, W/4, 256], [B, H/2, W/2, 128], [B, H, W, 32]
        layer = keras.layers.Conv2DTranspose(scaled(filters, width), 5, 2, "same", use_bias=False)
        features = rectified(layer(features))
    images = keras.layers.Conv2D(shape[-1], 5, padding="same", dtype="float32")(features)
    images = keras.layers.Activation("tanh", dtype="float32")(images)
    return keras.Model(latents, images, name="decoder")


def vae_gan_discriminator(shape, width=1.0):
    """A 5x5 convolution, three more of stride 2 and a dense layer, normalised but for the first.

    Args:
        shape: as of `vae_gan_encoder`.
        width: as a share of the authors' 32, 128, 256 and 256 filters and 512 units.

    Returns:
        A functional model: pictures `[B, *shape]` in [-1, 1] to logits `[B, 1]` and the features of
        the fourth convolution, before its normalisation, `[B, H/8, W/8, 256]`, float32.
    """
    eighths(shape)
    images = keras.Input(shape, name="images")
    features = keras.layers.Conv2D(scaled(32, width), 5, padding="same")(images)
    features = keras.layers.ReLU()(features)
    for filters in (128, 256):  # [B, H/2, W/2, 128], [B, H/4, W/4, 256]
        features = rectified(convolution(scaled(filters, width), 2)(features))
    compared = convolution(scaled(256, width), 2)(features)
    features = keras.layers.Flatten()(rectified(compared))
    features = rectified(keras.layers.Dense(scaled(512, width), use_bias=False)(features))
    logits = keras.layers.Dense(1, dtype="float32")(features)
    compared = keras.layers.Activation("linear", dtype="float32")(compared)
    return keras.Model(images, [logits, compared], name="discriminator")


def eighths(shape):
    """An eighth of (height, width); raises `ValueError` where there is none."""
    height, width = shape[:2]
    if height % 8 or width % 8:
        raise ValueError(f"VAE-GAN's nets take sides that 8 divides; got {height}x{width}.")
    return height // 8, width // 8


def scaled(filters, width):
    """Filters or units of a net of this width; at least one."""
    return max(1, round(filters * width))


def convolution(filters, stride):
    """5x5, without a bias, before a normalisation."""
    return keras.layers.Conv2D(filters, 5, stride, "same", use_bias=False)


def rectified(features):
    """Normalised over the batch, and rectified."""
    return keras.layers.ReLU()(
        keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-6)(features)
    )


class VAEGAN(Trained):
    """A VAE-GAN of pictures with sides that 8 divides; sizes of the authors' 64x64 nets.

    `model(latents)`, which is `model.decode(latents)`, gives pictures; `model.encode(images)` the
    latent's Gaussian, whose means are the `latents`; `model.reconstruct(images)` goes there and
    back.

    Args:
        shape: of a picture, (height, width, channels).
        objective: "vae_gan", or "vae" for the autoencoder without an adversary.
        latent_dim: length of the latent, N(0, 1) (128).
        width: of the three nets, as a share of the authors'.
        reconstruction_weight: of the reconstruction in the decoder's loss, from 0 to 1, the rest
            being the GAN's (1e-5).
        generator_loss: what the decoder plays: "minimax", the discriminator's own loss, or
            "nonsaturating", the one with the labels flipped.
        real_weight: of real pictures in the discriminator's loss, from 0 to 1, the rest being the
            fake ones' (0.5).
        equilibrium, margin: of the costs that let decoder and discriminator move (0.68 and 0.35);
            a margin of None lets them move always.
        encoder, decoder, discriminator: nets in place of these, as `vae_gan_encoder` and the others
            describe them; `latent_dim` and `width` say nothing to them.
        seed: of the latents in training.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1]. It reports
    `reconstruction` and `kl` in nats, the costs, and the share of steps in which the decoder and
    the discriminator moved.

    Raises:
        ValueError: for an unknown objective, or a side that 8 does not divide.
    """

    paper = {
        "title": "Autoencoding beyond pixels using a learned similarity metric",
        "authors": "Larsen, Sønderby, Larochelle & Winther, ICML 2016",
        "arxiv": "1512.09300",
        "code": "https://github.com/andersbll/autoencoding_beyond_pixels",
    }
    players = ("encoder", "decoder", "discriminator")

    def __init__(
        self,
        shape=(64, 64, 3),
        objective="vae_gan",
        latent_dim=128,
        width=1.0,
        reconstruction_weight=1e-5,
        generator_loss="minimax",
        real_weight=0.5,
        equilibrium=0.68,
        margin=0.35,
        encoder=None,
        decoder=None,
        discriminator=None,
        seed=0,
        name="vae_gan",
    ):
        super().__init__(seed=seed, name=name)
        if objective not in OBJECTIVES:
            raise ValueError(f"objective is one of {', '.join(OBJECTIVES)}; got '{objective}'.")
        if generator_loss not in GENERATOR_LOSSES:
            raise ValueError(
                f"generator_loss is {' or '.join(GENERATOR_LOSSES)}; got '{generator_loss}'."
            )
        self.objective, self.generator_loss = objective, generator_loss
        self.reconstruction_weight, self.real_weight = reconstruction_weight, real_weight
        self.equilibrium, self.margin = equilibrium, margin
        self.encoder = encoder or vae_gan_encoder(shape, latent_dim, width)
        self.decoder = decoder or vae_gan_decoder(shape, latent_dim, width)
        if objective == "vae":
            self.players = ("encoder", "decoder")
        else:
            self.discriminator = discriminator or vae_gan_discriminator(shape, width)
        self.prior = Normal(self.decoder.input_shape[-1])
        self.codes = dict.fromkeys(("latents", "log_variances"), self.prior.size)

    def call(self, latents):
        """Pictures `[B, height, width, channels]` in [-1, 1] from latents `[B, latent_dim]`."""
        return self.decoder(latents, training=False)

    decode = call

    def encode(self, images):
        """Of pictures in [-1, 1] the Gaussians of their latents: the means, `latents`, and
        `log_variances`, each `[B, latent_dim]`.
        """
        return dict(zip(self.codes, self.encoder(images, training=False), strict=True))

    def reconstruct(self, images):
        """Pictures from the means of the latents of pictures."""
        return self(self.encode(images)["latents"])

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        count = tf.shape(real)[0]

        with tf.GradientTape(persistent=True) as tape:
            means, log_variances = self.encoder(real, training=True)
            noise = tf.random.stateless_normal(tf.shape(means), step.seed(NOISE), alg="philox")
            latents = reparameterised(means, log_variances, noise)
            kl = tf.reduce_mean(gaussian_kl(means, log_variances))
            if self.objective == "vae":
                again = self.decoder(latents, training=True)
                reconstruction = half_squares(again, real)
                encoder_loss = kl + reconstruction
                decoder_loss = reconstruction
            else:
                drawn = self.prior.sample(count, step.seed(PRIOR))
                fake = self.decoder(tf.concat([latents, drawn], 0), training=True)
                logits, features = self.discriminator(tf.concat([real, fake], 0), training=True)

                real_features, again_features, _ = tf.split(features, 3)
                reconstruction = half_squares(again_features, tf.stop_gradient(real_features))
                probabilities = tf.sigmoid(logits)
                real_cost = -tf.reduce_mean(tf.math.log(probabilities[:count] + LEAST))
                fake_cost = -tf.reduce_mean(tf.math.log(1.0 - probabilities[count:] + LEAST))
                decoder_cost = -fake_cost
                if self.generator_loss == "nonsaturating":
                    # Without the 0.001, which takes all gradient from what is judged quite fake.
                    decoder_cost = nonsaturating_generator_loss(logits[count:])

                encoder_loss = kl + reconstruction
                # Twice the mean over both kinds of fakes: the means of the two, added.
                decoder_loss = self.reconstruction_weight * reconstruction + (
                    1.0 - self.reconstruction_weight
                ) * (2.0 * decoder_cost)
                discriminator_loss = (
                    self.real_weight * real_cost + (1.0 - self.real_weight) * fake_cost
                )

        if self.objective == "vae":
            step.update(tape, encoder=encoder_loss, decoder=decoder_loss)
            return step.report(reconstruction=reconstruction, kl=kl)
        when = self.moving(step.mean(real_cost), step.mean(fake_cost))
        step.update(
            tape,
            when=when,
            encoder=encoder_loss,
            decoder=decoder_loss,
            discriminator=discriminator_loss,
        )
        moved = {f"{name}_moved": tf.cast(moves, tf.float32) for name, moves in when.items()}
        return step.report(
            reconstruction=reconstruction, kl=kl, real_cost=real_cost, fake_cost=fake_cost, **moved
        )

    def moving(self, real_cost, fake_cost):
        """Whether `decoder` and `discriminator` move, bool scalars, by the costs of this step."""
        if self.margin is None:
            return dict.fromkeys(("decoder", "discriminator"), tf.constant(True))
        lower, upper = self.equilibrium - self.margin, self.equilibrium + self.margin
        ahead = (real_cost < lower) | (fake_cost < lower)
        behind = (real_cost > upper) | (fake_cost > upper)
        both = ahead & behind
        return {"decoder": ~behind | both, "discriminator": ~ahead | both}


def half_squares(found, target):
    """Half the sum of squared differences of each example, the mean over the batch."""
    return tf.reduce_mean(0.5 * tf.reduce_sum(tf.square(found - target), axis=[1, 2, 3]))
