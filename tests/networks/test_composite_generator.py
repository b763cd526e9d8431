"""The generator of one frame: its layers at the paper's size, and what is refused."""

import keras
import numpy as np
import pytest

from tfgan_zoo.networks.composite_generator import composite_generator


def test_the_default_has_the_authors_layers():
    # At the least size that three halvings take; the weights do not depend on it.
    model = composite_generator((32, 32), 9, 6, filters=4)
    kernels = {
        layer.name: layer.kernel.shape
        for layer in model.layers
        if isinstance(layer, keras.layers.Conv2D | keras.layers.Conv2DTranspose)
    }
    assert kernels["labels_first"] == (7, 7, 9, 4) and kernels["pictures_first"] == (7, 7, 6, 4)
    for way in ("labels", "pictures"):
        downs = [kernels[f"{way}_down{level}"] for level in (1, 2, 3)]
        assert downs == [(3, 3, 4, 8), (3, 3, 8, 16), (3, 3, 16, 32)]
        # Five of the nine blocks on the way down, four on each way up.
        assert sum(name.startswith(f"{way}_block") for name in kernels) == 2 * 5
    for way in ("picture", "flow"):
        ups = [kernels[f"{way}_up{level}"] for level in (2, 1, 0)]
        assert ups == [(3, 3, 16, 32), (3, 3, 8, 16), (3, 3, 4, 8)]
        assert sum(name.startswith(f"{way}_block") for name in kernels) == 2 * 4
    assert [kernels[name] for name in ("raw", "flow", "mask")] == [
        (7, 7, 4, 3),
        (7, 7, 4, 2),
        (7, 7, 4, 1),
    ]


def test_its_answers_are_a_picture_a_flow_in_pixels_and_a_mask():
    keras.utils.set_random_seed(0)
    model = composite_generator((16, 8), 3, 2, 1, filters=2, halvings=1, blocks=2, flow_scale=5.0)
    random = np.random.default_rng(0)
    given = [random.uniform(-1, 1, (2, 16, 8, channels)).astype("f4") for channels in (3, 2)]
    raw, flow, mask = (answer.numpy() for answer in model(given))
    assert (raw.shape, flow.shape, mask.shape) == ((2, 16, 8, 1), (2, 16, 8, 2), (2, 16, 8, 1))
    assert np.abs(raw).max() <= 1 and mask.min() >= 0 and mask.max() <= 1
    inner = keras.Model(model.input, model.get_layer("flow").output)
    np.testing.assert_allclose(flow, 5 * inner(given).numpy(), rtol=1e-6)
    # What is trained is what is served, at any batch.
    for number in range(2):
        alone = model([value[number : number + 1] for value in given])
        np.testing.assert_allclose(alone[0][0], raw[number], atol=1e-5)
        trained = model(given, training=True)
        np.testing.assert_allclose(trained[1][number], flow[number], atol=1e-4)


@pytest.mark.parametrize("size", [(12, 16), (8, 16)])
def test_sizes_that_cannot_be_are_one_sentence(size):
    with pytest.raises(ValueError, match="multiples of 4, at least 16, not"):
        composite_generator(size, 3, 3, halvings=2)
