"""One pass for all metrics, each the number of its own module, and no pass for what cannot work."""

import dataclasses
import hashlib

import numpy as np
import pytest

from tests.metrics.conftest import noise_pictures
from tfgan_zoo.metrics import (
    class_scores,
    frechet,
    kernel,
    memorisation,
    neighbours,
    parzen,
    reconstruction,
    structural,
    suite,
    transport,
)
from tfgan_zoo.metrics.catalogue import parzen as catalogue_parzen
from tfgan_zoo.metrics.extractors import Extractor
from tfgan_zoo.metrics.suite import METRICS, Settings, check_request, collect, compute, needs_of

SHAPE = (16, 20, 3)
DRAWN = np.random.default_rng(9).standard_normal((np.prod(SHAPE), 9)).astype(np.float32)
SETTINGS = Settings(
    seed=4,
    is_splits=3,
    kid_subsets=7,
    kid_subset_size=20,
    manifold_k=2,
    coverage_k=4,
    projections=50,
    ms_ssim_pairs=30,
    max_shift=2,
    border=1,
)


class Counting:
    """An extractor of five features and four classes that counts the pictures it is given."""

    def __init__(self, name="tiny", classes=4):
        self.seen = []

        def run(images):
            self.seen.append(len(images))
            found = images.reshape(len(images), -1) @ DRAWN / 20
            return found[:, :5], found[:, 5:] if classes else None

        self.extractor = Extractor(name, "0" * 64, SHAPE[:2], 3, classes, run, "random")


def pictures(count, seed):
    """Noise that is smooth enough for structure to be compared."""
    coarse = noise_pictures(count, (4, 5, 3), seed)
    fine = noise_pictures(count, SHAPE, seed + 1)
    return (coarse.repeat(4, 1).repeat(4, 2) * 0.8 + fine * 0.2).astype(np.uint8)


def batches(values, size=25):
    return [values[start : start + size] for start in range(0, len(values), size)]


@pytest.fixture(scope="module")
def sides():
    """`Side`s with everything: 110 real, 110 generated and 150 training pictures."""
    extractor = Counting().extractor
    needs = {need for metric in METRICS.values() for need in metric.needs}
    return {
        name: collect(batches(pictures(count, seed)), extractor, needs)
        for name, count, seed in (("real", 110, 1), ("fake", 110, 2), ("train", 150, 3))
    }


def test_one_pass_feeds_every_metric(sides):
    counting, done = Counting(), []
    needs = needs_of(METRICS)
    assert needs == {"moments", "features", "probabilities", "pictures"}
    side = collect(batches(pictures(60, 1)), counting.extractor, needs, done.append)
    assert counting.seen == [25, 25, 10] and done == [25, 50, 60]
    assert side.moments.count == side.count == 60 and side.shape == SHAPE
    assert side.features.shape == (60, 5) and side.probabilities.shape == (60, 4)
    assert side.pictures.shape == (60, *SHAPE) and side.pictures.dtype == np.uint8
    np.testing.assert_allclose(side.floats(), pictures(60, 1) / 127.5 - 1, atol=1e-6)
    assert counting.seen == [25, 25, 10], "scores must not go back to the extractor"
    compute(METRICS, *(sides[name] for name in ("real", "fake")), "tiny", SETTINGS, sides["train"])


def test_only_what_is_needed_is_kept():
    counting = Counting()
    side = collect(batches(pictures(60, 1)), counting.extractor, needs_of(["fid"]))
    assert side.moments.count == 60
    assert side.features is None and side.probabilities is None and side.pictures is None
    counting = Counting()
    side = collect(batches(pictures(60, 1)), counting.extractor, needs_of(["ms_ssim"]))
    assert not counting.seen, "pictures alone need no extractor"
    assert side.pictures is not None and side.moments is None


def test_memory_of_fid_does_not_grow_with_the_pictures():
    import tracemalloc

    def peak(count):
        stream = (noise_pictures(50, SHAPE, seed) for seed in range(count))
        tracemalloc.start()
        collect(stream, Counting().extractor, {"moments"})
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1)
    assert peak(40) < 1.3 * peak(4)


def test_digest_is_of_the_pictures_in_their_order():
    values = pictures(60, 1)
    extractor = Counting().extractor
    digest = collect(batches(values), extractor, set()).digest
    assert digest == hashlib.sha256(values.tobytes()).hexdigest()
    assert digest == collect(batches(values, 7), extractor, set()).digest
    assert digest == collect([np.asfortranarray(values)], extractor, set()).digest
    assert digest != collect([values[::-1]], extractor, set()).digest
    values[30, 5, 5, 0] ^= 1
    assert digest != collect(batches(values), extractor, set()).digest


