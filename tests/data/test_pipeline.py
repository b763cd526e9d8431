"""The stream: what a position holds follows from (seed, position), however it is dealt out."""

import itertools
import pathlib
import subprocess
import sys

import numpy as np
import pytest
import tensorflow as tf
from scipy import stats

from tfgan_zoo.data import pipeline
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.class_ import Class
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap


def numbered(count, height=6, width=8):
    """Example i: source [H, W, 2] holds (i, its column), target [H, W, 3] (i, row, column)."""
    rows, columns = np.indices((height, width))
    number = np.arange(count)[:, None, None] + 0 * rows
    spread = np.zeros_like(number)
    arrays = {
        "source": np.stack([number, columns + spread], -1).astype(np.uint8),
        "target": np.stack([number, rows + spread, columns + spread], -1).astype(np.uint8),
        "labels": np.arange(count, dtype=np.int32),
    }
    kinds = {
        "source": LabelMap((height, width, 2)),
        "target": Image((height, width, 3)),
        "labels": Class(),
    }
    return Examples.from_arrays(arrays, kinds, [str(i) for i in range(count)], {})


def take(dataset, count):
    return [*itertools.islice(dataset.as_numpy_iterator(), count)]


def joined(batches):
    return {name: np.concatenate([b[name] for b in batches]) for name in batches[0]}


def pixels(values):
    return np.rint((values + 1) * 127.5).astype(int)


def assert_equal(left, right):
    assert left.keys() == right.keys()
    for name in left:
        np.testing.assert_array_equal(left[name], right[name])


OPTIONS = {"seed": 3, "crop_size": (4, 5), "flip": True}


def test_element():
    dataset = pipeline.train_batches(numbered(10), global_batch_size=4, **OPTIONS)
    assert dataset.element_spec == {
        "source": tf.TensorSpec((4, 4, 5, 2), tf.float32),
        "target": tf.TensorSpec((4, 4, 5, 3), tf.float32),
        "labels": tf.TensorSpec((4,), tf.int32),
    }
    (batch,) = take(dataset, 1)
    assert batch["source"].shape == (4, 4, 5, 2)
    # Class, source and target are of one example.
    np.testing.assert_array_equal(pixels(batch["source"])[:, 0, 0, 0], batch["labels"])
    np.testing.assert_array_equal(pixels(batch["target"])[:, 0, 0, 0], batch["labels"])


def test_chosen_fields():
    dataset = pipeline.train_batches(numbered(9), global_batch_size=2, seed=0, fields=["target"])
    assert [*dataset.element_spec] == ["target"]
    assert [*pipeline.eval_batches(numbered(9), 2, fields=["labels"]).element_spec] == ["labels"]
    with pytest.raises(ValueError, match="the examples have source, target, labels"):
        pipeline.eval_batches(numbered(9), 2, fields=["images"])


@pytest.mark.parametrize("start", [1, 4, 30])
@pytest.mark.parametrize("count, batch_size", [(10, 4), (3, 7), (1, 2)])
def test_start_step_is_skip(start, count, batch_size):
    def stream(first):
        return pipeline.train_batches(
            numbered(count), global_batch_size=batch_size, start_step=first, **OPTIONS
        )

    later, skipped = take(stream(start), 5), take(stream(0).skip(start), 5)
    for left, right in zip(later, skipped, strict=True):
        assert_equal(left, right)


