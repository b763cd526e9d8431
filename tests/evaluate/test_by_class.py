"""Scores class by class, and of an auxiliary classifier, on answers that are known."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.evaluate import auxiliary, by_class, evaluator, labels


class Prior:
    """Latents that number the pictures: 0, 1, 2 and so on, whatever the seed."""

    def sample(self, count, seed):
        return np.arange(count, dtype=np.float32)[:, None]


@pytest.fixture(scope="module")
def digits():
    """(training, test) digits of 16x16, 100 and 400 with their labels."""
    table = open_images("digits", "train", Request(image_size=(16, 16), channels=1))
    rows = np.random.default_rng(0).permutation(500)
    return table.subset(rows[:100]), table.subset(rows[100:])


def by_label(table):
    """Pictures of each label, float32 in [-1, 1]."""
    found = table.fetch(np.arange(len(table)))
    pictures = found["images"].astype(np.float32) / 127.5 - 1
    return [pictures[found["labels"] == label] for label in range(10)]


def test_sides_are_shares_of_the_picture():
    assert by_class.sides_of(28) == [4, 7, 14, 21]
    assert by_class.sides_of(128) == [16, 32, 64, 96]
    assert by_class.sides_of(16) == [4, 8, 12], "none of two pixels"


def test_a_reduced_picture_keeps_what_its_pixels_can_hold():
    checks = np.indices((8, 12)).sum(0)[None, :, :, None] % 2 * 2.0 - 1
    assert np.abs(by_class.reduced(checks, 2)).max() < 0.1, "antialiased"
    np.testing.assert_array_equal(by_class.reduced(checks, 8), checks)
    ramp = np.broadcast_to(np.linspace(-1, 1, 12)[None, None, :, None], (1, 8, 12, 1))
    np.testing.assert_allclose(by_class.reduced(ramp, 4)[:, :, 2:-2], ramp[:, :, 2:-2], atol=0.02)
    assert by_class.reduced(ramp, 4).shape == (1, 8, 12, 1)


def test_real_pictures_are_as_diverse_and_as_readable_as_themselves(digits):
    train, test = digits
    pictures = by_label(test)

    def copies(latents, labels):
        rows = latents[:, 0].astype(int)
        return {
            "images": np.stack(
                [pictures[y][i % len(pictures[y])] for i, y in zip(rows, labels, strict=True)]
            )
        }

    def first_alone(latents, labels):
        return copies(np.zeros_like(latents), labels)

    found = by_class.export(Prior(), train, test, per_label=30)
    scores, beside, protocol = evaluator.taken([found], copies)
    real = beside["test pictures"]
    # Some pairs are of one picture, which the generator has drawn twice.
    assert 0 <= scores["MS-SSIM within a label"] - real["MS-SSIM within a label"] < 0.05
    assert real["labels as diverse as real ones"] == 1
    accuracies = [scores[f"label accuracy, {side}x{side}"] for side in (4, 8, 12)]
    assert accuracies == sorted(accuracies) and accuracies[-1] > accuracies[0] + 0.1
    assert real["label accuracy, 12x12"] == pytest.approx(accuracies[-1], abs=0.1)
    assert "that fit into 16 pixels, 1 of them" in protocol and "30 pictures of each" in protocol
    ends = protocol.partition("in brackets that of test pictures: ")[2].split(", ")
    assert [end.split()[0] for end in ends] == list("0123456789")

    collapsed = found.measure(first_alone)
    assert collapsed["MS-SSIM within a label"] == pytest.approx(1)
    assert collapsed["labels as diverse as real ones"] == 0


def test_pictures_too_small_for_a_window_say_so():
    table = open_images("digits", "train", Request(image_size=(10, 10), channels=1))
    train, test = table.subset(range(50)), table.subset(range(50, 100))
    found = by_class.export(Prior(), train, test, per_label=3)
    scores, _, protocol = evaluator.taken(
        [found], lambda latents, labels: {"images": np.zeros((len(labels), 10, 10, 1), np.float32)}
    )
    assert set(scores) == {"label accuracy, 5x5", "label accuracy, 8x8"}
    assert "Not scored, since MS-SSIM takes sides of 11 pixels on" in protocol


def test_another_classifier_reads_where_it_tells_as_many_classes(digits, tmp_path):
    train, _ = digits

    class Constant(tf.Module):
        """Takes every picture for the last class."""

        def __init__(self, classes):
            super().__init__()
            self.classes = classes

        @tf.function(input_signature=[tf.TensorSpec([None, 16, 16, 1])])
        def __call__(self, images):
            logits = tf.one_hot(tf.fill([tf.shape(images)[0]], self.classes - 1), self.classes)
            return {"features": logits, "logits": logits}

    for classes in (9, 10):
        module = Constant(classes)
        folder = str(tmp_path / f"cnn_{classes}" / "1")
        tf.saved_model.save(module, folder, signatures={"serving_default": module.__call__})
    assert labels.reader(train, str(tmp_path / "cnn_9")) is None
    assert labels.reader(train, "pixels") is None
    read = labels.reader(train, str(tmp_path / "cnn_10"))
    assert read.name == "the classifier cnn_10"
    assert read(np.zeros((3, 16, 16, 1), np.float32)).tolist() == [9, 9, 9]
    assert labels.reader(train).name == "the zoo's frozen mnist_cnn"
    protocol = labels.export(Prior(), train, train, 5, str(tmp_path / "cnn_10")).protocol
    assert "5 of each label, that the classifier cnn_10 reads as" in protocol


def test_the_auxiliary_classifier_is_asked_by_the_statistics_of_real_pictures(digits):
    train, test = digits
    own = {}
    for table in digits:
        found = table.fetch(np.arange(len(table)))
        own |= dict(zip(map(bytes, found["images"]), found["labels"].tolist(), strict=True))

    def classify(shift):
        def logits(images):
            stored = np.rint((np.asarray(images) + 1) * 127.5).astype(np.uint8)
            return np.eye(10)[[(own[bytes(picture)] + shift) % 10 for picture in stored]]

        return logits

    asked = []

    def reader_of(pictures):
        asked.append(pictures.shape)
        return classify(0)

    found = auxiliary.export(classify(1), reader_of, train, test)
    assert found.measure(None) == {
        "auxiliary error": 0,
        "auxiliary error, moving statistics": 1,
    }
    assert asked == [(100, 16, 16, 1)] and "of all 400 pictures" in found.protocol
    validation = auxiliary.training(classify(1), train)
    assert validation.training and validation.measure(None) == {"auxiliary_error": 1}