@pytest.mark.parametrize(
    ("stream", "words"),
    [
        ([], "There are no pictures to score"),
        ([pictures(2, 1), pictures(2, 1)[:, 1:]], r"differ in shape: \(16, 20, 3\) and \(15"),
        ([pictures(2, 1) / 255], "Scores are taken on uint8 pictures"),
    ],
)
def test_pictures_that_cannot_be_scored(stream, words):
    with pytest.raises(ValueError, match=words):
        collect(stream, Counting().extractor, {"pictures"})


def test_features_too_wide_for_a_covariance():
    wide = Extractor(
        "pixels", "0", None, None, None, lambda images: (images.reshape(len(images), -1), None), ""
    )
    stream = [noise_pictures(2, (40, 40, 3))]
    with pytest.raises(ValueError, match="are 4800 wide; at most 4096 .* kid or swd"):
        collect(stream, wide, {"moments"})
    assert collect(stream, wide, {"features"}).features.shape == (2, 4800)


# Every number is that of its module.


def floats(side):
    return side.pictures / np.float32(127.5) - np.float32(1)


def direct_classes(real, fake, train):
    shares = [np.bincount(s.probabilities.argmax(1), minlength=4) / s.count for s in (real, fake)]
    entropy = -sum(share * np.log(share) for share in shares[1] if share)
    return [entropy, (shares[1] == 0).sum(), np.abs(shares[0] - shares[1]).sum() / 2]


def direct_kid(real, fake, train):
    found = kernel.kernel_distance(real.features, fake.features, subsets=7, subset_size=20)
    return [found["mean"], found["std"]]


def direct_is(real, fake, train):
    found = class_scores.inception_score(fake.probabilities, splits=3)
    return [found["mean"], found["std"]]


def direct_prdc(real, fake, train):
    first = neighbours.precision_recall(real.features, fake.features, k=2)
    second = neighbours.density_coverage(real.features, fake.features, k=4)
    return [first["precision"], first["recall"], second["density"], second["coverage"]]


def direct_1nn(real, fake, train):
    found = neighbours.nearest_neighbour_accuracy(real.features, fake.features)
    return [found["total"], found["real"], found["fake"]]


def direct_memorisation(real, fake, train):
    found = [
        memorisation.memorisation(train=train.features, held_out=real.features, fake=fake.features),
        memorisation.memorisation_of_images(
            train=floats(train), held_out=floats(real), fake=floats(fake), max_shift=2
        ),
    ]
    return [part[key] for part in found for key in ("ratio", "share_nearer")]


def direct_parzen(real, fake, train):
    test, validation, samples = (s.pictures.reshape(s.count, -1) / 255 for s in (real, train, fake))
    return [parzen.parzen(test, validation, samples)["log_likelihood"]]


def direct_paired(real, fake, train):
    found = reconstruction.reconstruction_scores(floats(fake), floats(real))
    return [found[key].mean() for key in ("l1", "psnr", "ssim")]


DIRECT = {
    "fid": lambda real, fake, train: [frechet.frechet_distance(real.moments, fake.moments)],
    "kid": direct_kid,
    "mmd": lambda real, fake, train: [
        kernel.polynomial_mmd(real.features, fake.features),
        kernel.rbf_mmd(real.features, fake.features),
    ],
    "is": direct_is,
    "mode": lambda real, fake, train: [
        class_scores.mode_score(fake.probabilities, real.probabilities.mean(0))
    ],
    "classes": direct_classes,
    "prdc": direct_prdc,
    "1nn": direct_1nn,
    "wasserstein": lambda real, fake, train: [transport.wasserstein(real.features, fake.features)],
    "swd": lambda real, fake, train: [
        transport.sliced_wasserstein(real.features, fake.features, projections=50, seed=4)
    ],
    "ms_ssim": lambda real, fake, train: [
        structural.ms_ssim_diversity(floats(fake), pairs=30, seed=4)["mean"]
    ],
    "memorisation": direct_memorisation,
    "parzen": direct_parzen,
    "paired": direct_paired,
    "luma": lambda real, fake, train: [
        reconstruction.luma_psnr(floats(fake), floats(real), 1).mean(),
        reconstruction.luma_ssim(floats(fake), floats(real), 1).mean(),
    ],
}


def test_every_metric_is_held_to_its_module():
    assert set(DIRECT) == set(METRICS)


