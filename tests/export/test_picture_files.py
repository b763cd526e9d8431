"""Each kind of picture file is read as the data room reads it, to one level, or refused."""

import functools
import re
import resource

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests.benchmarks import fuzz_encoded
from tests.export import picture_kinds
from tests.export.picture_kinds import SIZE, file
from tfgan_zoo.data import images
from tfgan_zoo.export import picture_files

OTHER = (15, 24)  # not the size of the files: narrower, and so less high that both ways differ


@functools.cache
def graph(size, channels, method):
    """One graph for all files, as in an export."""
    spec = tf.TensorSpec([], tf.string)
    return tf.function(
        lambda content: picture_files.decode(content, size, channels, method),
        input_signature=[spec],
        autograph=False,
    )


def levels(content, size, channels, method="antialias"):
    image = graph(size, channels, method)(tf.constant(content)).numpy()
    assert image.dtype == np.float32 and np.abs(image).max() <= 1
    return np.rint((image + 1) * 127.5).astype(int)


def seen(pixels):
    """Levels as they show: what is transparent has hardly any colour."""
    if pixels.shape[-1] in (1, 3):
        return pixels
    alpha = pixels[..., -1:]
    return np.concatenate([np.rint(pixels[..., :-1] * (alpha / 255)), alpha], -1)


# Graphs are shared, since each takes a second to trace.
FORMS = {
    "colour": (OTHER, 3, "antialias"),
    "grey": (SIZE, 1, "antialias"),
    "labels": (OTHER, 1, "nearest"),
    "colours-of-labels": (OTHER, 3, "nearest"),
}


# All kinds in one test: between tests the seeds are set anew, which lets TensorFlow prepare a graph
# again, for over a second.
@pytest.mark.parametrize("form", FORMS)
def test_every_kind_of_file_is_read_as_for_training(form):
    size, channels, method = FORMS[form]
    kind = "labels" if method == "nearest" else "image"
    for name, content in picture_kinds.kinds().items():
        try:
            expected = images.resize(images.decode(content, channels, kind), size, kind).astype(int)
        except images.ImageError:
            if name == "png-comment-of-wrong-sum":  # whatever training makes of it
                continue
            # What training refuses the graph refuses too.
            with pytest.raises(tf.errors.InvalidArgumentError, match="assertion failed"):
                levels(content, size, channels, method)
            continue
        found = levels(content, size, channels, method)
        assert found.shape == expected.shape, name
        assert np.abs(seen(found) - seen(expected)).max() <= 1, name


@pytest.mark.parametrize("size", [(9, 40), (33, 12), (10, 10)])
@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_resizing_is_that_of_training(size, channels):
    """Without a file, which the graphs above read."""
    pixels = np.random.default_rng(channels).integers(0, 256, (30, 21, channels)).astype(np.uint8)
    found = picture_files.resize(tf.constant(pixels), size, "antialias").numpy().astype(int)
    expected = images.resize(pixels, size).astype(int)
    assert np.abs(seen(found) - seen(expected)).max() <= 1
    found = picture_files.resize(tf.constant(pixels), size, "nearest")
    np.testing.assert_array_equal(found, images.resize(pixels, size, "labels"))


def test_what_is_not_read_is_one_sentence():
    levels(picture_kinds.kinds()["png-colour"], *FORMS["colour"])  # traced
    for name, (content, sentence) in picture_kinds.refused().items():
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        with pytest.raises(tf.errors.InvalidArgumentError) as refusal:
            levels(content, *FORMS["colour"])
        assert re.search(sentence, str(refusal.value)), name
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before  # in kB
        assert grown < 100_000, f"{name} is refused before there is room made for it"


def test_label_maps_of_sixteen_bits_hold_small_labels():
    large = Image.fromarray(np.full(SIZE, 256, np.uint16))
    with pytest.raises(tf.errors.InvalidArgumentError, match="labels above 255"):
        levels(file(large), *FORMS["labels"])


def test_a_palette_is_read_as_labels_or_as_colours():
    numbers = np.random.default_rng(0).integers(0, 4, SIZE).astype(np.uint8)
    image = Image.fromarray(numbers, "P")
    image.putpalette([0, 0, 0, 255, 0, 0, 0, 0, 255, 90, 90, 90])
    for kind in ("PNG", "GIF", "BMP"):
        labels = levels(file(image, kind), *FORMS["labels"])
        assert set(np.unique(labels)) == {0, 1, 2, 3}, kind
        colours = levels(file(image, kind), *FORMS["colours-of-labels"])
        assert set(np.unique(colours)) == {0, 90, 255}, kind


def test_damaged_files_kill_nothing():
    """Some of the 20,000 that `tests.benchmarks.fuzz_encoded` sends."""
    size, channels, method = FORMS["colour"]
    read = 0
    for content in fuzz_encoded.mutated(count=400, seed=1):
        try:
            read += bool(levels(content, size, channels, method).any())
        except tf.errors.InvalidArgumentError:
            continue
    assert 20 < read < 380, "mutations that leave no file alive, or all of them, try nothing"


def test_values_outside_the_range_are_clipped():
    pictures = tf.constant([[[[-1.5], [-1.0], [0.0], [1.0], [2.0]]]])
    (content,) = picture_files.encode(pictures).numpy()
    np.testing.assert_array_equal(images.decode(content, 1)[..., 0], [[0, 0, 128, 255, 255]])
