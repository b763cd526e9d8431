"""Labelled examples: balanced, chosen by seed; the stream goes on from any step."""

import numpy as np
import pytest

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.semi_supervised import choose_labelled, train_batches
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image

CLASSES = np.repeat(np.arange(4, dtype=np.int32), [9, 12, 15, 24])


def table(labels=CLASSES):
    """Pictures whose first pixel is their number."""
    count = len(labels)
    arrays = {"images": np.zeros((count, 2, 2, 1), np.uint8), "labels": labels}
    arrays["images"][:, 0, 0, 0] = np.arange(count)
    kinds = {"images": Image((2, 2, 1)), "labels": Class()}
    return Examples.from_arrays(arrays, kinds, [str(i) for i in range(count)], {})


def numbers(images):
    return np.round((np.asarray(images)[:, 0, 0, 0] + 1.0) * 127.5).astype(int)


def test_as_many_of_each_class_and_each_its_own():
    chosen = choose_labelled(table(), 12, seed=3)
    found = chosen.fetch(np.arange(12))
    assert np.bincount(found["labels"]).tolist() == [3, 3, 3, 3]
    rows = found["images"][:, 0, 0, 0]
    assert len(set(rows)) == 12
    np.testing.assert_array_equal(CLASSES[rows], found["labels"])


def test_the_choice_follows_the_seed():
    first, again, other = (choose_labelled(table(), 12, seed=s).names for s in (1, 1, 2))
    assert first == again and first != other
    # Not the first of each class, and fewer are a part of more.
    assert set(choose_labelled(table(), 4, seed=1).names) < set(first)
    assert set(choose_labelled(table(), 4, seed=1).names) != {"0", "9", "21", "36"}


@pytest.mark.parametrize(
    "examples, count, said",
    [
        (table(), 10, "multiple of 4"),
        (table(), 40, "smallest class has 9"),
        (Examples({}, ["a"], {}, None), 4, "no classes"),
    ],
)
def test_what_cannot_be_chosen_is_refused(examples, count, said):
    with pytest.raises(DataError, match=said):
        choose_labelled(examples, count, seed=0)


def batches(start, count):
    labelled = choose_labelled(table(), 8, seed=5)
    stream = train_batches(table(), labelled, global_batch_size=6, seed=5, start_step=start)
    return [{k: np.array(v) for k, v in batch.items()} for batch in stream.take(count)]


def test_three_streams_with_orders_of_their_own():
    stream = batches(0, 10)
    images, others = (
        np.concatenate([numbers(batch[name]) for batch in stream])
        for name in ("images", "other_images")
    )
    assert sorted(images) == sorted(others) == list(range(60))  # an epoch of each
    assert (images == others).mean() < 0.2
    labelled = set(map(int, choose_labelled(table(), 8, seed=5).names))
    for batch in stream:
        rows = numbers(batch["labelled_images"])
        assert set(rows) <= labelled
        np.testing.assert_array_equal(CLASSES[rows], batch["labels"])
        assert set(batch) == {"images", "other_images", "labelled_images", "labels"}


def test_any_step_can_be_the_first():
    for whole, part in zip(batches(0, 6)[3:], batches(3, 3), strict=True):
        for name, values in whole.items():
            np.testing.assert_array_equal(values, part[name])
