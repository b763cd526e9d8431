"""Copies of the training set, shifted and noisy ones too, against fresh samples."""

import functools

import numpy as np
import pytest
from scipy import stats
from sklearn.datasets import load_digits
from sklearn.neighbors import NearestNeighbors

from tfgan_zoo.metrics import memorisation, neighbours

TRAIN, HELD_OUT = 800, 400


@functools.lru_cache
def digits():
    """Real pictures [1600, 18, 18, 1] in three splits; a shift by one pixel stays inside."""
    order = np.random.default_rng(0).permutation(TRAIN + 2 * HELD_OUT)  # they come by writer
    small = load_digits().images[order] / 8 - 1
    enlarged = np.pad(small.repeat(2, 1).repeat(2, 2), ((0, 0), (1, 1), (1, 1)), mode="edge")
    images = enlarged[..., None].astype(np.float32)
    return images[:TRAIN], images[TRAIN : TRAIN + HELD_OUT], images[TRAIN + HELD_OUT :]


def copies(count=HELD_OUT):
    return digits()[0][np.random.default_rng(1).choice(TRAIN, count, replace=False)]


def shifted(images):
    """Each by one pixel along both axes."""
    ways = np.random.default_rng(2).choice([-1, 1], (len(images), 2))
    pairs = zip(images, ways, strict=True)
    return np.stack([np.roll(image, way, axis=(0, 1)) for image, way in pairs])


def noisy(images):
    noise = np.random.default_rng(3).normal(0, 0.1, images.shape)
    return (images + noise).clip(-1, 1)


def in_pixels(fake, max_shift=0):
    train, held_out, _ = digits()
    return memorisation.memorisation_of_images(
        train=train, held_out=held_out, fake=fake, max_shift=max_shift
    )


def flat(images):
    return images.reshape(len(images), -1)


def normal(count, width=8, seed=0):
    return np.random.default_rng(seed).normal(size=(count, width))


# Against plain loops and scikit-learn


def test_distances_equal_scikit_learn():
    train, held_out, fresh = (flat(images) for images in digits())
    scores = memorisation.memorisation(train=train, held_out=held_out, fake=fresh)

    def nearest(samples, points):
        # A tree computes plain differences: distances that tie do so exactly.
        search = NearestNeighbors(n_neighbors=1, algorithm="kd_tree").fit(points)
        return search.kneighbors(samples)[0][:, 0]

    generated, real = nearest(fresh, train), nearest(held_out, train)
    assert scores["median_generated"] == pytest.approx(np.median(generated), rel=1e-12)
    assert scores["median_held_out"] == pytest.approx(np.median(real), rel=1e-12)
    assert scores["ratio"] == pytest.approx(np.median(generated) / np.median(real), rel=1e-12)
    assert scores["share_nearer"] == np.mean(generated < np.quantile(real, 0.01))
    u_test = stats.mannwhitneyu(generated, real, alternative="less")
    assert scores["p_value"] == pytest.approx(u_test.pvalue, rel=1e-12)
    from_fresh, from_held_out = nearest(train, fresh), nearest(train, held_out)
    nearer = (from_fresh < from_held_out).mean() + (from_fresh == from_held_out).mean() / 2
    assert scores["train_nearer"] == pytest.approx(nearer, abs=1e-12)


def over_shifts(samples, train, max_shift):
    """Distances [N, M] by plain loops."""
    size = train.shape[1] - 2 * max_shift
    centre = train[:, max_shift : max_shift + size, max_shift : max_shift + size]
    found = np.full((len(samples), len(train)), np.inf)
    for top in range(2 * max_shift + 1):
        for left in range(2 * max_shift + 1):
            crops = samples[:, top : top + size, left : left + size]
            differences = crops[:, None].astype(np.float64) - centre[None]
            found = np.minimum(found, np.sqrt(np.square(differences).sum((2, 3, 4))))
    return found


@pytest.mark.parametrize("max_shift", [0, 1, 2])
def test_shifted_distances_equal_plain_loops(max_shift, monkeypatch):
    chance = np.random.default_rng(4)
    train, held_out, fake = (chance.uniform(-1, 1, (n, 9, 9, 2)) for n in (37, 101, 23))
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", 20_000)  # many blocks of both
    scores = memorisation.memorisation_of_images(
        train=train, held_out=held_out, fake=fake, max_shift=max_shift
    )
    generated, real = (over_shifts(samples, train, max_shift) for samples in (fake, held_out))
    assert scores["median_generated"] == pytest.approx(np.median(generated.min(1)), rel=1e-12)
    assert scores["median_held_out"] == pytest.approx(np.median(real.min(1)), rel=1e-12)
    nearer = generated.min(0) < real[:23].min(0)  # as many held-out ones as generated
    assert scores["train_nearer"] == pytest.approx(nearer.mean(), abs=1e-12)
    found = memorisation.nearest_images(fake, train, 5, max_shift=max_shift)
    np.testing.assert_array_equal(found, generated.argsort(1)[:, :5])


