"""GON: Gradient Origin Networks.

Bond-Taylor and Willcocks, ICLR 2021, arXiv 2007.02798. Authors' code: github.com/cwkx/GON, `GON.py`
and `Variational-GON.py`.

An autoencoder whose encoder is its decoder: a picture's latent is minus the gradient, at the
origin, of how badly the decoder draws that picture from a latent of zeros. The decoder is trained
to draw pictures from latents that were found in this way, through the gradient itself, which takes
second derivatives. It learns to draw, and in the same weights to read.

What a shortcut would miss:
- the latent is the gradient itself, without a step size: its scale is that of the loss. The
  authors' is a mean over batch and places (a sum over pixels in the variational code), so another
  reduction, size of picture or batch is another model;
- the gradient at the origin stays part of the graph. With a stopped gradient the decoder learns to
  draw from codes that nobody taught to tell anything (`second_order=False` shows it);
- activations are smooth: ELU, since the second derivative of ReLU is zero;
- at the origin all pictures have the same features. In the first layer they do not differ at all,
  so batch normalisation divides the gradient by the root of its epsilon: Torch's 1e-5 makes latents
  ten times as long as Keras' 1e-3;
- two passes go through each normalisation, one at the origin and one at the latents. Averages over
  both, as they come about by themselves, fit neither: here they follow the second alone, and the
  origin has its batch's moments at inference too, which no picture has a say in;
- by the backward pass of batch normalisation a picture's latent depends on the others of its batch,
  but through their mean picture alone: the latent is affine in the two. So `encode` puts beside
  each picture its mirror image at the mean of all training pictures. The mean of such a batch is
  the training pictures', whatever a request holds, and a picture that is alone gets the latent that
  it would have got in training. What is exported is the affine map itself (`linear_encoder`).

Departures:
- The mean over the batch in the inner loss is a sum over `batch_size`, a constant: the same in
  training, and a latent does not depend on how many pictures are encoded at once.
- The authors' variational code encodes new pictures by its averages over both passes and without
  noise, which are features that it was not trained on. `encode` takes the mean over fixed draws.
- A plain GON has no prior. As in the authors' first script, samples come from a Gaussian fitted to
  latents; there those of the last hundred batches, here of training pictures by the last weights.
- Biases begin at zero; weights as PyTorch's.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import torch_default
from tfgan_zoo.layers.statistics import RunningMean, without_trace
from tfgan_zoo.losses.likelihood import bernoulli_log_likelihood, gaussian_kl, reparameterised
from tfgan_zoo.networks.learnt import Learnt
from tfgan_zoo.networks.priors import Gaussian, Normal

INNER, OUTER = 0, 1  # streams of chance in a step
DRAWS = 16  # of the noise under which a variational GON encodes


def gon_generator(shape, latent_dim, filters):
    """The authors' decoder: a projection to an eighth of the sides, then three transposed
    convolutions.

    Returns:
        A functional model: latents `[B, latent_dim]` to logits `[B, *shape]`, float32.

    Raises:
        ValueError: if a side is not a multiple of 8.
    """
    height, width, channels = shape
    if height % 8 or width % 8:
        raise ValueError(f"GON draws pictures with sides that 8 divides; got {height}x{width}.")
    latents = keras.Input((latent_dim,), name="latents")
    features = keras.layers.Reshape((1, 1, latent_dim))(latents)
    for level in range(3):  # [B, H/8, W/8, 4 filters], [B, H/4, ...], [B, H/2, W/2, filters]
        kernel, stride, padding = (
            (4, 2, "same") if level else ((height // 8, width // 8), 1, "valid")
        )
        features = keras.layers.Conv2DTranspose(
            filters * 4 // 2**level, kernel, stride, padding, kernel_initializer=torch_default()
        )(features)
        features = keras.layers.BatchNormalization(momentum=0.9, epsilon=1e-5)(features)
        features = keras.layers.ELU()(features)
    logits = keras.layers.Conv2DTranspose(
        channels, 4, 2, "same", kernel_initializer=torch_default(), dtype="float32"
    )(features)
    return keras.Model(latents, logits, name="generator")


def gon_posterior(latent_dim):
    """Two linear layers side by side: latents `[B, latent_dim]` to means and log-variances."""
    latents = keras.Input((latent_dim,), name="latents")
    outputs = [
        keras.layers.Dense(
            latent_dim, kernel_initializer=torch_default(), dtype="float32", name=name
        )(latents)
        for name in ("means", "log_variances")
    ]
    return keras.Model(latents, outputs, name="posterior")


class GON(Trained):
    """A gradient origin network with the nets and sizes of the authors' `GON.py`; with
    `variational=True, latent_dim=48, filters=32` those of `Variational-GON.py`.

    `model(latents)` draws pictures, `model.encode(images)` finds their latents, and
    `model.learnt(images)` is both, with a distribution to sample from.

    Args:
        shape: of a picture, (height, width, channels); 8 divides the sides.
        latent_dim: length of a latent.
        filters: of the last hidden layer; the others have twice and four times as many.
        variational: whether the latents of pictures go through a posterior, N(means, variances), of
            which one draw is decoded; the loss is then minus the lower bound, in nats, of pixels
            that are black or white.
        second_order: whether the generator learns through the gradient at the origin; False is the
            arm that shows what it is good for.
        batch_size: by which the inner loss divides its sum over pictures: that of training.
        seed: of the variational noise.

    `train_step` takes `images [B, height, width, channels]`, float32 in [-1, 1]. It reports the
    means over the batch of `loss`, at the latents, of `origin_loss`, at the origin, and of the
    latents' `length`.
    """

    paper = {
        "title": "Gradient Origin Networks",
        "authors": "Bond-Taylor & Willcocks, ICLR 2021",
        "arxiv": "2007.02798",
        "code": "https://github.com/cwkx/GON",
    }
    players = ("generator",)

    def __init__(
        self,
        shape=(32, 32, 1),
        latent_dim=32,
        filters=16,
        variational=False,
        second_order=True,
        batch_size=64,
        seed=0,
        name="gon",
    ):
        super().__init__(seed=seed, name=name)
        self.latent_dim, self.batch_size = latent_dim, batch_size
        self.second_order = second_order
        self.generator = gon_generator(shape, latent_dim, filters)
        self.posterior = gon_posterior(latent_dim) if variational else None
        self.mean_picture = RunningMean(name="mean_picture")
        self.mean_picture.build((None, *shape))

    def trained_layers(self, player):
        return [self.generator, *([self.posterior] if self.posterior else [])]

    def call(self, latents):
        """Pictures `[B, height, width, channels]` in [-1, 1] from latents `[B, latent_dim]`: those
        that `encode` finds.
        """
        return 2.0 * tf.sigmoid(self.generator(latents, training=False)) - 1.0

    def noise(self, count, seed):
        """Of a variational GON's draws, `[count, latent_dim]`."""
        return tf.random.stateless_normal([count, self.latent_dim], seed, alg="philox")

    def losses_of(self, pixels, latents, noise, generator):
        """How badly `generator` draws pixels in [0, 1] from latents, `[B]`."""
        if self.posterior is None:
            levels = tf.sigmoid(generator(latents))
            return tf.reduce_mean(tf.reduce_sum(tf.square(levels - pixels), -1), [1, 2])
        means, log_variances = self.posterior(latents)
        logits = generator(reparameterised(means, log_variances, noise))
        return gaussian_kl(means, log_variances) - bernoulli_log_likelihood(pixels, logits)

    def from_origin(self, pixels, noise):
        """The latents `[B, latent_dim]` of pixels in [0, 1], minus the gradient at the origin, and
        the losses `[B]` there.
        """
        origin = tf.zeros([tf.shape(pixels)[0], self.latent_dim])
        with tf.GradientTape() as tape:
            tape.watch(origin)
            losses = self.losses_of(
                pixels, origin, noise, lambda latents: without_trace(self.generator, latents)
            )
            inner_loss = tf.reduce_sum(losses) / self.batch_size
        return -tape.gradient(inner_loss, origin), losses

    def train_step(self, data):
        images = self.fields(data, "images")
        step = self.begin_step()
        pixels, count = 0.5 * (images + 1.0), tf.shape(images)[0]
        noise = [self.noise(count, step.seed(stream)) for stream in (INNER, OUTER)]

        with tf.GradientTape() as tape:
            latents, origin_losses = self.from_origin(pixels, noise[0])
            if not self.second_order:
                latents = tf.stop_gradient(latents)
            losses = self.losses_of(
                pixels, latents, noise[1], lambda latents: self.generator(latents, training=True)
            )
            loss = tf.reduce_mean(losses)

        step.update(tape, generator=loss)
        self.mean_picture.remember(tf.reduce_mean(pixels, 0))
        return step.report(
            loss=loss,
            origin_loss=tf.reduce_mean(origin_losses),
            length=tf.reduce_mean(tf.norm(latents, axis=-1)),
        )

    def encode(self, images):
        """The latents `[B, latent_dim]` of pictures in [-1, 1], each as it would be in a batch of
        training whose mean is that of all training pictures; a variational GON's are the
        posterior's means.
        """
        pixels, mean = 0.5 * (images + 1.0), self.mean_picture(images)
        pairs = tf.concat([pixels, 2.0 * mean - pixels], 0)
        count, draws = tf.shape(pairs)[0], 1 if self.posterior is None else DRAWS
        some = self.noise(draws // 2, [0, 0])
        noise = tf.zeros([1, self.latent_dim]) if draws == 1 else tf.concat([some, -some], 0)
        latents, _ = self.from_origin(tf.repeat(pairs, draws, 0), tf.tile(noise, [count, 1]))
        latents = tf.reduce_mean(tf.reshape(latents, [count, draws, self.latent_dim]), 1)
        latents = latents[: count // 2]
        return latents if self.posterior is None else self.posterior(latents)[0]

    def linear_encoder(self):
        """`encode` as the affine map that it is: the flat images times `matrix`, and `offset`.

        Returns:
            Arrays `matrix [H * W * C, latent_dim]` and `offset [latent_dim]`.
        """
        grey = tf.zeros([1, *self.generator.output_shape[1:]])
        with tf.GradientTape(persistent=True) as tape:
            tape.watch(grey)
            latents = self.encode(grey)
        matrix = tape.jacobian(latents, grey, experimental_use_pfor=False)
        return tf.transpose(tf.reshape(matrix, [self.latent_dim, -1])).numpy(), latents[0].numpy()

    def learnt(self, images):
        """`networks.learnt.Learnt` of the model as it is now: the encoder as an affine map, and,
        unless it is variational, the Gaussian of the latents of `images [N, height, width,
        channels]`.
        """
        matrix, offset = self.linear_encoder()

        def affine(images):
            flat = tf.reshape(images, [tf.shape(images)[0], len(matrix)])
            return tf.matmul(flat, matrix) + offset

        prior = Normal(self.latent_dim)
        if self.posterior is not None:
            return Learnt(prior, self, affine, affine)
        gaussian = Gaussian.fitted(affine(images))

        def encode(images):
            return gaussian.to_normal(affine(images))

        return Learnt(prior, lambda latents: self(gaussian.of_normal(latents)), encode, encode)
