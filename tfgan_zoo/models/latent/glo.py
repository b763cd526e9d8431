"""GLO: Optimizing the Latent Space of Generative Networks.

Bojanowski, Joulin, Lopez-Paz and Szlam, ICML 2018, arXiv 1707.05776. The authors published no code;
a reader's (github.com/tneumann/minimal_glo, `glo.py`) was read beside the paper.

Each training picture owns a latent, and a generator is trained to draw every picture from its own.
Both learn by plain gradient descent of one reconstruction loss, the latents with ten times the
generator's rate, and each latent is put back into the unit ball after its step. There is neither a
discriminator nor an encoder: samples come from a Gaussian fitted to the latents that were learnt,
and the latent of a new picture is found by the same descent with the generator held still.

What a shortcut would miss:
- the latents are weights: a table with a row for each picture, which the batch must name by number;
- a step moves the rows of its batch and no other, so the latents' optimizer has no memory (momentum
  or Adam's means would move rows of pictures that are not there);
- latents beyond the unit ball are projected onto it, shorter ones stay as long as they are;
- the loss weighs level j of the Laplacian pyramid by 2^{2j}, which makes up for its fewer pixels.
  The reader's code leaves the weights out *and* takes means instead of sums: the two cancel. Its
  kernel does not: it squares the Gaussian and adds its axes where they should be multiplied;
- the mean over the batch is the loss of both players, so a latent's rate for its own picture is 10
  by the batch size. With 10 for each, latents jump about in the ball and little is learnt;
- the latents start on the pictures' principal components, projected onto the ball; from noise the
  generator first has to find out which latents belong together;
- the Gaussian of the samples has a full covariance. N(0, I), or the ball, hold no pictures.

Departures:
- The loss is divided by the number of values in a picture: rates of 1 and 10 make no sense for a
  sum that grows with the picture.
- The paper does not say the pyramid's kernel and levels: here Burt and Adelson's kernel and three
  levels. Later papers' code has weights of 2^{-2j}, where 2^{2j} is what we know of this one.
- The paper mixes in a squared error, by a weight that it does not say; `squared_weight` is 0.
- The latent of a new picture is found by Adam, in a fixed number of steps from the latents' mean,
  since plain descent takes ten times as many.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.initializers import principal_coordinates
from tfgan_zoo.losses.laplacian import laplacian_l1
from tfgan_zoo.networks.dcgan import dcgan_generator
from tfgan_zoo.networks.learnt import Learnt
from tfgan_zoo.networks.priors import Gaussian, Normal
from tfgan_zoo.regularizers.ball import hold_in_unit_ball, in_unit_ball


class GLO(Trained):
    """Generative Latent Optimization with the generator of DCGAN.

    `model(latents)` draws pictures, `model.encode(images)` finds their latents, and
    `model.learnt()` is both, with a Gaussian to sample from.

    Args:
        shape: of a picture, (side, side, channels); the sides are a power of two of at least 16.
        examples: how many training pictures there are.
        latent_dim: length of a latent.
        filters: width of the generator's last hidden layer.
        levels: of the Laplacian pyramid.
        squared_weight: of the mean squared error beside the pyramid's loss.
        encode_steps, encode_rate: of Adam, which finds the latents of new pictures.
        seed: of nothing in training, which draws nothing.

    `train_step` takes `images [B, side, side, channels]`, float32 in [-1, 1], and `rows [B]`, the
    number of each picture, int32 from 0 to `examples` - 1 (`data.examples.Examples.numbered`). It
    reports the `loss` and `length`, the mean length of the batch's latents.
    """

    paper = {
        "title": "Optimizing the Latent Space of Generative Networks",
        "authors": "Bojanowski, Joulin, Lopez-Paz & Szlam, ICML 2018",
        "arxiv": "1707.05776",
        "code": None,
    }
    players = ("generator", "latents")

    def __init__(
        self,
        shape=(64, 64, 3),
        examples=60_000,
        latent_dim=128,
        filters=64,
        levels=3,
        squared_weight=0.0,
        encode_steps=200,
        encode_rate=0.05,
        seed=0,
        name="glo",
    ):
        super().__init__(seed=seed, name=name)
        self.levels, self.squared_weight = levels, squared_weight
        self.encode_steps, self.encode_rate = encode_steps, encode_rate
        self.generator = dcgan_generator(shape[:2], shape[2], latent_dim, filters)
        # A draw of N(0, I / latent_dim) has a length of about 1.
        start = keras.initializers.RandomNormal(0.0, latent_dim**-0.5)
        self.latents = keras.layers.Embedding(
            examples, latent_dim, embeddings_initializer=start, dtype="float32", name="latents"
        )
        self.latents.build()
        self._table.assign(in_unit_ball(self._table))

    @property
    def _table(self):
        return self.latents.embeddings

    def start_from(self, images):
        """Sets the latents to the principal coordinates of the training pictures `[examples, side,
        side, channels]` in their order, projected onto the unit ball. Training begins from there.
        """
        coordinates = principal_coordinates(images, self._table.shape[1])
        self._table.assign(in_unit_ball(coordinates))

    def call(self, latents):
        """Pictures `[B, side, side, channels]` in [-1, 1] from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def losses_of(self, images, fake):
        """The loss `[B]` of each picture."""
        losses = laplacian_l1(images, fake, self.levels)
        if self.squared_weight:
            losses += self.squared_weight * tf.reduce_mean(tf.square(images - fake), [1, 2, 3])
        return losses

    def encode(self, images):
        """Latents `[B, latent_dim]` of pictures in [-1, 1] that have no row in the table. Each
        picture's is found by itself, whatever else is in the batch.
        """
        return self.descend(images, tf.reduce_mean(self._table, 0))

    def descend(self, images, start):
        """`encode_steps` steps of Adam from the latent `start`, each followed by the projection."""
        latents = tf.repeat(start[None], tf.shape(images)[0], 0)
        mean = square = tf.zeros_like(latents)
        for step in tf.range(1.0, self.encode_steps + 1.0):
            with tf.GradientTape() as tape:
                tape.watch(latents)
                losses = self.losses_of(images, self(latents))
            gradients = tape.gradient(losses, latents)
            mean = 0.9 * mean + 0.1 * gradients
            square = 0.99 * square + 0.01 * gradients**2
            direction = mean / (1.0 - 0.9**step)
            direction /= tf.sqrt(square / (1.0 - 0.99**step)) + 1e-8
            latents = in_unit_ball(latents - self.encode_rate * direction)
        return latents

    def learnt(self):
        """`networks.learnt.Learnt` of the model as it is now, with the Gaussian of its latents."""
        table = self._table.numpy()
        gaussian = Gaussian.fitted(table)
        descend = tf.function(self.descend)  # its loop becomes one operation
        return Learnt(
            Normal(gaussian.size),
            lambda latents: self(gaussian.of_normal(latents)),
            lambda images: gaussian.to_normal(descend(images, tf.constant(gaussian.mean))),
            lambda images: gaussian.to_normal(table[: len(images)]),
        )

    def train_step(self, data):
        images, rows = self.fields(data, "images", "rows")
        step = self.begin_step()

        with tf.GradientTape(persistent=True) as tape:
            latents = self.latents(rows)
            fake = self.generator(latents, training=True)
            loss = tf.reduce_mean(self.losses_of(images, fake))

        step.update(tape, generator=loss, latents=loss)
        hold_in_unit_ball(self._table, rows)
        return step.report(loss=loss, length=tf.reduce_mean(tf.norm(latents, axis=-1)))
