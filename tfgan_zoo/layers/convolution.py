"""4x4 convolutions of stride 2 that are fast on small maps.

Deep in an encoder a layer has millions of weights and a handful of pixels. There TensorFlow's CPU
kernels spend their time on bringing the weights into their own order, in the forward pass and
again for both gradients. A matrix product reads the weights as they lie: on two cores a training
step of pix2pix at 256x256 and batch 1 is a third faster (`tests/benchmarks/train_step.py`).

The layers are Keras' own in weights, names of weights and results (to rounding). They take the
matrix products only in training, on CPUs and where the map is small; what is exported holds the
plain convolutions.
"""

import keras
import tensorflow as tf

# Pixels of the smaller map over the whole batch, up to which the products are the faster way.
SMALL = 256


class _FourByFour:
    """What both directions share: kernel 4, stride 2, 'same', no bias."""

    def __init__(self, filters, kernel_initializer="glorot_uniform", **kwargs):
        super().__init__(
            filters,
            4,
            2,
            padding="same",
            use_bias=False,
            kernel_initializer=kernel_initializer,
            **kwargs,
        )

    def get_config(self):
        config = super().get_config()
        ours = ("name", "trainable", "dtype", "filters", "kernel_initializer")
        return {name: config[name] for name in ours}


@keras.saving.register_keras_serializable("tfgan_zoo")
class HalvingConvolution(_FourByFour, keras.layers.Conv2D):
    """Images `[B, H, W, C]` to `[B, ceil(H / 2), ceil(W / 2), filters]`."""

    def call(self, inputs, training=False):
        batch, height, width, _ = inputs.shape
        even = None not in (height, width) and height % 2 == width % 2 == 0
        if training and even and _is_small(batch, height // 2, width // 2):
            return _halve_by_product(inputs, tf.convert_to_tensor(self.kernel))
        return super().call(inputs)


@keras.saving.register_keras_serializable("tfgan_zoo")
class DoublingConvolution(_FourByFour, keras.layers.Conv2DTranspose):
    """Images `[B, H, W, C]` to `[B, 2H, 2W, filters]`."""

    def call(self, inputs, training=False):
        if training and _is_small(*inputs.shape[:3]):
            return _double_by_product(inputs, tf.convert_to_tensor(self.kernel))
        return super().call(inputs)


def _is_small(batch, height, width):
    if None in (batch, height, width) or batch * height * width > SMALL:
        return False
    return not tf.config.list_logical_devices("GPU")


# The two are adjoint: each is the other's gradient towards its images. In their names and
# comments `large` is [B, 2h, 2w, L], `small` [B, h, w, S] and `kernel` [4, 4, L, S].


@tf.custom_gradient
def _halve_by_product(large, kernel):
    return _halve(large, kernel), lambda up: (_double(up, kernel), _kernel_gradient(large, up))


@tf.custom_gradient
def _double_by_product(small, kernel):
    return _double(small, kernel), lambda up: (_halve(up, kernel), _kernel_gradient(up, small))


def _halve(large, kernel):
    batch, height, width, _ = large.shape
    product = _patches(large) @ tf.reshape(kernel, [-1, kernel.shape[-1]])
    return tf.reshape(product, [batch, height // 2, width // 2, -1])


def _double(small, kernel):
    batch, height, width, features = small.shape
    pixels = tf.reshape(small, [-1, features])
    # One product for each of the 16 weights of a window; a single wide one is up to three times
    # slower in TensorFlow.
    taps = tf.matmul(
        tf.broadcast_to(pixels, [16, *pixels.shape]),
        tf.reshape(kernel, [16, -1, features]),
        transpose_b=True,
    )
    # A window covers two blocks of 2x2 pixels in each direction, its neighbours the next blocks.
    taps = tf.reshape(taps, [2, 2, 2, 2, batch, height, width, -1])
    blocks = tf.add_n(
        [
            tf.pad(
                taps[row, :, column], [*[[0, 0]] * 3, [row, 1 - row], [column, 1 - column], [0, 0]]
            )
            for row in (0, 1)
            for column in (0, 1)
        ]
    )  # [2, 2, B, h + 1, w + 1, L]
    padded = tf.reshape(
        tf.transpose(blocks, [2, 3, 0, 4, 1, 5]), [batch, 2 * height + 2, 2 * width + 2, -1]
    )
    return padded[:, 1:-1, 1:-1]


def _kernel_gradient(large, small):
    pixels = tf.reshape(small, [-1, small.shape[-1]])
    product = tf.matmul(_patches(large), pixels, transpose_a=True)
    return tf.reshape(product, [4, 4, large.shape[-1], small.shape[-1]])


def _patches(large):
    """The window of every pixel of the small map: `[B h w, 16 L]`."""
    windows = tf.image.extract_patches(large, [1, 4, 4, 1], [1, 2, 2, 1], [1, 1, 1, 1], "SAME")
    return tf.reshape(windows, [-1, 16 * large.shape[-1]])