@pytest.mark.parametrize("count", [1, 4, 30])
@pytest.mark.parametrize("block_bytes", [neighbours.BLOCK_BYTES, 1000])
def test_nearest_equals_scikit_learn(count, block_bytes, monkeypatch):
    monkeypatch.setattr(neighbours, "BLOCK_BYTES", block_bytes)
    fake, train = normal(50, seed=1) + 100, normal(30, seed=2) + 100
    expected = NearestNeighbors(n_neighbors=count).fit(train).kneighbors(fake)[1]
    found = memorisation.nearest(fake, train, count)
    assert found.dtype == np.int64
    np.testing.assert_array_equal(found, expected)


def test_nearest_finds_originals():
    train = digits()[0]
    chosen = np.random.default_rng(5).permutation(TRAIN)[:50]
    found = memorisation.nearest(flat(train[chosen]), flat(train), 2)
    np.testing.assert_array_equal(found[:, 0], chosen)
    found = memorisation.nearest_images(shifted(train[chosen]), train, max_shift=1)
    np.testing.assert_array_equal(found[:, 0], chosen)
    twice = np.concatenate([train, train])  # the first of equals comes first
    found = memorisation.nearest(flat(train[chosen]), flat(twice), 2)
    np.testing.assert_array_equal(found, np.stack([chosen, chosen + TRAIN], axis=1))


# What it sees


@pytest.mark.parametrize("max_shift", [0, 1])
def test_fresh_samples_do_not_flag(max_shift):
    scores = in_pixels(digits()[2], max_shift)
    assert scores["p_value"] > 0.01
    assert scores["ratio"] == pytest.approx(1, abs=0.03)
    # Three times the binomial error: of 400 samples, and of the quantile of 400 others.
    assert scores["share_nearer"] < 0.01 + 3 * np.sqrt(2 * 0.01 / HELD_OUT)
    assert scores["train_nearer"] == pytest.approx(0.5, abs=0.05)


def test_the_held_out_samples_themselves_are_the_floor():
    train, held_out, _ = digits()
    scores = in_pixels(held_out.copy())
    assert scores["ratio"] == 1
    assert scores["p_value"] == pytest.approx(0.5, abs=1e-3)
    assert scores["train_nearer"] == 0.5  # all tie
    assert scores["share_nearer"] <= 0.01


@pytest.mark.parametrize("max_shift", [0, 1])
def test_copies_flag(max_shift):
    scores = in_pixels(copies(), max_shift)
    assert scores["median_generated"] == scores["ratio"] == 0  # exactly, in spite of rounding
    assert scores["share_nearer"] == 1
    assert scores["p_value"] < 1e-100
    # Half of the training set is copied; by chance half of the rest has a nearer copy.
    assert scores["train_nearer"] == pytest.approx(0.75, abs=0.05)


def test_copies_with_noise_flag():
    scores = in_pixels(noisy(copies()))
    assert scores["ratio"] < 0.5
    assert scores["share_nearer"] > 0.95
    assert scores["p_value"] < 1e-100


def test_shifted_copies_hide_in_pixels_and_flag_over_shifts():
    """The point of Theis et al.: one pixel hides a copy from its nearest neighbour in pixels."""
    fake = shifted(copies())
    hidden = in_pixels(fake, max_shift=0)
    assert hidden["ratio"] > 1.5 and hidden["p_value"] > 0.99 and hidden["share_nearer"] == 0
    found = in_pixels(fake, max_shift=1)
    assert found["ratio"] == 0 and found["p_value"] < 1e-100 and found["share_nearer"] == 1


def test_some_copies_among_fresh_samples():
    """A tenth hardly moves the medians; the share below the quantile shows it."""
    fake = np.concatenate([digits()[2][:360], copies(40)])
    scores = in_pixels(fake)
    assert scores["ratio"] > 0.9
    assert scores["share_nearer"] == pytest.approx(0.1, abs=0.03)


def test_few_copies_repeated_flag_from_one_side():
    """From the training set's side a generator that knows only a few pictures is far away."""
    scores = in_pixels(np.repeat(copies(4), 100, axis=0))
    assert scores["ratio"] == 0 and scores["share_nearer"] == 1
    assert scores["train_nearer"] < 0.2


