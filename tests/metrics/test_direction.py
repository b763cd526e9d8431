"""Which way every score moves when pictures get worse, and what it is blind to.

Real pictures stand in for a perfect generator. They are cut at random into real, training and
generated ones; the generated ones are then spoilt in one way. That is done for several cuts, so
that the noise of a score of fresh pictures is known: a score sees what moves it by more than three
standard deviations of that noise, and is blind to what moves it by less. docs/scores.md has the
same table.
"""

import pathlib
import re

import numpy as np
import pytest
import threadpoolctl
from scipy import ndimage

from tfgan_zoo.data.request import Request
from tfgan_zoo.data.sources import open_images
from tfgan_zoo.metrics import extractors, frechet, structural, suite

PAGE = (pathlib.Path(__file__).resolve().parents[2] / "docs" / "scores.md").read_text()

CUTS = 16
COUNT = 250  # pictures of each part; of more, every score would see less noise
PAIRS = 50  # pictures for the scores that compare them one by one and hardly vary
NOISES = 3.0  # standard deviations of fresh pictures' score, between blind and seeing
ERRORS = 3.0  # standard errors over the cuts that a verdict must be sure by
SETTINGS = suite.Settings(
    is_splits=1, kid_subsets=10, kid_subset_size=200, projections=200, max_shift=0
)

# Standard deviations: pixels, and parts of the range from black to white.
LITTLE_BLUR, LESS_BLUR, BLUR = 0.5, 1.0, 2.0
LESS_NOISE, NOISE = 0.1, 0.25
MISSING = (0, 2, 4, 6, 8)  # dropped classes

SPOILT = ("blur", "noise", "dropping", "copying", "duplication")
TABLE = {
    key: dict(zip(SPOILT, verdicts.split(), strict=False))
    for keys, verdicts in {
        "frechet_distance kernel_distance polynomial_mmd rbf_mmd wasserstein sliced_wasserstein "
        "one_nn one_nn_real one_nn_fake ms_ssim parzen recall coverage": (
            "sees sees sees blind sees"
        ),
        "inception_score mode_score class_entropy missing_classes class_distance": (
            "sees sees sees blind blind"
        ),
        "precision density": "sees sees blind blind blind",
        "memorisation_features memorisation_pixels": "sees sees blind sees blind",
        "memorised_share_features memorised_share_pixels": "blind blind blind sees blind",
        "l1 psnr ssim luma_psnr luma_ssim": "sees sees",
    }.items()
    for key in keys.split()
}
METRIC_SCORES = {  # of the names of --metrics that stand in docs/scores.md for them
    "fid": ("frechet_distance",),
    "kid": ("kernel_distance",),
    "mmd": ("polynomial_mmd", "rbf_mmd"),
    "swd": ("sliced_wasserstein",),
    "1nn": ("one_nn", "one_nn_real", "one_nn_fake"),
    "is": ("inception_score",),
    "mode": ("mode_score",),
    "classes": ("class_entropy", "missing_classes", "class_distance"),
    "paired": ("l1", "psnr", "ssim"),
    "luma": ("luma_psnr", "luma_ssim"),
}
SPREADS = {"inception_score_std", "kernel_distance_std"}  # of an estimate, not of the pictures
CASES = [(key, spoilt) for key, verdicts in TABLE.items() for spoilt in verdicts]
ORDERED = [
    (key, spoilt)
    for key, spoilt in CASES
    if spoilt in ("blur", "noise") and TABLE[key][spoilt] == "sees"
]


def blurred(pictures, deviation):
    values = ndimage.gaussian_filter(pictures.astype(np.float32), (0, deviation, deviation, 0))
    return np.rint(values).astype(np.uint8)


def noisy(pictures, deviation):
    added = np.random.default_rng(0).normal(0, 255 * deviation, pictures.shape)
    return np.clip(np.rint(pictures + added), 0, 255).astype(np.uint8)


def rows_of(side, rows):
    """The part of a `Side` that those rows alone would have given."""
    moments = frechet.GaussianStatistics()
    moments.update(side.features[rows])
    probabilities = side.probabilities
    return suite.Side(
        count=len(rows),
        shape=side.shape,
        digest=side.digest,
        moments=moments,
        features=side.features[rows],
        probabilities=None if probabilities is None else probabilities[rows],
        pictures=side.pictures[rows],
    )


