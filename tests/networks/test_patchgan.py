"""The patch discriminator: what one score sees, exactly."""

import keras
import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.layers.normalization import BatchStatisticsNormalization
from tfgan_zoo.networks.patchgan import LAYERS_OF_PATCH, patchgan


def support(net, row, column):
    """Bounding box (top, bottom, left, right), ends excluded, of the input that one score depends
    on, and the share of that box whose gradient is not zero.
    """
    image = tf.ones([1, *net.input_shape[1:]])
    with tf.GradientTape() as tape:
        tape.watch(image)
        score = net(image, training=False)[0, row, column, 0]
    seen = np.any(np.array(tape.gradient(score, image))[0] != 0.0, axis=-1)
    rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
    box = rows[0], rows[-1] + 1, columns[0], columns[-1] + 1
    return box, seen[box[0] : box[1], box[2] : box[3]].mean()


@pytest.mark.parametrize("patch", LAYERS_OF_PATCH)
def test_one_score_depends_on_exactly_its_patch(patch):
    stride = 2 ** LAYERS_OF_PATCH[patch]
    size = (patch + 4 * stride + 6) // stride * stride
    net = patchgan((size, size), channels=2, patch=patch, filters=1)

    # Statistics see the whole picture. With them taken out, the layers and their wiring kept, what
    # is left to depend on is the patch. Kernels of ones let no gradient cancel or vanish.
    def without_statistics(layer):
        if isinstance(layer, BatchStatisticsNormalization):
            return keras.layers.Identity()
        return type(layer).from_config(layer.get_config())

    net = keras.models.clone_model(net, clone_function=without_statistics)
    net.set_weights([np.ones_like(kernel) for kernel in net.get_weights()])

    middle = net.output_shape[1] // 2
    box, filled = support(net, middle, middle)
    assert (box[1] - box[0], box[3] - box[2]) == (patch, patch)
    assert filled == 1.0
    assert min(box) > 0 and max(box) < size  # an inner score: the border cuts nothing off
    moved, _ = support(net, middle - 1, middle)
    assert moved == (box[0] - stride, box[1] - stride, box[2], box[3])


@pytest.mark.parametrize(
    "patch, scores", [(1, 256), (16, 126), (34, 62), (70, 30), (142, 14), (286, 6)]
)
def test_scores_of_a_256_pixel_picture(patch, scores):
    net = patchgan((256, 256), channels=6, patch=patch, filters=1)
    assert net.output_shape == (None, scores, scores, 1)


def test_default_has_the_parameters_of_the_paper():
    # The authors' PyTorch port has 2,768,705: these and the 65 biases of its first and last layer.
    assert patchgan((256, 256), channels=6).count_params() == 2_768_640


@pytest.mark.parametrize("patch", [1, 70])
def test_no_normalisation_on_the_first_layer_and_the_scores(patch):
    net = patchgan((64, 128), channels=3, patch=patch, filters=2)
    norms = [layer for layer in net.layers if isinstance(layer, BatchStatisticsNormalization)]
    normalised = {id(layer.input) for layer in norms}
    convolutions = [layer for layer in net.layers if isinstance(layer, keras.layers.Conv2D)]
    flags = [id(layer.output) in normalised for layer in convolutions]
    assert flags == [False] + [True] * (len(flags) - 2) + [False] and len(flags) > 2
    assert not any(layer.use_bias for layer in convolutions)


def test_smallest_picture_gives_scores_and_a_smaller_one_is_refused():
    net = patchgan((24, 40), channels=1, patch=70, filters=1)
    assert net(tf.zeros([2, 24, 40, 1])).shape == (2, 1, 3, 1)
    with pytest.raises(ValueError, match="16x40 are too small for a patch of 70"):
        patchgan((16, 40), channels=1, patch=70)


def test_patch_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="1, 16, 34, 70, 142, 286"):
        patchgan((256, 256), channels=6, patch=64)


def test_a_scaled_instance_is_normalised_by_itself_and_has_scale_and_offset():
    net = patchgan((32, 32), 3, 34, filters=2, normalization="scaled_instance")
    images = tf.constant(np.random.default_rng(0).uniform(-1, 1, (3, 32, 32, 3)), tf.float32)
    alone = np.concatenate([net(images[i : i + 1], training=True) for i in range(3)])
    np.testing.assert_allclose(net(images, training=True), alone, atol=1e-5)
    plain = patchgan((32, 32), 3, 34, filters=2, normalization="instance")
    widths = [4, 8]  # of the two normalised layers
    assert net.count_params() == plain.count_params() + 2 * sum(widths)


def test_normalisation_that_does_not_exist_is_refused():
    with pytest.raises(ValueError, match="choose one of batch, instance, scaled_instance"):
        patchgan((32, 32), 3, 34, normalization="layer")
