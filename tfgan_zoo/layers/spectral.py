"""Spectral normalisation of weights (Miyato et al. 2018, arXiv 1802.05957)."""

import keras
import tensorflow as tf


def largest_singular_value(matrix, u):
    """One power iteration: sigma, and the `u` to start the next one with.

    v = M u / |M u|, u' = M^T v / |M^T v|, sigma = v^T M u': section 2.2 and appendix A of arXiv
    1802.05957, for the transpose of the paper's matrix. u' and v are constants to the gradient,
    which goes through M: that of sigma is v u'^T.

    Args:
        matrix: M, float32 `[N, K]`.
        u: float32 `[K]`, of any length but zero.

    Returns:
        (sigma, u'): a scalar and `[K]`.
    """
    fixed = tf.stop_gradient(matrix)
    v = _unit(tf.linalg.matvec(fixed, tf.stop_gradient(u)))
    u = _unit(tf.linalg.matvec(fixed, v, transpose_a=True))
    return tf.tensordot(v, tf.linalg.matvec(matrix, u), 1), u


def _unit(vector):
    return vector / (tf.norm(vector) + 1e-12)


class _Spectral:
    """What makes a layer with a kernel one whose kernel is divided by its largest singular value.

    The matrix is the paper's: all axes of the kernel but that of the outputs are one. For a
    convolution that is not the norm of the linear map from picture to picture, which overlapping
    windows can make larger by up to the square root of their number of pixels.

    Each call in training makes one power iteration, goes on from the last one's `u` and keeps its
    own: a weight that is not trained, that checkpoints hold, and that replicas share. At inference
    nothing is kept: the outputs are a function of the weights.
    """

    def build(self, input_shape):
        super().build(input_shape)
        self.u = self.add_weight(
            name="u",
            shape=(self._kernel.shape[-1],),
            initializer=keras.initializers.RandomNormal(0.0, 1.0),
            trainable=False,
            aggregation="only_first_replica",
        )

    def save_own_variables(self, store):
        # What Keras' layer writes of itself leaves out `u`.
        super().save_own_variables(store)
        if self.built:
            store["u"] = self.u

    def load_own_variables(self, store):
        super().load_own_variables(store)
        if self.built:
            self.u.assign(store["u"])

    def add_weight(self, *arguments, **options):
        # float32 whatever the policy: singular values want it. What is divided is cast then.
        return super().add_weight(*arguments, **{**options, "autocast": False})

    def normalised_kernel(self, training=False):
        """The kernel over sigma, float32, of the kernel's shape."""
        kernel = tf.convert_to_tensor(self._kernel)
        matrix = tf.reshape(kernel, [-1, kernel.shape[-1]])
        sigma, u = largest_singular_value(matrix, tf.convert_to_tensor(self.u))
        if training:
            self.u.assign(u)
        return kernel / sigma

    def call(self, inputs, training=False):
        kernel = tf.cast(self.normalised_kernel(training), self.compute_dtype)
        outputs = self.linear_map(inputs, kernel)
        if self.use_bias:
            outputs += tf.cast(tf.convert_to_tensor(self.bias), self.compute_dtype)
        return self.activation(outputs)


@keras.saving.register_keras_serializable("tfgan_zoo")
class SpectralDense(_Spectral, keras.layers.Dense):
    """`keras.layers.Dense` with its kernel over the kernel's largest singular value.

    Call: features `[..., D]` to `[..., units]`.
    """

    def linear_map(self, inputs, kernel):
        return keras.ops.matmul(inputs, kernel)


@keras.saving.register_keras_serializable("tfgan_zoo")
class SpectralConv2D(_Spectral, keras.layers.Conv2D):
    """`keras.layers.Conv2D` with its kernel over the largest singular value of the matrix `[height
    * width * inputs, filters]` that it is reshaped to.

    Call: features `[B, H, W, C]` to `[B, H', W', filters]`.
    """

    def linear_map(self, inputs, kernel):
        return self.convolution_op(inputs, kernel)
