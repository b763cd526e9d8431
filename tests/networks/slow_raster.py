"""Drawing with the whole net for each colour of each pixel, and what a net's parameters depend on.

The first is what `RasterNet.complete` saves, and the reference that it is held against, here and in
`tests/benchmarks/raster_sampling.py`.
"""

import numpy as np
import tensorflow as tf


def complete(net, pixels, given, draw, uniforms, labels=None):
    """As `RasterNet.complete`, without anything that is kept."""
    height, width, channels = net.shape
    colors = net.colors
    at = tf.constant(
        [(r, c, k) for r in range(height) for c in range(width) for k in range(colors)]
    )
    pixels = tf.where((np.arange(height) < given)[:, None, None], pixels, 0.0)

    def one(number, pixels):
        row, column, color = tf.unstack(at[number])
        parameters = net(pixels, labels)[:, row, column]
        drawn = draw(parameters, uniforms[:, row, column])
        own = (tf.range(channels) == color) if colors > 1 else tf.ones([channels], tf.bool)
        here = (tf.range(height) == row)[:, None] & (tf.range(width) == column)[None]
        change = here[..., None] & own & (row >= given)
        return number + 1, tf.where(change, drawn[:, None, None, :], pixels)

    count = height * width * colors
    return tf.while_loop(lambda number, _: number < count, one, (0, pixels))[1]


def dependence(net, colors, count=1, labels=None):
    """Which parameters depend on which numbers of a picture: bool `[n, n]`, in raster order with
    colours last, of random pixels; parameters of one group count as one.

    Args:
        net: pixels `[B, H, W, C]` to parameters `[B, H, W, numbers]`.
        colors: groups of the parameters; pixels are grouped alike.
        count: of pictures, of which one suffices to show a dependence.
    """
    height, width, channels = net.shape
    random = np.random.default_rng(0)
    pixels = tf.constant(random.uniform(-1, 1, (count, height, width, channels)), tf.float32)
    # A sum that no symmetry cancels.
    weights = random.uniform(0.5, 1.5, net.numbers // colors).astype("float32")
    with tf.GradientTape(persistent=True) as tape:
        tape.watch(pixels)
        parameters = net(pixels, labels)
        groups = tf.reshape(parameters, [count, height * width * colors, -1])
        outputs = tf.reduce_sum(tf.reduce_sum(groups * weights, -1), 0)
    jacobian = tape.jacobian(outputs, pixels, experimental_use_pfor=False)
    found = tf.reshape(jacobian, [height * width * colors, count, height * width, colors, -1])
    return np.any(found.numpy() != 0.0, axis=(1, 4)).reshape(height * width * colors, -1)