def test_samples_from_elsewhere_do_not_flag():
    scores = in_pixels(np.random.default_rng(6).uniform(-1, 1, (100, 18, 18, 1)))
    assert scores["p_value"] > 0.99
    assert scores["ratio"] > 1.5


def test_blind_to_the_difference_between_a_copy_and_a_mean():
    """As documented: in 64 dimensions the mean is nearer to each sample than any other one is."""
    train, held_out = normal(800, 64, seed=1), normal(400, 64, seed=2)
    scores = memorisation.memorisation(
        train=train, held_out=held_out, fake=normal(400, 64, seed=3) / 100
    )
    assert scores["p_value"] < 1e-100 and scores["train_nearer"] > 0.9


def test_features_far_from_zero():
    train, held_out, fake = (normal(n, seed=n) for n in (300, 200, 100))
    fake[:50] = train[:50]
    there = memorisation.memorisation(train=train, held_out=held_out, fake=fake)
    far = memorisation.memorisation(train=train + 1e5, held_out=held_out + 1e5, fake=fake + 1e5)
    assert far == pytest.approx(there, rel=1e-8)


def test_results_are_floats():
    scores = in_pixels(digits()[2][:10])
    assert {type(score) for score in scores.values()} == {float}


# Bad input


def test_held_out_samples_must_not_be_training_samples():
    train, held_out = normal(300), normal(200, seed=1)
    held_out[:20] = train[:20]
    with pytest.raises(ValueError, match="10.0% of the held-out samples are copies of training"):
        memorisation.memorisation(train=train, held_out=held_out, fake=normal(50, seed=2))


@pytest.mark.parametrize(
    ("name", "words"),
    [("train", "training"), ("held_out", "held-out"), ("fake", "generated")],
)
def test_bad_features(name, words):
    sets = {"train": normal(200), "held_out": normal(150, seed=1), "fake": normal(100, seed=2)}
    bad = sets[name].copy()
    bad[1, 1] = np.inf
    with pytest.raises(ValueError, match=f"The {words} features hold values that are not finite"):
        memorisation.memorisation(**sets | {name: bad})
    with pytest.raises(ValueError, match=rf"The {words} features must be \[N, D\]"):
        memorisation.memorisation(**sets | {name: bad[:, 0]})
    with pytest.raises(ValueError, match="take both from one extractor"):
        memorisation.memorisation(**sets | {name: sets[name][:, :3]})


def test_too_few_held_out_samples():
    with pytest.raises(ValueError, match="held-out features hold 99 samples; .* at least 100"):
        memorisation.memorisation(train=normal(9), held_out=normal(99), fake=normal(9))
    images = np.zeros((99, 8, 8, 1), np.float32)
    with pytest.raises(ValueError, match="held-out images are 99; this metric needs at least 100"):
        memorisation.memorisation_of_images(train=images, held_out=images, fake=images)


@pytest.mark.parametrize(
    ("name", "words"),
    [("train", "training"), ("held_out", "held-out"), ("fake", "generated")],
)
def test_bad_images(name, words):
    train, held_out, fake = digits()
    sets = {"train": train, "held_out": held_out, "fake": fake}

    def score(images):
        return memorisation.memorisation_of_images(**sets | {name: images})

    with pytest.raises(ValueError, match=f"The {words} images must be float .* uint8"):
        score(((sets[name] + 1) * 127).astype(np.uint8))
    with pytest.raises(ValueError, match=rf"The {words} images must be float \[N, H, W, C\]"):
        score(sets[name][..., 0])
    with pytest.raises(ValueError, match=rf"The {words} images must lie in \[-1, 1\]"):
        score(sets[name] * 2)
    with pytest.raises(ValueError, match=f"The {words} images hold values that are not finite"):
        score(np.where(sets[name] < 0, np.nan, sets[name]))
    with pytest.raises(ValueError, match="images are .* and the training images"):
        score(sets[name][:, :16, :16])
    with pytest.raises(ValueError, match=f"The {words} images are 0; this metric needs at least"):
        score(sets[name][:0])


@pytest.mark.parametrize("max_shift", [-1, 5, 1.5, 18])
def test_bad_shifts(max_shift):
    with pytest.raises(ValueError, match="from 0 to 4, a quarter of the side; got"):
        in_pixels(digits()[2], max_shift)


@pytest.mark.parametrize("count", [0, 21, 1.0])
def test_bad_counts(count):
    with pytest.raises(ValueError, match="count must be a whole number from 1 to 20, .*; got"):
        memorisation.nearest(normal(3), normal(20), count)
    with pytest.raises(ValueError, match="count must be a whole number from 1 to 20, .*; got"):
        memorisation.nearest_images(digits()[1][:3], digits()[0][:20], count)