@pytest.mark.parametrize("name", METRICS)
def test_number_is_that_of_the_module(sides, name):
    real, fake, train = (sides[key] for key in ("real", "fake", "train"))
    if not METRICS[name].needs_train:
        train = None
    # What a metric does not ask for, it does not get.
    kept = {"count", "shape", "digest", *METRICS[name].needs}

    def bare(side):
        return side and suite.Side(**{key: getattr(side, key) for key in kept})

    scores = compute([name], bare(real), bare(fake), "tiny", SETTINGS, bare(train))
    expected = DIRECT[name](real, fake, train)
    assert [score.value for score in scores] == pytest.approx(expected, rel=1e-9)
    assert len({score.key for score in scores}) == len({score.label for score in scores})
    for score in scores:
        assert type(score.value) in (float, np.float64) and np.isfinite(score.value)
        assert score.better in ("lower", "higher", "0.5", "real", "neither")
        assert score.estimator


def test_scores_come_in_the_order_asked_for(sides):
    scores = compute(["swd", "fid", "is"], sides["real"], sides["fake"], "tiny", SETTINGS)
    keys = [score.key for score in scores]
    expected = ["sliced_wasserstein", "frechet_distance", "inception_score", "inception_score_std"]
    assert keys == expected


def test_keys_are_unique_over_all_metrics(sides):
    scores = compute(METRICS, sides["real"], sides["fake"], "tiny", SETTINGS, train=sides["train"])
    assert len({score.key for score in scores}) == len(scores)
    assert len({score.label for score in scores}) == len(scores)


@pytest.mark.parametrize("name", ["mnist_cnn", "pixels", "inception (SavedModel)", "dinov2"])
def test_nothing_is_called_fid_or_kid_but_inceptions(sides, name):
    scores = compute(["fid", "kid", "is"], sides["real"], sides["fake"], name, SETTINGS)
    assert scores[0].label == f"Frechet distance, {name}"
    for score in scores:
        assert name in score.label
        assert not {"FID", "KID"} & set(score.label.replace(",", "").split())
        assert "FID" not in score.estimator + " ".join(score.caveats)
    ours = compute(["fid", "kid", "is"], sides["real"], sides["fake"], "inception", SETTINGS)
    assert [score.label.split()[0] for score in ours[:2]] == ["FID", "KID"]
    assert [score.label for score in ours[3:]] == ["Inception Score", "Inception Score, std"]
    assert any("not the 2015 graph" in caveat for caveat in ours[0].caveats)


def test_few_samples_are_stated(sides):
    extractor = Counting().extractor
    few = collect([pictures(4, 1)], extractor, {"moments"})
    (score,) = compute(["fid"], sides["real"], few, "tiny", SETTINGS)
    assert [caveat.split(":")[0] for caveat in score.caveats] == ["Generated"]
    assert "4 samples in 5 dimensions" in score.caveats[0]
    (score,) = compute(["fid"], few, sides["fake"], "tiny", SETTINGS)
    assert [caveat.split(":")[0] for caveat in score.caveats] == ["Real"]
    (score,) = compute(["fid"], sides["real"], sides["fake"], "tiny", SETTINGS)
    assert not score.caveats


def test_copies_of_the_training_set_are_called_so(sides):
    copied = collect(
        [sides["train"].pictures[:110]], Counting().extractor, {"pictures", "features"}
    )
    scores = compute(["memorisation"], sides["real"], copied, "tiny", SETTINGS, sides["train"])
    ratios, shares = scores[::2], scores[1::2]
    assert [score.value for score in ratios] == [0, 0]
    assert [score.value for score in shares] == [1, 1]
    for score in ratios:
        assert "may be copied" in score.caveats[0]


def test_the_width_of_parzen_is_chosen_on_the_last_training_pictures(sides, monkeypatch):
    monkeypatch.setattr(catalogue_parzen, "PARZEN_VALIDATION", 40)
    alike = sides["fake"].pictures[:40]  # so near to the samples that the least width is best
    train = dataclasses.replace(sides["train"], pictures=np.concatenate([pictures(90, 7), alike]))
    (score,) = compute(["parzen"], sides["real"], sides["fake"], "tiny", SETTINGS, train)
    assert "sigma 0.100 chosen on the last 40 training pictures" in score.estimator
    assert "edge of the grid" in score.caveats[0]
    (score,) = compute(["parzen"], sides["real"], sides["fake"], "tiny", SETTINGS, sides["train"])
    assert "sigma 0.100" not in score.estimator


def test_pictures_that_equal_the_truth_have_no_psnr(sides):
    scores = {s.key: s for s in compute(["paired"], sides["real"], sides["real"], "", SETTINGS)}
    assert scores["psnr"].value is None
    assert scores["psnr"].caveats == ("110 pictures equal the truth: their value is infinite.",)
    assert scores["l1"].value == 0 and scores["ssim"].value == pytest.approx(1)


