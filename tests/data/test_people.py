"""The drawn people: who stays the same, what a camera changes, and the way to the trainers."""

import hashlib

import numpy as np
import pytest
import tensorflow_datasets as tfds

from tfgan_zoo.data import people
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.people_drawing import person
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images, open_pairs
from tfgan_zoo.data.unpaired import open_unpaired

SIZE = (32, 16)


@pytest.fixture(scope="module")
def data_dir(tmp_path_factory):
    return str(tmp_path_factory.mktemp("tfds"))


PINNED = ("coat", "backpack", "short", (89, 11, 42))
MEAN = (161.0, 101.0, 72.0)  # of red, green and blue


def draw(number=0, camera="street 1", view=0, size=(64, 32), place="street", split="train", seed=0):
    return people.draw(seed, place, split, number, camera, view, size)


@pytest.mark.parametrize("size", [(16, 16), (64, 32), (33, 47), (200, 40), (24, 100)])
def test_any_size(size):
    picture = draw(size=size)
    assert picture.shape == (*size, 3) and picture.dtype == np.uint8
    assert picture.std() > 15


def test_the_same_arguments_draw_the_same_and_others_differ():
    first = draw()
    np.testing.assert_array_equal(first, draw())
    for other in ({"number": 1}, {"camera": "street 2"}, {"view": 1}, {"seed": 1}):
        assert (draw(**other) != first).any(), other
    assert (draw(place="station") != first).any() and (draw(split="test") != first).any()


def test_who_somebody_is_is_pinned():
    """A change here changes the set that saved scores belong to: raise VERSION with it."""
    who = person(0, "street", "train", 0)
    assert (who.top, who.bag, who.style, who.top_colour) == PINNED
    assert np.abs(draw().mean((0, 1)) - MEAN).max() < 2


def test_another_size_shows_the_same():
    small, large = draw(3, size=(64, 32)), draw(3, size=(128, 64))
    halved = large.reshape(64, 2, 32, 2, 3).mean((1, 3))
    assert np.abs(halved - small).mean() < 8
    assert np.abs(halved - draw(4, size=(64, 32))).mean() > 12


def test_both_places_see_one_person_in_one_pose():
    """The cameras of one number differ in light, not in where the person is."""
    street, station = (draw(5, camera=f"{place} 1", size=(128, 64)) for place in people.PLACES)
    colour = [np.ptp(picture, axis=-1).mean() for picture in (street, station)]
    assert colour[0] > 2 * colour[1]
    other = draw(6, camera="station 1", size=(128, 64))

    def edges(picture):
        grey = picture.astype(float).mean(-1)
        return np.abs(np.diff(grey[30:110], axis=1)).ravel()

    alike = np.corrcoef(edges(street), edges(station))[0, 1]
    assert alike > np.corrcoef(edges(street), edges(other))[0, 1] + 0.1


def test_nobody_is_in_two_splits_or_places():
    who = {
        person(0, place, split, number)
        for place in people.PLACES
        for split in people.SPLITS
        for number in range(100)
    }
    assert len(who) == 600


def test_clothes_differ_in_every_way():
    crowd = [person(0, "street", "train", number) for number in range(100)]
    for field, kinds in (("top", 4), ("bottom", 3), ("bag", 4), ("pattern", 7), ("style", 6)):
        assert len({getattr(who, field) for who in crowd}) == kinds, field


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"camera": "roof"}, "camera is 'roof'; choose one of street 1"),
        ({"place": "beach"}, "place is 'beach'; choose one of street"),
        ({"split": "dev"}, "split is 'dev'; choose one of train"),
        ({"size": (64, 8)}, "at least 16x16"),
        ({"number": -1}, "must not be negative"),
    ],
)
def test_wrong_arguments_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        draw(**arguments)


def test_load_returns_what_draw_draws_in_order(data_dir):
    fields, names, info = people.load(
        "validation", image_size=SIZE, seed=4, num_people=3, data_dir=data_dir
    )
    assert len(names) == len(set(names)) == 2 * 3 * 2 * people.VIEWS
    row = names.index("station-validation-0002-c4-v1")
    expected = people.draw(4, "station", "validation", 2, "station 2", 1, SIZE)
    np.testing.assert_array_equal(fields["images"][row], expected)
    assert fields["persons"][row] == 5 and info["camera_names"][fields["cameras"][row]] == (
        "station 2"
    )
    alone, _, _ = people.load(
        "validation", image_size=SIZE, places=("station",), seed=4, num_people=3, data_dir=data_dir
    )
    assert sorted(set(alone["persons"])) == [0, 1, 2] and set(alone["cameras"]) == {2, 3}
    with pytest.raises(ValueError, match="num_people is 0"):
        people.load("train", image_size=SIZE, num_people=0)


def test_the_doors_of_the_data_room(data_dir):
    request = Request(image_size=SIZE, num_examples=2, data_dir=data_dir)
    both = open_images("people", "train", request)
    assert list(both.fields) == ["images", "persons", "cameras"]
    assert len(both) == 32 and both.fields["persons"].count == 4
    street = open_images("people_street", "train", request)
    sides = open_unpaired("people", "train", request)
    np.testing.assert_array_equal(sides.a.fetch([3])["images_a"], street.fetch([3])["images"])
    assert list(sides.b.fields) == ["images_b"] and sides.a.names != sides.b.names
    with pytest.raises(DataError, match="'people_station' holds single images; pairs are"):
        open_pairs("people_station", "train", request)


def test_the_builder_is_registered(data_dir):
    builder = tfds.builder("zoo_people/64x32", data_dir=data_dir)
    assert builder.info.features["camera"].names == list(people.NAMES)
    assert builder.info.supervised_keys == ("image", "person")


def test_no_global_generator_is_used():
    np.random.seed(0)
    before = np.random.get_state()[1].copy()
    digest = hashlib.sha256(draw().tobytes()).hexdigest()
    np.random.seed(1)
    assert hashlib.sha256(draw().tobytes()).hexdigest() == digest
    np.random.seed(0)
    np.testing.assert_array_equal(np.random.get_state()[1], before)