def ten_distinct(rows, classes, others, sureness, ranks):
    """For each of `rows` the one of `others` that stands for its class.

    It is at `ranks[class]`, 0 to 1, among those of its class, from the least sure to the surest.
    """
    known = []
    for label in range(10):
        same = others[classes[others] == label]
        same = same[np.argsort(sureness[same], kind="stable")]
        known.append(same[int(ranks[label] * len(same))])
    return np.array(known)[classes[rows]]


@pytest.fixture(scope="module")
def digits():
    """All 1,797 pictures, uint8, and their labels."""
    tables = [
        open_images("digits", split, Request(image_size=(28, 28), channels=1))
        for split in ("train", "validation", "test")
    ]
    found = [table.fetch(np.arange(len(table))) for table in tables]
    return tuple(np.concatenate([part[name] for part in found]) for name in ("images", "labels"))


@pytest.fixture(scope="module")
def scores(digits):
    """{spoilt or not: {key of a score: (values [CUTS], which way is better)}}."""
    pictures, labels = digits
    worlds = {
        "fresh": pictures,
        "little blur": blurred(pictures, LITTLE_BLUR),
        "less blur": blurred(pictures, LESS_BLUR),
        "blur": blurred(pictures, BLUR),
        "less noise": noisy(pictures, LESS_NOISE),
        "noise": noisy(pictures, NOISE),
        "one level off": pictures ^ 1,  # no error at all would be an infinite PSNR
    }
    extractor = extractors.find("mnist_cnn")
    needs = suite.needs_of(suite.METRICS)
    sides = {
        name: suite.collect(np.array_split(world, 8), extractor, needs)
        for name, world in worlds.items()
    }
    pixels = {
        name: suite.collect([worlds[name]], extractors.pixels(), {"features", "pictures"})
        for name in ("fresh", "less blur")
    }
    classes = sides["fresh"].probabilities.argmax(1)
    sureness = sides["fresh"].probabilities.max(1)
    measured = {}

    def measure(name, metrics, real, fake, train, extractor="mnist_cnn"):
        for score in suite.compute(metrics, real, fake, extractor, SETTINGS, train):
            values, _ = measured.setdefault(name, {}).setdefault(score.key, ([], score.better))
            values.append(score.value)

    paired = [name for name, metric in suite.METRICS.items() if metric.paired]
    unpaired = [name for name in suite.METRICS if name not in (*paired, "ms_ssim")]
    # Threads that wait for each other cost more than such small products, on a busy machine most.
    with threadpoolctl.threadpool_limits(1):
        for cut in range(CUTS):
            chance = np.random.default_rng(cut)
            order = chance.permutation(len(pictures))
            real_rows, train_rows, others = np.split(order, (COUNT, 2 * COUNT))
            rows, rest = others[:COUNT], others[COUNT:]
            real, train = rows_of(sides["fresh"], real_rows), rows_of(sides["fresh"], train_rows)

            drawn = [(name, name, rows) for name in ("fresh", *SPOILT[:2])]
            drawn += [(f"less {name}", f"less {name}", rows) for name in SPOILT[:2]]
            left = others[~np.isin(labels[others], MISSING)]
            drawn += [("dropping", "fresh", left[:COUNT]), ("copying", "fresh", train_rows)]
            # Ten pictures say little about scores that a few hard ones decide: take one from each
            # tenth of the sureness, the other way round as well, and that twice.
            for tenths in (chance.permutation(10), chance.permutation(10)):
                for ranks in (tenths, 9 - tenths):
                    ranks = (ranks + chance.random(10)) / 10
                    ten = ten_distinct(rows, classes, rest, sureness, ranks)
                    drawn.append(("duplication", "fresh", ten))
            for name, side, chosen in drawn:
                fake = rows_of(sides[side], chosen)
                measure(name, unpaired, real, fake, train)
                # The suite would take that of the real ones each time, which is slow.
                diversity = structural.ms_ssim_diversity(fake.floats())["mean"]
                measured[name].setdefault("ms_ssim", ([], "real"))[0].append(diversity)

            for name in ("one level off", "less blur", "blur", "less noise", "noise"):
                truth, fake = (rows_of(sides[side], rows[:PAIRS]) for side in ("fresh", name))
                measure("fresh" if name == "one level off" else name, paired, truth, fake, train)

            measure("little blur", ["parzen"], real, rows_of(sides["little blur"], rows), train)
            surest = ten_distinct(rows, classes, rest, sureness, np.full(10, 0.999))
            measure("ten surest", ["is", "mode"], real, rows_of(sides["fresh"], surest), train)
            for name, side in pixels.items():
                true, fake = rows_of(pixels["fresh"], real_rows), rows_of(side, rows)
                measure(f"{name} in pixels", ["prdc", "wasserstein"], true, fake, train, "pixels")
    return {
        name: {
            key: (np.reshape(values, (CUTS, -1)).mean(1), better)
            for key, (values, better) in found.items()
        }
        for name, found in measured.items()
    }


