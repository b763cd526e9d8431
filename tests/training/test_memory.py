"""What does not fit into memory is refused before it is made."""

import keras
import pytest
import tensorflow as tf

from tfgan_zoo.data import cache
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images, open_pairs
from tfgan_zoo.training import memory
from tfgan_zoo.training.run_directory import RunError


@pytest.fixture(autouse=True)
def no_device(monkeypatch):
    monkeypatch.setattr(tf.config, "list_physical_devices", lambda kind=None: [])


def test_weights_are_counted_before_they_are_made(monkeypatch):
    with memory.guarded():
        keras.layers.Dense(9).build((None, 9))
    needed = r"more than 7,\d{3}.\d GiB, and .*--image_size"
    with pytest.raises(RunError, match=needed), memory.guarded():
        keras.layers.Dense(10**6).build((None, 10**6))
    monkeypatch.setattr(memory, "available_memory", lambda: 9_000)
    made = []
    with pytest.raises(RunError), memory.guarded():
        for _ in range(9):
            keras.layers.Dense(30, use_bias=False).build((None, 30))
            made.append(3600)
    assert len(made) == 1  # 3,600 bytes and as many of gradients
    keras.layers.Dense(30).build((None, 30))  # nothing is left behind


def test_a_batch_is_counted_before_it_is_made(monkeypatch, adversary):
    memory.check(adversary, 64)
    values = 4 * (16 + 16 + 64)  # bytes that the layers with weights make of one latent
    weights = sum(4 * v.numpy().size for v in adversary.trainable_variables)
    monkeypatch.setattr(memory, "available_memory", lambda: max(50 * values, 3 * weights))
    fits = max(50 * values, 3 * weights) // values
    memory.check(adversary, fits)
    with pytest.raises(RunError, match=f"of the generator .* --batch_size={fits} fits"):
        memory.check(adversary, 4 * fits)
    with pytest.raises(RunError, match="of pictures of 50% of the side"):
        memory.check(adversary, 4 * fits)
    monkeypatch.setattr(memory, "available_memory", lambda: 3 * weights - 1)
    with pytest.raises(RunError, match="their gradients and the optimizers take about"):
        memory.check(adversary, 1)


@pytest.mark.parametrize(("spec", "door"), [("digits", open_images), ("facades", open_pairs)])
def test_built_in_pictures_are_counted_before_they_are_drawn(spec, door):
    with pytest.raises(DataError, match=r"--image_size=\d+ is the largest square that fits"):
        door(spec, "train", Request(image_size=(100_000, 100_000)))


def test_the_limit_of_a_shell_counts(monkeypatch):
    monkeypatch.setattr(cache.resource, "getrlimit", lambda kind: (10**6, 10**6))
    assert cache.available_memory() == 0
