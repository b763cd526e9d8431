"""LSTMs with peepholes: one that reads patches of a picture from its corner, and one that goes on
by itself.

The step is Graves' (arXiv 1308.0850, equations 7 to 11) with one forget gate for each state that it
comes from: two in a plane, left and above, as in "Robust LSTM-Autoencoders for Face De-Occlusion in
the Wild" (arXiv 1612.08534) and its authors' kernels (github.com/zhaofang0627/face-deocc-lstm).
"""

import keras
import tensorflow as tf

FORGET_BIAS = 5.0  # theirs: at first nothing is forgotten
RANGE, PEEPHOLE_RANGE = 0.01, 0.1  # theirs: of the uniform draws that weights begin with


def lstm_step(gates, cells, peepholes):
    """(hidden, cell), `[B, U]` each, one step after the cells it comes from.

    Args:
        gates: `[B, (3 + n) * U]`: what inputs and hidden states give to the input gate, to n forget
            gates, to the new content, and to the output gate, in this order.
        cells: n of `[B, U]`; zeros where there is none.
        peepholes: `[2n + 1, U]`: of the input gate to each cell, of each forget gate to its own, of
            the output gate to the new cell.
    """
    count = len(cells)
    entering, *kept, content, leaving = tf.split(gates, count + 3, axis=-1)
    entering = tf.sigmoid(entering + sum(c * peepholes[n] for n, c in enumerate(cells)))
    kept = [tf.sigmoid(k + cells[n] * peepholes[count + n]) for n, k in enumerate(kept)]
    cell = entering * tf.tanh(content) + sum(k * c for k, c in zip(kept, cells, strict=True))
    leaving = tf.sigmoid(leaving + cell * peepholes[2 * count])
    return leaving * tf.tanh(cell), cell


class _Peephole(keras.layers.Layer):
    """The weights of an LSTM of `units` whose steps come from `count` states each."""

    def __init__(self, units, count, **kwargs):
        super().__init__(**kwargs)
        self.units, self.count = units, count

    def make(self, inputs):
        """Makes the weights; `inputs` is the length of an input, None where there is none."""
        gates = (3 + self.count) * self.units
        if inputs is not None:
            self.kernel = self.add_weight((inputs, gates), _uniform(RANGE), name="kernel")
        self.recurrent = [
            self.add_weight((self.units, gates), _uniform(RANGE), name=f"recurrent_{number}")
            for number in range(self.count)
        ]
        shape = (2 * self.count + 1, self.units)
        self.peepholes = self.add_weight(shape, _uniform(PEEPHOLE_RANGE), name="peepholes")
        self.bias = self.add_weight((gates,), _forgetting(self.units, self.count), name="bias")

    def after(self, gates, states):
        """(hidden, cell) after `states`, a pair each, of which some may be None."""
        both = zip(self.recurrent, states, strict=True)
        there = [(kernel, state) for kernel, state in both if state is not None]
        gates = gates + sum(tf.matmul(hidden, kernel) for kernel, (hidden, _) in there)
        cells = [tf.zeros_like(gates[:, : self.units]) if s is None else s[1] for s in states]
        return lstm_step(gates, cells, self.peepholes)


@keras.saving.register_keras_serializable("tfgan_zoo")
class SpatialLSTM(_Peephole):
    """Reads a plane from its top left corner: each step comes from those left of it and above it.

    Args:
        units: size of hidden state and cell, U.

    Call: `[B, R, C, D]` to (hidden states `[B, R, C, U]`, the cell of the last step `[B, U]`, which
    is the bottom right one). R and C must be known.
    """

    def __init__(self, units, **kwargs):
        super().__init__(units, 2, **kwargs)

    def build(self, input_shape):
        self.make(input_shape[-1])

    def call(self, inputs):
        rows, columns = inputs.shape[1:3]
        gates = tf.tensordot(inputs, self.kernel, 1) + self.bias
        states = {}
        for row in range(rows):
            for column in range(columns):
                before = [states.get((row, column - 1)), states.get((row - 1, column))]
                states[row, column] = self.after(gates[:, row, column], before)
        hidden = [
            tf.stack([states[row, column][0] for column in range(columns)], axis=1)
            for row in range(rows)
        ]
        return tf.stack(hidden, axis=1), states[rows - 1, columns - 1][1]

    def compute_output_shape(self, input_shape):
        return (*input_shape[:-1], self.units), (input_shape[0], self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units}


@keras.saving.register_keras_serializable("tfgan_zoo")
class UnfoldedLSTM(_Peephole):
    """Goes on from a given state: the first of its steps is that state.

    Args:
        units: size of hidden state and cell, U.
        steps: T, of which T - 1 are computed.

    Call: `[hidden [B, U], cell [B, U]]`, and `sequence [B, T, D]` behind them where it reads one,
    whose first entry is not looked at, to hidden states `[B, T, U]`.
    """

    def __init__(self, units, steps, **kwargs):
        super().__init__(units, 1, **kwargs)
        self.steps = steps

    def build(self, input_shape):
        self.make(input_shape[2][-1] if len(input_shape) > 2 else None)

    def call(self, inputs):
        hidden, cell, *sequence = inputs
        found, state = [hidden], (hidden, cell)
        for step in range(1, self.steps):
            gates = tf.tile(self.bias[None], [tf.shape(hidden)[0], 1])
            if sequence:
                gates += tf.matmul(sequence[0][:, step], self.kernel)
            state = self.after(gates, [state])
            found.append(state[0])
        return tf.stack(found, axis=1)

    def compute_output_shape(self, input_shape):
        return (input_shape[0][0], self.steps, self.units)

    def get_config(self):
        return {**super().get_config(), "units": self.units, "steps": self.steps}


@keras.saving.register_keras_serializable("tfgan_zoo")
class PatchesOfTwoScales(keras.layers.Layer):
    """Patches side by side, each with its surroundings: the square of twice the side around it,
    moved inside the picture, at half its size.

    Args:
        side: of a patch in pixels; even, and both sides of a picture are two of it at least.

    Call: images `[B, H, W, C]`, H and W known multiples of the side, to `[B, H / side, W / side,
    2 * side * side * C]`.
    """

    def __init__(self, side, **kwargs):
        super().__init__(**kwargs)
        self.side = side

    def call(self, images):
        height, width, channels = images.shape[1:]
        side, size = self.side, self.side * self.side * channels
        rows = []
        for top in range(0, height, side):
            row = []
            for left in range(0, width, side):
                fine = images[:, top : top + side, left : left + side]
                y, x = (
                    min(max(at - side // 2, 0), length - 2 * side)
                    for at, length in ((top, height), (left, width))
                )
                wide = images[:, y : y + 2 * side, x : x + 2 * side]
                coarse = tf.nn.avg_pool2d(wide, 2, 2, "VALID")
                both = [tf.reshape(part, [-1, size]) for part in (fine, coarse)]
                row.append(tf.concat(both, axis=-1))
            rows.append(tf.stack(row, axis=1))
        return tf.stack(rows, axis=1)

    def compute_output_shape(self, input_shape):
        batch, height, width, channels = input_shape
        side = self.side
        return (batch, height // side, width // side, 2 * side * side * channels)

    def get_config(self):
        return {**super().get_config(), "side": self.side}


def _uniform(bound):
    return keras.initializers.RandomUniform(-bound, bound)


def _forgetting(units, count):
    """The biases: 0 but for the forget gates."""

    def initial(shape, dtype=None):
        gates = tf.range(shape[0]) // units
        return tf.where((gates >= 1) & (gates <= count), FORGET_BIAS, 0.0)

    return initial
