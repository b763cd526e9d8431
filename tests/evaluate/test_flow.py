"""Bits per dimension of models whose probabilities are known."""

import dataclasses

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.data import worlds
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.evaluate import evaluator, flow
from tfgan_zoo.kinds.image import Image

SHAPE = (2, 2, 1)


def table(pictures, split="test"):
    names = [f"{index}" for index in range(len(pictures))]
    kinds = {"images": Image(pictures.shape[1:])}
    return Examples.from_arrays({"images": pictures}, kinds, names, {"split": split, "name": "t"})


@dataclasses.dataclass
class Even:
    """Every level of every number is as likely; it notes the noise that it is handed."""

    grey_levels: int = 256
    size: int = 4

    def log_prob(self, images, seed):
        bits = self.size * np.log(self.grey_levels)
        return tf.zeros([tf.shape(images)[0]]) - tf.cast(bits, tf.float32)

    def reconstruct(self, images):
        return images + 2.0 / 255.0


PICTURES = np.random.default_rng(0).integers(0, 256, (250, *SHAPE)).astype(np.uint8)


@pytest.mark.parametrize("levels", [256, 4])
def test_an_even_model_costs_the_logarithm_of_its_levels(levels):
    model = Even(levels)
    test, train = table(PICTURES), table(np.repeat(PICTURES, 5, 0), "train")
    bits = float(np.log2(levels))
    assert flow.training(model, test).measure(None) == {"bits_per_dim": pytest.approx(bits)}
    scores, baselines, protocol = evaluator.taken([flow.export(model, test, train)], None)
    assert scores["bits/dim"] == scores["bits/dim, training"] == pytest.approx(bits)
    assert scores["largest error"] == pytest.approx(1.0, abs=1e-3)  # a level of 256
    assert f"of {levels} grey levels" in protocol and "split 'test'" in protocol
    kept = PICTURES // (256 // levels)
    counts = [
        [(kept[..., 0] == level)[:, y, x].sum() for level in range(levels)]
        for y in range(2)
        for x in range(2)
    ]
    share = (5 * np.array(counts, float) + 1) / (5 * 250 + levels)
    share = share.reshape(2, 2, levels)
    expected = np.mean(
        [
            -np.log2(share[y, x, kept[n, y, x, 0]])
            for n in range(250)
            for y in range(2)
            for x in range(2)
        ]
    )
    assert baselines["independent pixels"]["bits/dim"] == pytest.approx(expected)


def test_the_noise_is_the_same_at_each_validation_and_another_for_each_picture():
    noises = []

    class Listening(Even):
        def log_prob(self, images, seed):
            noise = tf.random.stateless_uniform(tf.shape(images), seed, alg="philox")
            noises.append(noise)
            return tf.reduce_sum(noise, [1, 2, 3])

    measured = [flow.mean_bits(Listening(), Listening().log_prob, table(PICTURES), 250)] * 2
    again = flow.mean_bits(Listening(), Listening().log_prob, table(PICTURES), 250)
    assert measured[0] == again
    assert len({float(noise[0, 0, 0, 0]) for noise in noises}) == 3  # batches of 100, 100 and 50


def test_the_density_of_a_world_is_the_least():
    world = worlds.find("ring:modes=4,std=0.3")
    points = worlds.open_points("ring:modes=4,std=0.3", "test")

    class Broad:
        def log_prob(self, points, seed):
            return -np.log(2 * np.pi) - 0.5 * np.sum(np.square(points), -1)

    scores, baselines, _ = evaluator.taken([flow.of_points(Broad(), world, points)], None)
    # The entropy of four Gaussians that hardly overlap: log 4 more than that of each.
    entropy = np.log(4) + 1 + np.log(2 * np.pi * 0.3**2)
    assert baselines["the world's density"]["nats"] == pytest.approx(entropy, abs=0.06)
    assert scores["nats"] > baselines["the world's density"]["nats"]
