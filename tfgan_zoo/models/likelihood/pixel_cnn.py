"""PixelCNN: Pixel Recurrent Neural Networks' fast sibling, and Conditional Image Generation with
PixelCNN Decoders.

van den Oord, Kalchbrenner and Kavukcuoglu, ICML 2016, arXiv 1601.06759 (`stacks="plain"`); van den
Oord et al., NIPS 2016, arXiv 1606.05328 (`stacks="gated"`, the default); the logistic mixture is of
Salimans et al., ICLR 2017, arXiv 1701.05517, PixelCNN++. No code of the first two papers' authors
is known to us; the third's (github.com/openai/pixel-cnn) was read.

The probability of a picture is the product of those of its pixels, each given all that come before
it as one reads a page. A convolutional net gives all of them at once, because its filters are
masked so that no pixel sees itself or what comes after it. The likelihood is exact, and drawing is
slow: one pixel after the other.

What a shortcut would miss:
- mask A in the first layer alone, mask B in all others; with A everywhere the net forgets, with B
  in the first it copies the pixel that it should tell;
- the colours of a pixel depend on each other too, red, green, blue: the masks tell their channels
  apart in every layer, and a gate takes its two halves from within a colour;
- a stack of masked 3x3 filters never sees some pixels above to the right, the blind spot; two
  stacks do, a vertical one of all rows above and a horizontal one of the own row;
- the vertical stack feeds the horizontal one, before its gate, and never the other way round: the
  horizontal one knows pixels that lie to the right of what its reader may see;
- residuals on the horizontal stack alone;
- the class is a bias of each gate of both stacks, the same at all places;
- a grey level is no probability: binarised pixels are drawn, and the net sees the draw;
- drawing with the whole net for each pixel repeats the same sums hundreds of times; what earlier
  pixels gave is kept, and the pictures are the same (`networks/raster.py`).

Departures:
- The first layer is one masked convolution (of each stack) without a gate, as the first paper's.
- The default sizes are those of the first paper's net for CIFAR-10 as others report them, but for
  126 and 1,023 channels in place of 128 and 1,024, which three colours divide; of the second
  paper's we found no text to check.
- Pixels go in as numbers in [-1, 1], so that the zeros around a picture are none of its levels.
- Binarised pixels are drawn afresh from the grey levels in each step (dynamic binarisation); the
  first paper's figure is of one fixed file of draws. The two do not compare exactly.
- Of PixelCNN++ only the distribution is here, in an exact form (`losses/pixels.py`), and drawn
  values are rounded to the levels that the likelihood is of.
- The optimizer is the trainer's; the first paper's is RMSProp.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.causal import CausalConv2D, gated
from tfgan_zoo.losses import pixels as distributions
from tfgan_zoo.networks.priors import Uniform
from tfgan_zoo.networks.raster import Block, First, RasterNet, batch_of, in_one_graph

OBSERVATION = 0  # stream of chance in a step
STACKS = ("gated", "plain")


@keras.saving.register_keras_serializable("tfgan_zoo")
class GatedBlock(Block):
    """A gated layer of both stacks (figure 2 of 1606.05328), `networks.raster.Block`.

    Args:
        filters: channels of each stack.
        size: side of the square of pixels that it looks at.
        classes: how many classes move its gates; 0 for none.
        colors: as of `CausalConv2D`.
    """

    def __init__(self, filters, size=3, classes=0, colors=1, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.filters, self.size, self.classes, self.colors = filters, size, classes, colors
        self.reach = size // 2
        self.vertical = CausalConv2D(2 * filters, size, "B", "above", name="vertical")
        self.horizontal = CausalConv2D(
            2 * filters, size, "B", "left", colors, use_bias=False, name="horizontal"
        )
        # What lies above is known in all its colours.
        self.down = CausalConv2D(2 * filters, 1, "B", name="down")
        self.out = CausalConv2D(filters, 1, "B", colors=colors, name="out")

    def build(self, input_shape):
        shape = tuple(input_shape)
        for layer, channels in (
            (self.vertical, self.filters),
            (self.horizontal, self.filters),
            (self.down, 2 * self.filters),
            (self.out, self.filters),
        ):
            layer.build((*shape[:-1], channels))
        if self.classes:
            self.condition = self.add_weight(
                name="condition",
                shape=(self.classes, 4 * self.filters),
                initializer=keras.initializers.RandomNormal(0.0, 0.05),
            )
        self.built = True

    def biases(self, labels, *places):
        """What the classes add to the gates of the vertical and of the horizontal stack."""
        if not self.classes:
            return 0.0, 0.0
        found = tf.gather(tf.convert_to_tensor(self.condition), labels)
        return tf.split(tf.reshape(found, [-1, *places, 4 * self.filters]), 2, axis=-1)

    def call(self, streams, labels=None):
        v, h = streams
        to_v, to_h = self.biases(labels, 1, 1)
        above = self.vertical(v)
        beside = self.horizontal(h) + self.down(above)
        return gated(above + to_v), h + self.out(gated(beside + to_h, self.colors))

    def memory(self, batch, width):
        return (tf.zeros([batch, self.reach, width, self.filters]),)

    def begin_row(self, memory, v, labels):
        to_v, to_h = self.biases(labels, 1)
        rows = tf.concat([memory[0], v[:, None]], axis=1)
        above = self.vertical.above_row(rows)
        down = self.down.point(tf.reshape(above, [-1, 2 * self.filters]))
        down = tf.reshape(down, tf.shape(above))
        said = tf.ensure_shape(down + to_h, [None, v.shape[1], 2 * self.filters])
        return (rows[:, 1:],), gated(above + to_v), said

    def left(self, batch):
        return (tf.zeros([batch, self.reach, self.filters]),)

    def pixel(self, h, left, said):
        window = tf.concat([left[0], h[:, None]], axis=1)
        beside = self.horizontal.left_pixel(window) + said
        return h + self.out.point(gated(beside, self.colors)), (window[:, 1:],), None

    def get_config(self):
        names = ("filters", "size", "classes", "colors")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("tfgan_zoo")
class ResidualBlock(Block):
    """A residual block of the first paper (figure 5, left), `networks.raster.Block`: 2 h channels
    in and out, h inside.

    Args:
        filters: h.
        size: side of its middle convolution's square.
        colors: as of `CausalConv2D`.
    """

    def __init__(self, filters, size=3, colors=1, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.filters, self.size, self.colors = filters, size, colors
        self.reach, self.kept = size // 2, filters
        self.reduce = CausalConv2D(filters, 1, "B", colors=colors, name="reduce")
        self.middle = CausalConv2D(filters, size, "B", colors=colors, name="middle")
        self.expand = CausalConv2D(2 * filters, 1, "B", colors=colors, name="expand")

    def build(self, input_shape):
        shape = tuple(input_shape)
        self.reduce.build(shape)
        self.middle.build((*shape[:-1], self.filters))
        self.expand.build((*shape[:-1], self.filters))
        self.built = True

    def call(self, streams, labels=None):
        v, h = streams
        reduced = tf.nn.relu(self.reduce(tf.nn.relu(h)))
        return v, h + self.expand(tf.nn.relu(self.middle(reduced)))

    def memory(self, batch, width):
        return (tf.zeros([batch, self.reach, width, self.filters]),)

    def begin_row(self, memory, v, labels):
        return memory, v, self.middle.above_row(memory[0])

    def left(self, batch):
        return (tf.zeros([batch, self.reach, self.filters]),)

    def pixel(self, h, left, said):
        reduced = tf.nn.relu(self.reduce.point(tf.nn.relu(h)))
        window = tf.concat([left[0], reduced[:, None]], axis=1)
        middle = tf.nn.relu(self.middle.left_pixel(window) + said)
        return h + self.expand.point(middle), (window[:, 1:],), reduced

    def end_row(self, memory, kept):
        return (tf.concat([memory[0][:, 1:], kept[:, None]], axis=1),)

    def get_config(self):
        names = ("filters", "size", "colors")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


class PixelCNN(Trained):
    """PixelCNN; the default sizes are those of the first paper's net for CIFAR-10.

    Args:
        shape: of a picture, (height, width, channels).
        classes: how many classes there are to be told; 0 for none. Gated stacks only.
        output: distribution of a pixel: "bernoulli" (black or white), "softmax" (a logit for each
            level) or "logistic" (a mixture).
        stacks: "gated", or "plain" for the first paper's residual net.
        layers: blocks after the first convolution.
        filters: channels of a gated block's stacks; h of a plain one.
        first_size, size: sides of the squares that the first convolution and the blocks look at.
        head: channels of the hidden layer of size 1 before the last.
        levels: values of a channel, of "softmax" and "logistic".
        mixtures: densities of "logistic".
        seed: of the binarisation in training.

    Player: `network`. `train_step` takes `images [B, height, width, channels]`, float32 in
    [-1, 1], and `labels` int32 `[B]` where there are classes. It reports means over the batch:
    `log_likelihood` in nats a picture, and `bits_per_dim`, its negative in bits a channel of a
    pixel.

    Raises:
        ValueError: for names that are not these, classes of plain stacks, or channels that the
            colours do not divide.
    """

    paper = {
        "title": "Conditional Image Generation with PixelCNN Decoders",
        "authors": "van den Oord et al., NIPS 2016",
        "arxiv": "1606.05328",
        "code": None,
    }
    players = ("network",)

    def __init__(
        self,
        shape=(32, 32, 3),
        classes=0,
        output="softmax",
        stacks="gated",
        layers=15,
        filters=126,
        first_size=7,
        size=3,
        head=1023,
        levels=256,
        mixtures=10,
        seed=0,
        name="pixel_cnn",
    ):
        super().__init__(seed=seed, name=name)
        if stacks not in STACKS:
            raise ValueError(f"stacks is gated or plain; got '{stacks}'.")
        if classes and stacks == "plain":
            raise ValueError("Classes move gates, and plain stacks have none: take gated ones.")
        self.shape, self.classes = tuple(shape), classes
        self.distribution = distributions.named(output, shape[-1], levels, mixtures)
        self.prior = Uniform(shape[0] * shape[1] * self.distribution.draws, low=0)
        colors = self.distribution.colors
        if stacks == "gated":
            first = First(filters, first_size, colors, stacks=True)
            blocks = [GatedBlock(filters, size, classes, colors) for _ in range(layers)]
        else:
            first = First(2 * filters, first_size, colors)
            blocks = [ResidualBlock(filters, size, colors) for _ in range(layers)]
        self.network = RasterNet(
            shape, first, blocks, self.distribution.numbers, head, colors, name="network"
        )

    def call(self, pixels, labels=None):
        """Parameters `[B, height, width, numbers]` of each pixel's distribution."""
        return self.network(pixels, labels)

    def log_prob(self, pixels, labels=None, training=False):
        """log p `[B]` in nats of pictures whose pixels are levels, exactly."""
        parameters = self.network(pixels, labels, training=training)
        by_pixel = self.distribution.log_likelihood(pixels, parameters)
        return tf.reduce_sum(by_pixel, axis=[1, 2])

    def draw(self, latents, temperature=1.0, labels=None):
        """Pictures `[B, *shape]`; arguments as of `complete`."""
        blank = tf.zeros([batch_of(latents), *self.shape])
        return self.complete(blank, 0, latents, temperature, labels)

    @in_one_graph
    def complete(self, pixels, given, latents, temperature=1.0, labels=None):
        """Pictures whose first `given` rows are those of `pixels`; the others are drawn.

        Args:
            pixels: `[B, *shape]`, levels in [-1, 1].
            given: how many rows stay.
            latents: `[B, prior.size]` in [0, 1), the chance that each pixel is drawn by.
            temperature: above 0; below 1 what is probable becomes more so.
            labels: int32 `[B]`, where there are classes.
        """
        chance = tf.reshape(latents, [-1, *self.shape[:2], self.distribution.draws])

        def draw(parameters, own):
            return self.distribution.draw(parameters, own, temperature)

        return self.network.complete(pixels, given, draw, chance, labels)

    def train_step(self, data):
        if self.classes:
            images, labels = self.fields(data, "images", "labels")
        else:
            images, labels = self.fields(data, "images"), None
        step = self.begin_step()
        pixels = self.distribution.observe(images, step.seed(OBSERVATION))

        with tf.GradientTape() as tape:
            log_likelihood = tf.reduce_mean(self.log_prob(pixels, labels, training=True))
            loss = -log_likelihood

        step.update(tape, network=loss)
        bits = distributions.bits_per_number(-log_likelihood, self.shape)
        return step.report(log_likelihood=log_likelihood, bits_per_dim=bits)
