"""PixelRNN: Pixel Recurrent Neural Networks, with Row LSTM and Diagonal BiLSTM.

van den Oord, Kalchbrenner and Kavukcuoglu, ICML 2016, arXiv 1601.06759. No code of the authors' is
known to us; github.com/igul222/pixel_rnn trains the Diagonal BiLSTM on binarised MNIST without
residuals, and reports 82.12 nats on validation digits after 100,000 iterations.

The probability of a picture is the product of those of its pixels, each given all that come before
it as one reads a page. Here LSTMs carry what came before: Row LSTM runs from the top row to the
bottom one, each place seeing three of the row above and so a triangle of the picture; the Diagonal
BiLSTM runs along the diagonals from both upper corners and sees all that is above (but for the last
pixel of the row above, which no feature of that row knows, and the first square alone sees). Blocks
of them are stacked, each with a residual around it.

What a shortcut would miss:
- the input-to-state part is computed for the whole picture at once, and is masked (B); the
  state-to-state part is not masked, and need not be;
- the map is skewed, so that a column holds a diagonal, whose places all know their left and their
  upper neighbour's state: one 2x1 convolution a step does for the whole diagonal;
- the direction from the right sees what lies to the right in the own row: its map is moved down by
  one row before the two are added, or else pixels know their future;
- states outside the picture are zeros, which skewing does not see to by itself: a bias would grow
  states in the empty corners, and a picture's left edge would see them;
- features are 2 h wide between blocks and h inside: an LSTM of h, a layer of size 1 up to 2 h, and
  the input added;
- the first layer is a 7x7 convolution of mask A, and two layers of size 1 follow the blocks.

Departures:
- A state is forgotten at sigmoid(f + 1), so that it lasts at the start; the paper says nothing of
  initial weights.
- The sizes are those of the paper's net for MNIST (Diagonal BiLSTM, 7 layers, h = 16, 32 channels
  in the last hidden layer), as others report them.
- Pixels go in as numbers in [-1, 1], so that the zeros around a picture are none of its levels.
- Binarised pixels are drawn afresh from the grey levels in each step (dynamic binarisation); the
  paper's figure is of one fixed file of draws. The two do not compare exactly.
- The multi-scale net is not here. The optimizer is the trainer's; the paper's is RMSProp.
- Drawing keeps what earlier pixels gave, as `networks/raster.py` has it for PixelCNN.
"""

import keras
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.layers.causal import CausalConv2D
from tfgan_zoo.layers.skewing import skew, unskew
from tfgan_zoo.losses import pixels as distributions
from tfgan_zoo.networks.priors import Uniform
from tfgan_zoo.networks.raster import Block, First, RasterNet, batch_of, in_one_graph, pushed

OBSERVATION = 0  # stream of chance in a step
LSTMS = ("diagonal", "row")


