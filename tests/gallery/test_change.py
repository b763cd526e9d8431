"""Choosing how a picture is to look, in a real browser, with a network that takes a class."""

import numpy as np
import pytest

from tests.gallery import exports
from tests.gallery.conftest import serving
from tests.gallery.looking import drawn, picture, pixels, until
from tests.gallery.test_draw import saved
from tfgan_zoo.gallery import collect

LOOKS = ["plain", "plain+bright", "inverted"]


@pytest.fixture(scope="module")
def changing(tmp_path_factory):
    """(address of a gallery of one network that changes pictures, its first example)."""
    import tensorflow as tf

    specs = [
        tf.TensorSpec([1, exports.SIDE, exports.SIDE, 1], name="images"),
        tf.TensorSpec([1], tf.int32, name="labels"),
    ]

    class Changing(tf.Module):
        @tf.function(input_signature=specs)
        def __call__(self, images, labels):
            factor = tf.gather(tf.constant([1.0, 0.5, -1.0]), labels)
            offset = tf.gather(tf.constant([0.0, 0.5, 0.0]), labels)
            return {"images": images * factor[:, None, None, None] + offset[:, None, None, None]}

    folder, real = exports.of_pictures(
        tmp_path_factory.mktemp("changing") / "changing",
        Changing(),
        [
            {"name": "images", "kind": "image"},
            {"name": "labels", "kind": "class", "shape": [], "dtype": "int32"}
            | {"classes": 3, "names": LOOKS},
        ],
    )
    with serving([(folder, collect.OWN)]) as address:
        yield address, real.astype(int)


def test_a_picture_is_shown_in_the_look_that_one_chooses(visit, changing):
    address, real = changing
    page = visit(address).open("#/model/changing?example=0")
    assert page.get_by_role("tab", name="Change").get_attribute("aria-selected") == "true"
    plain = drawn(picture(page))
    np.testing.assert_array_equal(saved(page, "Save answer")[..., 0], real)
    group = page.get_by_role("group", name="Show it as")
    assert group.get_by_role("button").all_inner_texts() == ["plain", "plain + bright", "inverted"]
    group.get_by_role("button", name="inverted").click()
    until(lambda: pixels(picture(page)) != plain)
    drawn(picture(page))
    inverted = saved(page, "Save answer")[..., 0]
    assert np.abs(inverted - (255 - real)).max() <= 1
    group.get_by_role("button", name="plain + bright").click()
    until(lambda: np.abs(saved(page, "Save answer")[..., 0] - (real / 2 + 127.5)).max() <= 1)
    np.testing.assert_array_equal(saved(page, "Save picture")[..., 0], real)


def test_the_look_stands_in_the_address(visit, changing):
    address, real = changing
    page = visit(address).open("#/model/changing?example=0&labels=2")
    drawn(picture(page))
    pressed = page.get_by_role("group", name="Show it as").locator("[aria-pressed=true]")
    assert pressed.all_inner_texts() == ["inverted"]
    assert np.abs(saved(page, "Save answer")[..., 0] - (255 - real)).max() <= 1
    page.get_by_role("button", name="plain", exact=True).click()
    until(lambda: "labels=0" in page.evaluate("() => location.hash"))


def test_a_class_beside_a_label_map_stays_a_drawing(ask):
    def tool(*inputs):
        card = {
            "tflite": {"float16": {"file": "a"}},
            "interface": {"inputs": list(inputs), "outputs": [{"name": "o", "kind": "image"}]},
        }
        return ask("catalogue.js", "toolOf(given.model)", model={"card": card, "files": {"a": 1}})

    label = {"name": "l", "kind": "class", "shape": [], "classes": 3}
    for kind, expected in (("image", "change"), ("label_map", "draw")):
        assert tool({"name": "i", "kind": kind, "shape": [8, 8, 3]}, label)["tool"] == expected