@pytest.mark.parametrize("num_replicas, num_pipelines", [(4, 1), (4, 2), (4, 4), (2, 2)])
def test_replicas_and_pipelines_deal_out_the_single_stream(num_replicas, num_pipelines):
    steps, start, local = 6, 5, num_replicas // num_pipelines

    def stream(**options):
        return pipeline.train_batches(
            numbered(10), global_batch_size=8, start_step=start, **OPTIONS, **options
        )

    whole = take(stream(), steps)
    parts = [
        take(
            stream(num_replicas=num_replicas, num_pipelines=num_pipelines, pipeline_id=i),
            steps * local,
        )
        for i in range(num_pipelines)
    ]
    for step in range(steps):
        dealt = [b for part in parts for b in part[step * local : (step + 1) * local]]
        assert all(len(b["labels"]) == 8 // num_replicas for b in dealt)
        assert_equal(joined(dealt), whole[step])


def test_the_batch_size_does_not_change_a_position():
    small = pipeline.train_batches(numbered(10), global_batch_size=3, **OPTIONS)
    large = pipeline.train_batches(numbered(10), global_batch_size=12, **OPTIONS)
    assert_equal(joined(take(small, 8)), joined(take(large, 2)))


def test_under_a_mirrored_strategy_replicas_share_the_global_batch():
    devices = tf.config.list_logical_devices("CPU")
    strategy = tf.distribute.MirroredStrategy([device.name for device in devices])
    replicas = strategy.num_replicas_in_sync

    def make(context):
        return pipeline.train_batches(
            numbered(10),
            global_batch_size=2 * replicas,
            num_replicas=replicas,
            num_pipelines=context.num_input_pipelines,
            pipeline_id=context.input_pipeline_id,
            seed=3,
        )

    batch = next(iter(strategy.distribute_datasets_from_function(make)))
    dealt = np.concatenate([*strategy.experimental_local_results(batch["labels"])])
    whole = take(pipeline.train_batches(numbered(10), global_batch_size=2 * replicas, seed=3), 1)
    np.testing.assert_array_equal(dealt, whole[0]["labels"])


@pytest.mark.parametrize("count, batch_size", [(1, 1), (2, 1), (7, 7), (30, 4), (101, 10)])
def test_every_epoch_visits_each_example_once(count, batch_size):
    epochs = 3
    steps = -(-epochs * count // batch_size)
    dataset = pipeline.train_batches(numbered(count), global_batch_size=batch_size, seed=0)
    order = joined(take(dataset, steps))["labels"][: epochs * count].reshape(epochs, count)
    np.testing.assert_array_equal(np.sort(order, 1), np.tile(np.arange(count), (epochs, 1)))
    if count > 6:
        assert len(np.unique(order, axis=0)) == epochs


def orders(count, epochs, seed=0):
    """[epochs, count]: the order of each epoch."""
    return np.stack([pipeline._order(seed, count, epoch) for epoch in range(epochs)])


def test_orders_do_not_return():
    assert len(np.unique(orders(20, 2000), axis=0)) == 2000


def test_orders_are_uniform():
    epochs, count = 3000, 5
    found = orders(count, epochs)
    for slot in range(count):
        assert stats.chisquare(np.bincount(found[:, slot], minlength=count)).pvalue > 1e-4
    codes = found @ count ** np.arange(count)
    frequencies = np.unique(codes, return_counts=True)[1]
    assert len(frequencies) == 120 and stats.chisquare(frequencies).pvalue > 1e-4


def test_neighbours_do_not_stay_together():
    count, epochs = 100, 5000
    distance = np.diff(orders(count, epochs), axis=1) % count
    frequencies = np.bincount(distance.ravel(), minlength=count)[1:]
    assert np.abs(frequencies / frequencies.mean() - 1).max() < 0.07  # 5 standard deviations


def test_the_seed_decides():
    def stream(seed, **options):
        dataset = pipeline.train_batches(
            numbered(50), global_batch_size=25, crop_size=(4, 5), flip=True, seed=seed, **options
        )
        return joined(take(dataset, 4))

    assert_equal(stream(1), stream(1))
    for other in (stream(2), stream(1 + 2**40), stream(1, start_step=2)):
        assert (other["labels"] != stream(1)["labels"]).any()


def test_the_crop_covers_all_places_and_is_one_for_all_fields():
    height, width, crop = 6, 8, (4, 5)
    dataset = pipeline.train_batches(
        numbered(16, height, width), global_batch_size=100, seed=0, crop_size=crop
    )
    batch = joined(take(dataset, 20))
    source, target = pixels(batch["source"]), pixels(batch["target"])
    np.testing.assert_array_equal(source[..., 1], target[..., 2])
    top, left = target[:, 0, 0, 1], target[:, 0, 0, 2]
    rows, columns = np.indices(crop)
    np.testing.assert_array_equal(target[..., 1], top[:, None, None] + rows)
    np.testing.assert_array_equal(target[..., 2], left[:, None, None] + columns)
    places = np.zeros((height - crop[0] + 1, width - crop[1] + 1))
    np.add.at(places, (top, left), 1)
    assert places.min() > 0 and stats.chisquare(places.ravel()).pvalue > 1e-4


@pytest.mark.parametrize("crop_size", [None, (6, 8), (4, 5)])
def test_the_flip_is_every_other_time_and_one_for_all_fields(crop_size):
    dataset = pipeline.train_batches(
        numbered(16), global_batch_size=100, seed=0, crop_size=crop_size, flip=True
    )
    batch = joined(take(dataset, 20))
    steps = [np.diff(pixels(batch[n])[..., -1], axis=2) for n in ("source", "target")]
    np.testing.assert_array_equal(*steps)
    flipped = steps[0][:, 0, 0] == -1
    assert (steps[0] == np.where(flipped, -1, 1)[:, None, None]).all()
    assert stats.binomtest(int(flipped.sum()), len(flipped)).pvalue > 1e-4
    # The same example comes both ways: the flip belongs to the position.
    assert {*batch["labels"][flipped]} == {*batch["labels"][~flipped]} == {*range(16)}


def test_without_augmentation_pictures_come_whole():
    batch = joined(take(pipeline.train_batches(numbered(5), global_batch_size=5, seed=0), 1))
    expected = numbered(5).fetch(batch["labels"])
    np.testing.assert_array_equal(pixels(batch["target"]), expected["target"])


def test_augmentation_leaves_the_cache_alone():
    examples = numbered(5)
    before = examples.fetch(np.arange(5))
    take(pipeline.train_batches(examples, global_batch_size=5, seed=0, flip=True), 10)
    assert_equal(before, examples.fetch(np.arange(5)))


@pytest.mark.parametrize(
    "options, message",
    [
        ({"global_batch_size": 3, "num_replicas": 2}, "cannot be shared evenly by 2 replicas"),
        ({"global_batch_size": 0}, "cannot be shared evenly"),
        ({"num_replicas": 3, "global_batch_size": 3, "num_pipelines": 2}, "cannot serve its share"),
        ({"num_replicas": 2, "num_pipelines": 2, "pipeline_id": 2}, "Pipeline 2 of 2"),
        ({"crop_size": (6, 9)}, "crop of 6x9 is larger than the pictures of 6x8"),
        ({"start_step": -1}, "must not be negative"),
        ({"seed": -1}, "must not be negative"),
    ],
)
def test_numbers_that_do_not_fit(options, message):
    with pytest.raises(ValueError, match=message):
        pipeline.train_batches(numbered(4), **{"global_batch_size": 2, "seed": 0, **options})


def test_no_examples():
    with pytest.raises(ValueError, match="no examples"):
        pipeline.train_batches(numbered(4).subset([]), global_batch_size=1, seed=0)


def test_a_bad_file_stops_the_stream_with_its_reason():
    def fetch(indices):
        raise DataError("a.png: is damaged")

    examples = Examples(numbered(4).fields, list("abcd"), {}, fetch)
    with pytest.raises(tf.errors.OpError, match="a.png: is damaged"):
        take(pipeline.train_batches(examples, global_batch_size=2, seed=0), 1)


def test_eval_is_in_order_and_keeps_the_short_batch():
    dataset = pipeline.eval_batches(numbered(10), 4)
    assert dataset.element_spec["target"].shape.as_list() == [None, 6, 8, 3]
    batches = take(dataset, 100)
    assert [len(b["labels"]) for b in batches] == [4, 4, 2]
    batch = joined(batches)
    np.testing.assert_array_equal(batch["labels"], np.arange(10))
    np.testing.assert_array_equal(pixels(batch["target"]), numbered(10).fetch(range(10))["target"])
    with pytest.raises(ValueError, match="at least 1"):
        pipeline.eval_batches(numbered(10), 0)


def test_nearest_labels_keep_their_colours_through_the_stream():
    rng = np.random.default_rng(0)
    colours = np.array([[0, 0, 0], [128, 0, 0], [0, 128, 255]], np.uint8)
    arrays = {"source": colours[rng.integers(0, 3, (6, 12, 12))]}
    examples = Examples.from_arrays(arrays, {"source": LabelMap((12, 12, 3))}, list("abcdef"), {})
    dataset = pipeline.train_batches(
        examples, global_batch_size=6, seed=0, crop_size=(7, 9), flip=True
    )
    found = pixels(joined(take(dataset, 5))["source"]).reshape(-1, 3)
    assert {*map(tuple, np.unique(found, axis=0))} == {*map(tuple, colours)}


ENDS_WITH_LIVE_STREAMS = """
import numpy as np
import tensorflow as tf
from tfgan_zoo.data import pipeline
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.image import Image

devices = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(devices[0], [tf.config.LogicalDeviceConfiguration()] * 2)
arrays = {name: np.zeros((50, 286, 286, 3), np.uint8) for name in ("source", "target")}
examples = Examples.from_arrays(arrays, dict.fromkeys(arrays, Image((286, 286, 3))), ["a"] * 50, {})

def train(context=None):
    return pipeline.train_batches(
        examples, global_batch_size=8, num_replicas=2, seed=0, crop_size=(256, 256), flip=True
    )

strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
streams = [
    iter(train()),
    iter(pipeline.eval_batches(examples, 8)),
    iter(strategy.distribute_datasets_from_function(train)),
]
for stream in streams:
    next(stream)
print("reached the end")
"""


def test_a_process_ends_although_streams_are_under_way():
    # Without `_Exit` it hangs: TensorFlow waits for threads that wait for a Python that has ended.
    done = subprocess.run(
        [sys.executable, "-c", ENDS_WITH_LIVE_STREAMS],
        cwd=pathlib.Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0 and "reached the end" in done.stdout, done.stderr


def test_numbers_follow_their_examples_through_subset_and_stream():
    table = numbered(9).subset([8, 2, 5]).numbered()
    assert table.fields["rows"].count == 3
    fetched = table.fetch([2, 0])
    np.testing.assert_array_equal(fetched["rows"], [2, 0])
    np.testing.assert_array_equal(fetched["labels"], [5, 8])
    batches = joined(take(pipeline.train_batches(table, global_batch_size=4, seed=0), 3))
    assert batches["rows"].dtype == np.int32 and set(batches["rows"]) == {0, 1, 2}
    np.testing.assert_array_equal(np.array([8, 2, 5])[batches["rows"]], batches["labels"])