@keras.saving.register_keras_serializable("tfgan_zoo")
class RowLSTM(Block):
    """A block of Row LSTM (section 3.1), `networks.raster.Block`: 2 h channels in and out.

    Args:
        filters: h.
        size: how many places of the row above, and of the own row's square, a state sees; odd.
        colors: as of `CausalConv2D`.
    """

    def __init__(self, filters, size=3, colors=1, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.filters, self.size, self.colors = filters, size, colors
        self.reach, self.kept = size // 2, 2 * filters
        self.input_to_state = CausalConv2D(
            4 * filters, size, "B", "left", colors, name="input_to_state"
        )
        self.up = CausalConv2D(2 * filters, 1, "B", colors=colors, name="up")

    def build(self, input_shape):
        self.input_to_state.build(input_shape)
        self.up.build((*input_shape[:-1], self.filters))
        self.state_to_state = self.add_weight(
            name="state_to_state",
            shape=(1, self.size, self.filters, 4 * self.filters),
            initializer=keras.initializers.GlorotUniform(),
        )
        self.built = True

    def recurrent(self, hidden):
        """What a row of states `[B, W, h]` says to the row below it."""
        return tf.nn.conv2d(hidden[:, None], self.state_to_state, 1, "SAME")[:, 0]

    def call(self, streams, labels=None):
        v, h = streams
        rows = tf.transpose(self.input_to_state(h), [1, 0, 2, 3])  # [H, B, W, 4 h]
        blank = tf.zeros_like(rows[0, ..., : self.filters])

        def step(state, gates):
            return lstm(gates + self.recurrent(state[0]), state[1], self.colors)

        hidden, _ = tf.scan(step, rows, (blank, blank))
        return v, h + self.up(tf.transpose(hidden, [1, 0, 2, 3]))

    def memory(self, batch, width):
        return (tf.zeros([batch, width, self.filters]),) * 2

    def begin_row(self, memory, v, labels):
        hidden, cell = memory
        said = self.recurrent(hidden) + self.input_to_state.bias[None, None]
        return memory, v, tf.concat([said, cell], axis=-1)

    def left(self, batch):
        return (tf.zeros([batch, self.reach, 2 * self.filters]),)

    def pixel(self, h, left, said):
        said, cell = tf.split(said, [4 * self.filters, self.filters], axis=-1)
        window = tf.concat([left[0], h[:, None]], axis=1)
        gates = self.input_to_state.left_pixel(window) + said
        hidden, cell = lstm(gates, cell, self.colors)
        kept = tf.concat([hidden, cell], axis=-1)
        return h + self.up.point(hidden), (window[:, 1:],), kept

    def end_row(self, memory, kept):
        return tuple(tf.split(kept, 2, axis=-1))

    def get_config(self):
        names = ("filters", "size", "colors")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("tfgan_zoo")
class DiagonalBiLSTM(Block):
    """A block of the Diagonal BiLSTM (section 3.2), `networks.raster.Block`: 2 h channels in and
    out. Of each weight the first is of the direction from the left, the second of that from the
    right.

    Args:
        filters: h, of each direction.
        colors: as of `CausalConv2D`.
    """

    def __init__(self, filters, colors=1, name=None, trainable=True, dtype=None):
        super().__init__(name=name, trainable=trainable, dtype=dtype)
        self.filters, self.colors = filters, colors
        self.kept = 5 * filters
        self.inputs = [
            CausalConv2D(4 * filters, 1, "B", colors=colors, name=f"input_to_state_{side}")
            for side in ("left", "right")
        ]
        self.up = CausalConv2D(2 * filters, 1, "B", colors=colors, name="up")

    def build(self, input_shape):
        for layer in self.inputs:
            layer.build(input_shape)
        self.up.build((*input_shape[:-1], self.filters))

        def weight(name):
            return self.add_weight(
                name=name,
                shape=(2, self.filters, 4 * self.filters),
                initializer=keras.initializers.RandomUniform(-limit, limit),
            )

        limit = (6.0 / (2 * self.filters + 4 * self.filters)) ** 0.5  # Glorot's, of both together
        self.from_beside, self.from_above = weight("from_beside"), weight("from_above")
        self.built = True

    def call(self, streams, labels=None):
        v, h = streams
        height, width = h.shape[1:3]
        # Either direction as one from the left, and its diagonals as columns.
        left, right = self.inputs[0](h), tf.reverse(self.inputs[1](h), axis=[2])
        gates = tf.stack([skew(left), skew(right)])  # [2, B, H, L, 4 h]
        inside = skew(tf.ones([1, height, width, 1], gates.dtype))
        columns = tf.transpose(gates, [3, 0, 1, 2, 4]), tf.transpose(inside, [2, 0, 1, 3])
        blank = tf.zeros_like(columns[0][0, ..., : self.filters])
        weights = tf.concat([self.from_above, self.from_beside], axis=1)

        def step(state, column):
            gates, inside = column
            hidden, cell = state
            above = tf.pad(hidden[:, :, :-1], [[0, 0], [0, 0], [1, 0], [0, 0]])
            both = tf.reshape(tf.concat([above, hidden], -1), [2, -1, 2 * self.filters])
            gates += tf.reshape(tf.matmul(both, weights), tf.shape(gates))
            return [values * inside for values in lstm(gates, cell, self.colors)]

        hidden, _ = tf.scan(step, columns, [blank, blank])
        left, right = tf.unstack(tf.transpose(hidden, [1, 2, 3, 0, 4]))
        right = tf.reverse(unskew(right), axis=[2])
        below = tf.pad(right[:, :-1], [[0, 0], [1, 0], [0, 0], [0, 0]])
        return v, h + self.up(unskew(left) + below)

    def memory(self, batch, width):
        return (tf.zeros([batch, width, self.filters]),) * 2

    def begin_row(self, memory, v, labels):
        left, right = memory
        return memory, v, tf.concat([tf.matmul(left, self.from_above[0]), right], axis=-1)

    def left(self, batch):
        return (tf.zeros([batch, self.filters]),) * 2

    def pixel(self, h, left, said):
        said, right = tf.split(said, [4 * self.filters, self.filters], axis=-1)
        gates = self.inputs[0].point(h) + tf.matmul(left[0], self.from_beside[0]) + said
        hidden, cell = lstm(gates, left[1], self.colors)
        kept = tf.concat([hidden, self.inputs[1].point(h)], axis=-1)
        return h + self.up.point(hidden + right), (hidden, cell), kept

    def end_row(self, memory, kept):
        # The direction from the right goes over the row, now that it is known.
        left, gates = tf.split(kept, [self.filters, 4 * self.filters], axis=-1)
        gates += tf.matmul(memory[1], self.from_above[1])
        width = gates.shape[1]
        columns = tf.transpose(gates, [1, 0, 2])

        def step(number, row, hidden, cell):
            own = columns[width - 1 - number] + tf.matmul(hidden, self.from_beside[1])
            hidden, cell = lstm(own, cell, self.colors)
            return number + 1, pushed(row, hidden), hidden, cell

        blank = tf.zeros_like(left[:, 0])
        state = (tf.constant(0), tf.zeros_like(left), blank, blank)
        _, row, _, _ = tf.while_loop(lambda number, *_: number < width, step, state)
        return left, tf.reverse(row, axis=[1])

    def get_config(self):
        return {**super().get_config(), "filters": self.filters, "colors": self.colors}


def lstm(gates, cell, colors=1):
    """One step of an LSTM (equation 3), forgetting at sigmoid(f + 1): hidden and cell `[..., h]`.

    Args:
        gates: `[..., 4 h]`, of each colour's channels the output, the forget, the input gate and
            the content.
        cell: `[..., h]`, as it was.
    """
    if colors > 1:
        leading = tf.unstack(tf.shape(cell))[:-1]
        gates = tf.reshape(gates, [*leading, colors, 4, cell.shape[-1] // colors])
        o, f, i, g = (tf.reshape(own, tf.shape(cell)) for own in tf.unstack(gates, axis=-2))
    else:
        o, f, i, g = tf.split(gates, 4, axis=-1)
    cell = tf.sigmoid(f + 1.0) * cell + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(cell), cell


class PixelRNN(Trained):
    """PixelRNN; the sizes of the paper's net for MNIST.

    Args:
        shape: of a picture, (height, width, channels).
        output: distribution of a pixel: "bernoulli" (black or white), "softmax" (a logit for each
            level) or "logistic" (a mixture).
        lstm: "diagonal" or "row".
        layers: blocks after the first convolution.
        filters: h, size of an LSTM's state.
        first_size: side of the square that the first convolution looks at.
        size: how many places of the row above Row LSTM sees; of no other LSTM.
        head: channels of the hidden layer of size 1 before the last.
        levels: values of a channel, of "softmax" and "logistic".
        mixtures: densities of "logistic".
        seed: of the binarisation in training.

    Player: `network`. `train_step` takes `images [B, height, width, channels]`, float32 in
    [-1, 1]. It reports means over the batch: `log_likelihood` in nats a picture, and
    `bits_per_dim`, its negative in bits a channel of a pixel.

    Raises:
        ValueError: for names that are not these, or channels that the colours do not divide.
    """

    paper = {
        "title": "Pixel Recurrent Neural Networks",
        "authors": "van den Oord, Kalchbrenner & Kavukcuoglu, ICML 2016",
        "arxiv": "1601.06759",
        "code": None,
    }
    players = ("network",)
    classes = 0  # the paper's net knows none

    def __init__(
        self,
        shape=(28, 28, 1),
        output="bernoulli",
        lstm="diagonal",
        layers=7,
        filters=16,
        first_size=7,
        size=3,
        head=32,
        levels=256,
        mixtures=10,
        seed=0,
        name="pixel_rnn",
    ):
        super().__init__(seed=seed, name=name)
        if lstm not in LSTMS:
            raise ValueError(f"lstm is diagonal or row; got '{lstm}'.")
        self.shape = tuple(shape)
        self.distribution = distributions.named(output, shape[-1], levels, mixtures)
        self.prior = Uniform(shape[0] * shape[1] * self.distribution.draws, low=0)
        colors = self.distribution.colors
        if lstm == "row":
            blocks = [RowLSTM(filters, size, colors) for _ in range(layers)]
        else:
            blocks = [DiagonalBiLSTM(filters, colors) for _ in range(layers)]
        first = First(2 * filters, first_size, colors)
        self.network = RasterNet(
            shape, first, blocks, self.distribution.numbers, head, colors, name="network"
        )

    def call(self, pixels, labels=None):
        """Parameters `[B, height, width, numbers]` of each pixel's distribution."""
        return self.network(pixels)

    def log_prob(self, pixels, labels=None, training=False):
        """log p `[B]` in nats of pictures whose pixels are levels, exactly."""
        parameters = self.network(pixels, training=training)
        by_pixel = self.distribution.log_likelihood(pixels, parameters)
        return tf.reduce_sum(by_pixel, axis=[1, 2])

    def draw(self, latents, temperature=1.0, labels=None):
        """Pictures `[B, *shape]`; arguments as of `complete`."""
        blank = tf.zeros([batch_of(latents), *self.shape])
        return self.complete(blank, 0, latents, temperature)

    @in_one_graph
    def complete(self, pixels, given, latents, temperature=1.0, labels=None):
        """Pictures whose first `given` rows are those of `pixels`; the others are drawn.

        Args:
            pixels: `[B, *shape]`, levels in [-1, 1].
            given: how many rows stay.
            latents: `[B, prior.size]` in [0, 1), the chance that each pixel is drawn by.
            temperature: above 0; below 1 what is probable becomes more so.
        """
        chance = tf.reshape(latents, [-1, *self.shape[:2], self.distribution.draws])

        def draw(parameters, own):
            return self.distribution.draw(parameters, own, temperature)

        return self.network.complete(pixels, given, draw, chance)

    def train_step(self, data):
        images = self.fields(data, "images")
        step = self.begin_step()
        pixels = self.distribution.observe(images, step.seed(OBSERVATION))

        with tf.GradientTape() as tape:
            log_likelihood = tf.reduce_mean(self.log_prob(pixels, training=True))
            loss = -log_likelihood

        step.update(tape, network=loss)
        bits = distributions.bits_per_number(-log_likelihood, self.shape)
        return step.report(log_likelihood=log_likelihood, bits_per_dim=bits)