def test_ms_ssim_takes_as_many_pairs_of_both(sides):
    few = collect([pictures(4, 1)], Counting().extractor, {"pictures"})
    (score,) = compute(["ms_ssim"], sides["real"], few, "tiny", SETTINGS)
    assert score.estimator.startswith("6 pairs, 1 scales")
    (score,) = compute(["ms_ssim"], few, sides["fake"], "tiny", SETTINGS)
    assert score.estimator.startswith("6 pairs")


# What cannot work.


@pytest.mark.parametrize("names", [["fid", "fdi"], ["FID"], [""], []])
def test_unknown_metrics_list_the_choices(names):
    with pytest.raises(ValueError, match="which is no metric; choose any of 1nn, classes, fid, is"):
        suite.check_names(names)


@pytest.mark.parametrize("name", ["is", "mode", "classes"])
def test_classes_are_missing(name):
    extractor = Counting(classes=None).extractor
    with pytest.raises(ValueError, match=f"{name} needs class probabilities.* tiny does not give"):
        check_request([name], extractor, 10_000, 10_000, Settings())
    with pytest.raises(ValueError, match="needs class probabilities"):
        suite.check_names([name], extractor)
    check_request([name], Counting().extractor, 10_000, 10_000, Settings())


SMALLEST = {
    "fid": 2,
    "kid": 20,
    "mmd": 2,
    "is": 12,
    "mode": 4,
    "classes": 1,
    "prdc": 5,
    "1nn": 2,
    "wasserstein": 2,
    "swd": 2,
    "ms_ssim": 3,
    "memorisation": 100,
    "parzen": 2,
    "paired": 1,
    "luma": 1,
}


@pytest.mark.parametrize("name", METRICS)
def test_too_few_pictures(sides, name):
    extractor, least = Counting().extractor, SMALLEST[name]
    check_request([name], extractor, least, least, SETTINGS)
    words = f"The metric {name} needs at least {least} generated pictures and there are {least - 1}"
    with pytest.raises(ValueError, match=words):
        check_request([name], extractor, least, least - 1, SETTINGS)
    if METRICS[name].needs_real:
        words = f"at least {least} real pictures and there are {least - 1}: take more"
        with pytest.raises(ValueError, match=words):
            check_request([name], extractor, least - 1, least, SETTINGS)
    else:
        check_request([name], extractor, 1, least, SETTINGS)


@pytest.mark.parametrize("name", METRICS)
def test_the_smallest_number_works(name):
    counting, count = Counting(), SMALLEST[name]
    needs = needs_of([name])
    real, fake = (collect([pictures(count, s)], counting.extractor, needs) for s in (11, 12))
    train = collect([pictures(max(count, 3), 13)], counting.extractor, needs)
    settings = dataclasses.replace(SETTINGS, ms_ssim_pairs=3)
    for score in compute([name], real, fake, "tiny", settings, train):
        assert np.isfinite(score.value)


@pytest.mark.parametrize(
    ("name", "flag"),
    [
        ("kid", "lower --kid_subset_size, or leave kid out"),
        ("is", "lower --is_splits, or leave is out"),
        ("prdc", "lower --manifold_k and --coverage_k, or leave prdc out"),
        ("1nn", "take more, or leave 1nn out of --metrics"),
    ],
)
def test_the_sentence_names_the_setting(name, flag):
    with pytest.raises(ValueError, match=flag):
        check_request([name], Counting().extractor, 1, 1, SETTINGS)


def test_too_many_for_exact_transport():
    check_request(["wasserstein"], Counting().extractor, 2000, 2000, SETTINGS)
    with pytest.raises(ValueError, match="at most 2000 pictures a side, not 2001.*cube.*take swd"):
        check_request(["wasserstein"], Counting().extractor, 2000, 2001, SETTINGS)


@pytest.mark.parametrize("name", ["1nn", "wasserstein", "paired", "luma"])
def test_unequal_numbers(name):
    with pytest.raises(ValueError, match=f"{name} needs as many .* there are 50 and 40: set --num"):
        check_request([name], Counting().extractor, 40, 50, SETTINGS)


@pytest.mark.parametrize(
    ("name", "side"), [("ms_ssim", 11), ("paired", 11), ("luma", 13), ("memorisation", 8)]
)
def test_too_small_pictures(name, side):
    extractor = Counting().extractor
    check_request([name], extractor, 200, 200, SETTINGS, (side, 99, 3))
    words = f"{name} needs pictures of at least {side} pixels a side, and these are 99x{side - 1}"
    with pytest.raises(ValueError, match=words):
        check_request([name], extractor, 200, 200, SETTINGS, (99, side - 1, 3))


def test_the_first_of_several_metrics_that_cannot_work_is_named():
    with pytest.raises(ValueError, match="The metric kid needs"):
        check_request(["fid", "kid", "1nn"], Counting().extractor, 10, 12, SETTINGS)
