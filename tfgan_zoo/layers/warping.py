"""Pictures moved by a flow: each pixel says where in another picture it is found.

A flow is float32 `[B, H, W, 2]` in pixels, to the right and then down: what is seen at (x, y) lies
at (x + dx, y + dy) in the other picture, as in FlowNet2's `Resample2d`, which vid2vid warps with.
"""

import keras
import tensorflow as tf


def warp(images, flow):
    """The pictures `[B, H, W, C]` seen at the places that the flow names.

    Between pixels the four nearest are blended bilinearly; outside of the picture its edge goes on.
    Under a flow of whole pixels the result is exact. Both arguments have gradients, the flow where
    it does not lead outside.

    Args:
        images: float32 `[B, H, W, C]`.
        flow: float32 `[B, H, W, 2]`.
    """
    batch, height, width, channels = tf.unstack(tf.shape(images))
    x = tf.cast(tf.range(width), tf.float32) + flow[..., 0]
    y = tf.cast(tf.range(height), tf.float32)[:, None] + flow[..., 1]
    x = tf.clip_by_value(x, 0.0, tf.cast(width - 1, tf.float32))
    y = tf.clip_by_value(y, 0.0, tf.cast(height - 1, tf.float32))
    left, top = tf.floor(x), tf.floor(y)
    share_x, share_y = (x - left)[..., None], (y - top)[..., None]
    left, top = tf.cast(left, tf.int32), tf.cast(top, tf.int32)
    right, bottom = tf.minimum(left + 1, width - 1), tf.minimum(top + 1, height - 1)

    # Rows of one long list, whose start each picture knows: the plainest gather there is.
    rows = tf.reshape(images, [batch * height * width, channels])
    start = (tf.range(batch) * height * width)[:, None, None]

    def pixels(row, column):
        return tf.gather(rows, start + row * width + column)

    upper = pixels(top, left) * (1.0 - share_x) + pixels(top, right) * share_x
    lower = pixels(bottom, left) * (1.0 - share_x) + pixels(bottom, right) * share_x
    warped = upper * (1.0 - share_y) + lower * share_y
    return tf.ensure_shape(warped, [*flow.shape[:3], images.shape[-1]])


def composed(near, far):
    """The flow over two steps: `near` leads to the middle picture, `far` from there on.

    Args:
        near, far: `[B, H, W, 2]`.
    """
    return near + warp(far, near)


@keras.saving.register_keras_serializable("tfgan_zoo")
class Warp(keras.layers.Layer):
    """`warp` as a layer: `[images, flow]` to pictures."""

    def call(self, inputs):
        images, flow = inputs
        return warp(images, flow)

    def compute_output_shape(self, input_shape):
        return input_shape[0]