def worsening(scores, key, name, than="fresh"):
    """How much worse a score is, in each cut: float64 [CUTS].

    Of scores whose ideal is that of real pictures, how much farther off.
    """
    (before, _), (after, better) = scores[than][key], scores[name][key]
    sign = {"lower": 1.0, "higher": -1.0}.get(better)
    if sign is None:
        sign = np.sign((after - scores["fresh"][key][0]).mean())
    return sign * (after - before)


def error(values):
    """Standard error of the mean of what the cuts gave."""
    return values.std(ddof=1) / np.sqrt(len(values))


def verdict(scores, key, name):
    """`sees`, `blind` or `fooled` (it calls the spoilt ones better), or why it cannot be told."""
    shift = worsening(scores, key, name)
    noise = NOISES * scores["fresh"][key][0].std(ddof=1)
    mean, unsure = shift.mean(), ERRORS * error(shift)
    if mean - unsure > noise:
        return "sees"
    if mean + unsure < -noise:
        return "fooled"
    if abs(mean) + unsure <= noise:
        return "blind"
    return f"unclear: {mean:.4f} +- {unsure:.4f}, noise {noise:.4f}"


def test_the_table_has_every_score(scores):
    assert set(scores["fresh"]) - SPREADS == set(TABLE)


@pytest.mark.parametrize(("key", "spoilt"), CASES)
def test_direction(scores, key, spoilt):
    assert verdict(scores, key, spoilt) == TABLE[key][spoilt]


@pytest.mark.parametrize(("key", "spoilt"), ORDERED)
def test_more_is_worse(scores, key, spoilt):
    further = worsening(scores, key, spoilt, than=f"less {spoilt}")
    less = worsening(scores, key, spoilt) - further
    assert further.mean() > ERRORS * error(further)
    assert less.mean() >= -NOISES * scores["fresh"][key][0].std(ddof=1)


@pytest.mark.parametrize(
    ("key", "name", "than"),
    [
        ("inception_score", "ten surest", "fresh"),
        ("mode_score", "ten surest", "fresh"),
        ("parzen", "little blur", "fresh"),
        ("precision", "less blur in pixels", "fresh in pixels"),
        ("wasserstein", "less blur in pixels", "fresh in pixels"),
    ],
)
def test_what_looks_better_than_real_pictures(scores, key, name, than):
    shift = worsening(scores, key, name, than)
    assert shift.mean() < -ERRORS * error(shift)


def test_the_page_has_this_table():
    """Its first column names metrics, for all their scores, or single scores."""
    table = re.search(r"^\| score .*?\n\n", PAGE, re.S | re.M).group().strip()
    cells = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.split("\n")]
    header, _, *rows = cells
    assert header[1:] == list(SPOILT)
    found = {}
    for names, *verdicts in rows:
        for name in re.findall(r"`(\w+)`", names):
            for key in METRIC_SCORES.get(name, (name,)):
                assert key not in found, f"{key} stands there twice"
                found[key] = {
                    spoilt: said for spoilt, said in zip(SPOILT, verdicts, strict=True) if said
                }
    assert found == TABLE
