"""The drawn facades in several looks: one building, and what a look changes of it."""

import numpy as np
import pytest

from tfgan_zoo.data import facade_materials, facades
from tfgan_zoo.data.facade_materials import LOOKS, Look, rows_of
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images

SIZE = (64, 64)


@pytest.fixture(scope="module")
def drawn():
    """Look -> (labels, photo) of one building with windows, a street and plants."""
    return {name: facades.draw(0, "train", 1, SIZE, look) for name, look in LOOKS.items()}


def of_class(labels, name):
    return (labels == facades.PALETTE[facades.LABEL_NAMES.index(name)]).all(-1)


def test_every_look_is_the_same_building(drawn):
    plain, _ = facades.draw(0, "train", 1, SIZE)
    assert len(drawn) == 12
    for name, (labels, photo) in drawn.items():
        np.testing.assert_array_equal(labels, plain, err_msg=name)
        assert photo.shape == (*SIZE, 3) and photo.dtype == np.uint8
    # What a material is not of, such as the sky, is as it was.
    sky = of_class(plain, "sky")
    brick, stone = drawn["brick"][1][sky], drawn["stone"][1][sky]
    assert np.abs(brick.astype(int) - stone).mean() < 2


def test_a_look_of_nothing_draws_the_building_in_its_own_colours():
    labels, photo = facades.draw(0, "train", 1, SIZE)
    _, found = facades.draw(0, "train", 1, SIZE, Look())
    wall = of_class(labels, "wall")
    assert np.abs(found[wall].mean(0) - photo[wall].mean(0)).max() < 3


def test_materials_colour_the_walls(drawn):
    wall = of_class(drawn["brick"][0], "wall")
    red, _, blue = drawn["brick"][1][wall].mean(0)
    assert red > blue + 50
    red, _, blue = drawn["boards"][1][wall].mean(0)
    assert blue > red + 25
    stone = drawn["stone"][1][wall].mean(0)
    assert stone.min() > 120 and np.ptp(stone) < 60


def test_it_is_dark_at_night_but_for_lit_windows_of_which_each_look_has_the_same(drawn):
    labels = drawn["brick"][0]
    sky, window = of_class(labels, "sky"), of_class(labels, "window")
    for name in ("brick", "stone+snow", "boards"):
        day = drawn[name][1].astype(float)
        night = drawn["+".join([name.split("+")[0], "night", *name.split("+")[1:]])][1]
        assert night[sky].mean() < 0.6 * day[sky].mean()
        assert night[sky].mean(0)[2] > night[sky].mean(0)[0]
        assert night[window].mean(0)[0] > night[window].mean(0)[2]
    lit = [drawn[name][1][..., 0] > 160 for name in ("brick+night", "boards+night")]
    assert lit[0].any() and (lit[0] != lit[1]).mean() < 0.01
    assert (lit[0] & window).sum() > 0.5 * lit[0].sum()


def test_snow_lies_on_the_street_and_the_roof_and_not_on_the_wall(drawn):
    labels, before = drawn["brick"]
    _, after = drawn["brick+snow"]
    for name in ("street", "plant"):
        part = of_class(labels, name)
        assert after[part].mean() > before[part].mean() + 40, name
    wall = of_class(labels, "wall")
    difference = np.abs(after[wall].astype(int) - before[wall]).mean()
    assert difference < 25
    assert after[of_class(labels, "street")].std(-1).mean() < 12  # white, not tinted


def test_looks_are_drawn_at_any_size_and_again_the_same():
    look = LOOKS["boards+night+snow"]
    for size in ((16, 16), (33, 47), (48, 96)):
        first = facades.draw(3, "test", 2, size, look)
        assert first[1].shape == (*size, 3)
        np.testing.assert_array_equal(first[1], facades.draw(3, "test", 2, size, look)[1])


def test_training_shows_no_building_twice_and_held_out_ones_in_all_looks():
    assert rows_of("train", 14)[11:] == [(11, 11), (12, 0), (13, 1)]
    rows = rows_of("test", 2)
    assert rows[:12] == [(0, look) for look in range(12)] and len(rows) == 24


def test_the_set_is_opened_by_its_name(tmp_path):
    request = Request(image_size=(16, 24), num_examples=2, data_dir=tmp_path)
    held = open_images("facade_materials", "val", request)
    assert len(held) == 24 and held.info["views"] == 12
    found = held.fetch([13])
    _, expected = facades.draw(0, "validation", 1, (16, 24), LOOKS["brick+snow"])
    np.testing.assert_array_equal(found["images"][0], expected)
    assert held.fields["labels"].names[found["labels"][0]] == "brick+snow"
    assert held.names[13] == "validation-00001-brick+snow"
    train = open_images("facade_materials", "train", request)
    assert len(train) == 2 and "views" not in train.info


def test_wrong_numbers_are_named():
    with pytest.raises(ValueError, match="split is 'dev'"):
        facade_materials.load("dev", image_size=(16, 16))
    with pytest.raises(ValueError, match="at least 1"):
        facade_materials.load("test", image_size=(16, 16), num_examples=0)
