"""Autoregressive nets: what each parameter depends on, and drawing with what is kept against
drawing with the whole net.
"""

import numpy as np
import pytest
import tensorflow as tf

from tests.networks import slow_raster
from tests.networks.reach import Reach
from tfgan_zoo.models.likelihood.pixel_cnn import PixelCNN
from tfgan_zoo.models.likelihood.pixel_rnn import PixelRNN

CLASSES = 2
NETS = {
    "gated": lambda **own: PixelCNN(classes=CLASSES, **own),
    "plain": lambda **own: PixelCNN(stacks="plain", **own),
    "row": lambda **own: PixelRNN(lstm="row", **own),
    "diagonal": lambda **own: PixelRNN(lstm="diagonal", **own),
}
GREY = {"shape": (4, 5, 1), "output": "bernoulli"}
COLOURED = {"shape": (3, 3, 3), "output": "softmax", "levels": 3}
OTHERS = {"layers": 2, "filters": 6, "first_size": 3, "head": 12}
EACH = [(kind, GREY) for kind in NETS]


def made(kind, **settings):
    """A model whose weights all say something."""
    model = NETS[kind](**(OTHERS | settings))
    random = np.random.default_rng(1)
    for variable in model.network.trainable_variables:
        # Biases above 0, since rectified units that are off say nothing.
        above = 0.3 if len(variable.shape) == 1 else 0.0
        variable.assign(random.normal(above, 0.4, variable.shape))
    return model


def labels_of(model, count):
    return tf.range(count) % CLASSES if model.classes else None


def reached(kind, model):
    colors = model.distribution.colors
    reach = Reach((*model.shape[:2], colors))
    sizes = (3,) if kind == "diagonal" else (3, 3)
    return reach.matrix(getattr(reach, kind)(OTHERS["layers"], *sizes))


@pytest.mark.parametrize(
    "kind, setting", [*EACH, *((kind, COLOURED) for kind in ("gated", "plain", "diagonal"))]
)
def test_each_parameter_depends_on_what_its_paper_says_and_never_on_the_future(kind, setting):
    model = made(kind, **setting)
    found = slow_raster.dependence(
        model.network, model.distribution.colors, count=3, labels=labels_of(model, 3)
    )
    before = np.tril(np.ones(found.shape, bool), -1)
    assert not found[~before].any()
    np.testing.assert_array_equal(found, reached(kind, model))


@pytest.mark.parametrize("kind", NETS)
def test_only_the_gated_net_has_no_blind_spot(kind):
    """With squares and layers enough to reach over the picture, by what the papers say; the test
    above says that the nets do so.
    """
    reach = Reach((6, 6, 1))
    layers = 5
    sizes = (3,) if kind == "diagonal" else (3, 3)
    found = reach.matrix(getattr(reach, kind)(layers, *sizes))
    before = np.tril(np.ones(found.shape, bool), -1)
    blind = np.argwhere(before & ~found)
    if kind == "gated":
        assert not len(blind)
    elif kind == "diagonal":
        # The last pixel of the row above is in no feature above, since none knows its own pixel,
        # and the first square alone sees it.
        expected = [(6 * r + c, 6 * r - 1) for r in range(1, 6) for c in range(4)]
        np.testing.assert_array_equal(blind, expected)
    else:
        assert len(blind)


@pytest.mark.parametrize("kind, setting", [*EACH, ("gated", COLOURED), ("row", COLOURED)])
def test_what_is_kept_draws_the_picture_that_the_whole_net_draws(kind, setting):
    model, count = made(kind, **setting), 6
    labels, latents = labels_of(model, count), model.prior.sample(count, (3, 4))
    given = tf.constant(2)
    pixels = model.distribution.observe(
        tf.random.stateless_uniform([count, *model.shape], (1, 2), -1, 1), (5, 6)
    )

    @tf.function  # eager loops over so many small steps take longer than the trace
    def quickly(given):
        return model.complete(pixels, given, latents, 0.8, labels)

    def slowly(given):
        return slow_raster.complete(
            model.network,
            pixels,
            given,
            lambda parameters, own: model.distribution.draw(parameters, own, 0.8),
            tf.reshape(latents, [count, *model.shape[:2], -1]),
            labels,
        )

    found = quickly(tf.constant(0))
    assert len(np.unique(found, axis=0)) > 1 and np.std(found) > 0.1
    np.testing.assert_array_equal(found, slowly(0))
    completed = quickly(given)
    np.testing.assert_array_equal(completed[:, :2], pixels[:, :2])
    np.testing.assert_array_equal(completed, slowly(2))
    np.testing.assert_array_equal(quickly(tf.constant(model.shape[0])), pixels)


def test_a_mixture_takes_one_look_at_a_pixel_of_three_colours():
    settings = {"shape": (3, 3, 3), "output": "logistic", "levels": 5, "mixtures": 2}
    model = made("gated", **settings)
    assert model.network.colors == 1
    labels, latents = labels_of(model, 4), model.prior.sample(4, (3, 4))
    slow = slow_raster.complete(
        model.network,
        tf.zeros([4, 3, 3, 3]),
        0,
        model.distribution.draw,
        tf.reshape(latents, [4, 3, 3, -1]),
        labels,
    )
    np.testing.assert_array_equal(model.draw(latents, labels=labels), slow)


def test_a_first_square_larger_than_the_picture_is_refused():
    with pytest.raises(ValueError, match="reaches beyond pictures of 2x9"):
        made("plain", shape=(2, 9, 1), output="bernoulli", first_size=7)
