"""Rubbing out parts of a picture, in a real browser, with a network that fills holes."""

import numpy as np
import pytest

from tests.gallery import exports
from tests.gallery.conftest import serving
from tests.gallery.looking import drawn, picture, pixels, until
from tests.gallery.test_draw import canvas, drag, saved
from tfgan_zoo.gallery import collect

FILLED = 0.25  # what this network puts into holes


@pytest.fixture(scope="module")
def filling(tmp_path_factory):
    """(address of a gallery of one network that fills holes, its first example)."""
    import tensorflow as tf

    specs = [
        tf.TensorSpec([1, exports.SIDE, exports.SIDE, channels], name=name)
        for name, channels in (("images", 1), ("masks", 1))
    ]

    class Filling(tf.Module):
        @tf.function(input_signature=specs)
        def __call__(self, images, masks):
            return {"images": tf.where(masks > 0.5, FILLED, images)}

    folder, real = exports.of_pictures(
        tmp_path_factory.mktemp("filling") / "filling",
        Filling(),
        [{"name": "images", "kind": "image"}, {"name": "masks", "kind": "mask"}],
    )
    card = exports.read_card(folder)
    card["paper"]["arxiv"] = None
    exports.write_card(folder, card)
    with serving([(folder, collect.OWN)]) as address:
        yield address, real


def test_what_is_rubbed_out_is_filled_and_the_rest_stays(visit, filling):
    address, real = filling
    page = visit(address).open("#/model/filling?example=0")
    before = drawn(picture(page))
    np.testing.assert_array_equal(saved(page, "Save answer")[..., 0], real)
    page.get_by_role("button", name="Rectangle", exact=True).click()
    drag(page, (0.3, 0.3), (0.6, 0.7))
    until(lambda: pixels(picture(page)) != before)
    drawn(picture(page))
    answer = saved(page, "Save answer")[..., 0].astype(int)
    hole = saved(page, "Save picture")[..., 0] != real
    rows, columns = np.flatnonzero(hole.any(1)), np.flatnonzero(hole.any(0))
    assert 8 < rows[0] < 11 and 20 < rows[-1] < 24 and 8 < columns[0] < 11 < 17 < columns[-1] < 21
    missing = np.zeros_like(hole)
    missing[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1] = True
    np.testing.assert_array_equal(answer[~missing], real[~missing])
    assert (np.abs(answer[missing] - (FILLED + 1) * 127.5) <= 1).all()

    page.get_by_role("button", name="Bring back", exact=True).click()
    drag(page, (0.1, 0.1), (0.9, 0.9))
    until(lambda: pixels(picture(page)) == before)


def test_holes_are_undone_and_cleared(visit, filling):
    page = visit(filling[0]).open("#/model/filling?example=0")
    assert page.get_by_role("tab", name="Rub out").get_attribute("aria-selected") == "true"
    whole = drawn(canvas(page))
    drag(page, (0.3, 0.3), (0.6, 0.5))
    holed = drawn(canvas(page))
    assert holed != whole
    page.get_by_role("button", name="Undo", exact=True).click()
    until(lambda: pixels(canvas(page)) == whole)
    page.get_by_role("button", name="Redo", exact=True).click()
    until(lambda: pixels(canvas(page)) == holed)
    page.get_by_role("button", name="Clear", exact=True).click()
    until(lambda: pixels(canvas(page)) == whole)


def test_masks_that_fit_no_picture_are_said_to_have_no_tool(ask):
    def tool(*inputs):
        card = {
            "tflite": {"float16": {"file": "a"}},
            "interface": {"inputs": list(inputs), "outputs": [{"name": "o", "kind": "image"}]},
        }
        return ask("catalogue.js", "toolOf(given.model)", model={"card": card, "files": {"a": 1}})

    image = {"name": "i", "kind": "image", "shape": [8, 8, 3]}
    mask = {"name": "m", "kind": "mask", "shape": [8, 8, 1]}
    assert tool(image, mask)["tool"] == "rub" and tool(image)["tool"] == "draw"
    for others in (
        [mask],
        [image, mask, {**mask, "name": "n"}],
        [{**image, "shape": [8, 4, 3]}, mask],
    ):
        assert tool(*others)["tool"] is None
        assert "This page has no tool" in tool(*others)["problem"]
