"""Convolutions that see only what comes before a pixel, in the order in which a page is read: the
rows above, and to the left in its own row.

Masks A and B of van den Oord et al. 2016 (arXiv 1601.06759, section 3.4), their two stacks
(arXiv 1606.05328, section 2.2), and their colours: of features in `colors` equal groups, those of
the red ones first, mask A lets a group of the pixel itself see the groups before it, mask B its own
too. What a mask would set to zero is not computed, but for the colours of the pixel itself.

Each layer does its work in two ways that agree. `call` takes a whole picture. Where pixels are
drawn one after the other, `above_row` says once for a row what the rows above contribute to each of
its pixels, and `left_pixel` what the pixels to the left do.
"""

import keras
import numpy as np
import tensorflow as tf

MASKS = ("A", "B")
PARTS = ("both", "above", "left")


@keras.saving.register_keras_serializable("tfgan_zoo")
class CausalConv2D(keras.layers.Layer):
    """A convolution over the part of a square around each pixel that comes before it.

    Args:
        filters: channels that it makes.
        size: side of the whole square, odd; 1 is the pixel itself.
        mask: "A", without the pixel itself, or "B", with it.
        part: "both", all that the square has; "left", the pixel's own row alone; or "above", the
            rows above over the square's whole width: strictly above under mask A, while mask B adds
            all of the pixel's own row, for features that know nothing of that row.
        colors: groups of the channels on either side, in the order in which colours are drawn; 1 is
            all at once, for features of whole pixels.
        use_bias: whether a number for each channel is added.

    Call: `[B, H, W, C]` to `[B, H, W, filters]`; outside of the picture there are zeros.

    Raises:
        ValueError: for another mask or part, an even size, channels that the colours do not divide,
            or a square of which nothing is left.
    """

    def __init__(self, filters, size, mask, part="both", colors=1, use_bias=True, **kwargs):
        super().__init__(**kwargs)
        if mask not in MASKS or part not in PARTS:
            raise ValueError(f"A mask is A or B, a part {', '.join(PARTS)}; got {mask} and {part}.")
        if size % 2 == 0 or size < 1:
            raise ValueError(f"The side of a square around a pixel is odd; got {size}.")
        if filters % colors:
            raise ValueError(f"{colors} colours cannot share {filters} channels equally.")
        self.filters, self.size, self.mask, self.part = filters, size, mask, part
        self.colors, self.use_bias = colors, use_bias
        self.reach = size // 2  # pixels to the left, and rows above
        # Mask A leaves of the pixel itself its earlier colours, where it has several.
        self.with_own = mask == "B" or colors > 1
        own_row = part == "above" and mask == "B"
        self.rows = 0 if part == "left" else self.reach + own_row
        self.taps = 0 if part == "above" else self.reach + self.with_own
        if not self.rows and not self.taps:
            raise ValueError("Mask A leaves nothing of a single pixel.")

    def build(self, input_shape):
        channels = input_shape[-1]
        if self.taps and channels % self.colors:
            raise ValueError(f"{self.colors} colours cannot share {channels} channels equally.")
        # As Glorot & Bengio's for what is seen, of both parts together.
        seen = self.rows * self.size + self.taps
        limit = np.sqrt(6.0 / (seen * (channels + self.filters)))

        def weight(name, shape):
            initializer = keras.initializers.RandomUniform(-limit, limit)
            return self.add_weight(name=name, shape=shape, initializer=initializer)

        if self.rows:
            self.above = weight("above", (self.rows, self.size, channels, self.filters))
        if self.taps:
            self.left = weight("left", (self.taps, channels, self.filters))
            self.own = own_mask(channels, self.filters, self.mask, self.colors)
        if self.use_bias:
            self.bias = self.add_weight(name="bias", shape=(self.filters,), initializer="zeros")
        self.built = True

    def kernel(self):
        """The weights of the own row `[taps, C, filters]`, those of later colours zero."""
        kernel = tf.convert_to_tensor(self.left)
        if not self.with_own or np.all(self.own):
            return kernel
        return tf.concat([kernel[:-1], kernel[-1:] * tf.cast(self.own, kernel.dtype)], 0)

    def call(self, inputs):
        outputs = 0.0
        if self.rows:
            # Rows strictly above: the last row is seen by nobody.
            seen = inputs if self.rows > self.reach else inputs[:, :-1]
            beside = [self.reach, self.reach]
            padded = tf.pad(seen, [[0, 0], [self.reach, 0], beside, [0, 0]])
            outputs = tf.nn.conv2d(padded, self.above, 1, "VALID")
        if self.taps:
            seen = inputs if self.with_own else inputs[:, :, :-1]
            padded = tf.pad(seen, [[0, 0], [0, 0], [self.reach, 0], [0, 0]])
            outputs += tf.nn.conv2d(padded, self.kernel()[None], 1, "VALID")
        return tf.nn.bias_add(outputs, self.bias) if self.use_bias else outputs

    def above_row(self, rows):
        """What the rows above contribute to a row, bias included.

        Args:
            rows: `[B, rows, W, C]`: the last rows above, zeros where the picture has none; under
                mask B with the part "above" the row itself is the last of them.

        Returns:
            `[B, W, filters]`.
        """
        outputs = self.bias[None, None] if self.use_bias else 0.0
        if not self.rows:
            return tf.broadcast_to(outputs, [*tf.unstack(tf.shape(rows))[::2], self.filters])
        padded = tf.pad(rows, [[0, 0], [0, 0], [self.reach, self.reach], [0, 0]])
        return tf.nn.conv2d(padded, self.above, 1, "VALID")[:, 0] + outputs

    def point(self, features):
        """A convolution of size 1 at single pixels, bias included: `[B, C]` to `[B, filters]`."""
        return tf.matmul(features, self.kernel()[0]) + self.bias[None]

    def left_pixel(self, window):
        """What a pixel's own row contributes to it, without the bias.

        Args:
            window: `[B, reach + 1, C]`: the pixels to the left and the pixel itself.

        Returns:
            `[B, filters]`.
        """
        if not self.with_own:
            window = window[:, :-1]
        flat = tf.reshape(window, [-1, self.taps * window.shape[-1]])
        return tf.matmul(flat, tf.reshape(self.kernel(), [-1, self.filters]))

    def get_config(self):
        return {
            **super().get_config(),
            "filters": self.filters,
            "size": self.size,
            "mask": self.mask,
            "part": self.part,
            "colors": self.colors,
            "use_bias": self.use_bias,
        }


def own_mask(channels, filters, mask, colors):
    """Which channels of a pixel each of its own features sees: float32 `[channels, filters]`, 0
    or 1.
    """
    before = np.repeat(np.arange(colors), channels // colors)[:, None]
    after = np.repeat(np.arange(colors), filters // colors)[None]
    return (before < after if mask == "A" else before <= after).astype(np.float32)


def gated(features, colors=1):
    """tanh(a) * sigmoid(b) of features `[..., 2 C]` -> `[..., C]` (equation 2 of 1606.05328): of
    each colour's channels the first half is a and the second b, so that colours stay apart.
    """
    if colors == 1:
        value, gate = tf.split(features, 2, axis=-1)
        return tf.tanh(value) * tf.sigmoid(gate)
    leading = tf.unstack(tf.shape(features))[:-1]
    half = features.shape[-1] // 2
    apart = tf.reshape(features, [*leading, colors, 2, half // colors])
    values = tf.tanh(apart[..., 0, :]) * tf.sigmoid(apart[..., 1, :])
    return tf.ensure_shape(tf.reshape(values, [*leading, half]), [*features.shape[:-1], half])
