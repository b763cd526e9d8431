"""Large pictures in tiles: equal to the whole picture, in the explorer's command too."""

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.export.conftest import save
from tests.test_explore import options
from tfgan_zoo.explore import files
from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.explore.tiles import in_tiles
from tfgan_zoo.export import card as cards
from tfgan_zoo.export import stored
from tfgan_zoo.export.interface import AnySize, Interface, images, source_images
from tfgan_zoo.kinds.image import to_float, to_uint8
from tfgan_zoo.models.restoration.srgan import SRGAN


@pytest.fixture(scope="module")
def model():
    tf.random.set_seed(0)
    model = SRGAN((16, 16), blocks=1, filters=4, discriminator_filters=1, units=1)
    for number, weight in enumerate(model.generator.weights):  # as large as those that were trained
        drawn = tf.random.stateless_normal(weight.shape, [number, 0], 0.0, 0.15)
        weight.assign(tf.abs(drawn) + 0.1 if "variance" in weight.path else drawn)
    return model


def noise(height, width):
    return np.random.default_rng(height).uniform(-1, 1, (height, width, 3)).astype(np.float32)


@pytest.mark.parametrize(("size", "side"), [((40, 29), 26), ((9, 70), 32), ((20, 20), 100)])
def test_tiles_draw_what_the_whole_picture_would_be(model, size, side):
    picture, calls = noise(*size), []

    def call(tile):
        calls.append(tile.shape)
        return model(tile).numpy()

    sizes = AnySize(4, model.reach)
    found = in_tiles(call, picture, sizes, most=10**6, side=side)
    whole = model(picture[None])[0].numpy()
    assert np.abs(whole).std() > 0.1 and found.shape == whole.shape
    np.testing.assert_allclose(found, whole, atol=1e-5)
    assert max(shape[1] for shape in calls) <= side and (len(calls) > 1) == (side < 100)


def test_a_margin_that_is_too_narrow_shows(model):
    """So that the test above can fail."""
    picture = noise(40, 29)
    call = lambda tile: model(tile).numpy()  # noqa: E731
    found = in_tiles(call, picture, AnySize(4, 2), most=10**6, side=20)
    assert np.abs(found - model(picture[None])[0].numpy()).max() > 1e-3


def test_tiles_fit_into_one_request(model):
    with pytest.raises(ExploreError, match="looks 10 pixels to each side and takes 400"):
        in_tiles(None, noise(30, 30), AnySize(4, 10), most=400)


def test_the_explorer_enlarges_a_folder_of_pictures_of_any_size(model, tmp_path):
    interface = Interface(
        model.name,
        (source_images((8, 8, 3)),),
        (images((32, 32, 3)),),
        call=lambda images: model(images),
        networks=(model.generator,),
        any_size=AnySize(4, model.reach),
    )
    export = save(interface, tmp_path / "srgan")
    files_of = {"1/saved_model.pb": 1}
    card = {"name": "srgan", "interface": stored.section(interface), "files": files_of}
    cards.replace(tmp_path / "srgan" / "card.json", cards.json.dumps(card).encode())
    (tmp_path / "in").mkdir()
    for number, size in enumerate([(12, 300), (31, 7)]):
        pixels = np.random.default_rng(number).integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(tmp_path / "in" / f"{number}.png")
    asked = options(generator=str(export.parent), input=str(tmp_path / "in"))
    told = files.translate(asked, tmp_path / "out", show=lambda *call: None)
    assert told.startswith("2 pictures")
    for name in ("0.png", "1.png"):
        small = np.asarray(Image.open(tmp_path / "in" / name))
        large = np.asarray(Image.open(tmp_path / "out" / name)).astype(int)
        expected = to_uint8(model(to_float(small)[None]))[0].astype(int)
        assert large.shape == expected.shape
        assert np.abs(large - expected).max() <= 1 and np.mean(large != expected) < 1e-3
    with pytest.raises(ExploreError, match="--nokeep_size says nothing"):
        files.translate(options(**vars(asked) | {"keep_size": False}), tmp_path / "other")
