"""All scores of one set of pictures against another, from one pass over each.

`METRICS` names every metric, what it needs of a pass and how it is computed; `collect` makes the
pass; `check_request` finds what cannot work before the pass begins.
"""

import dataclasses
import hashlib
from collections.abc import Callable

import numpy as np

from tfgan_zoo.metrics import (
    class_scores,
    extractors,
    frechet,
    kernel,
    memorisation,
    neighbours,
    parzen,
    reconstruction,
    structural,
    transport,
)

WIDEST = 4096  # features whose covariance is factored in seconds, in 134 MB; both grow fast
PARZEN_VALIDATION = 1000  # training pictures that the width is chosen on, as Goodfellow et al. did


@dataclasses.dataclass(frozen=True)
class Score:
    """One number.

    Attributes:
        key: one word, for programs, such as `frechet_distance`.
        label: what a table calls it; it names the extractor that it depends on.
        value: a finite number, or None where there is none, which a caveat then explains.
        estimator: which formula, with its settings.
        better: `lower`, `higher`, `0.5` (the ideal), `real` (that of real pictures is the ideal),
            or `neither`, of a spread.
        caveats: sentences.
    """

    key: str
    label: str
    value: float | None
    estimator: str
    better: str
    caveats: tuple[str, ...] = ()


@dataclasses.dataclass(frozen=True)
class Settings:
    """What metrics take beside the pictures; part of the protocol.

    Attributes:
        seed: of projections and pairs; the kernel distance's subsets are always torch-fidelity's.
        is_splits: of the Inception Score.
        kid_subsets, kid_subset_size: of the kernel distance.
        manifold_k: neighbours of precision and recall.
        coverage_k: neighbours of density and coverage.
        projections: of the sliced Wasserstein distance.
        ms_ssim_pairs: of the diversity.
        max_shift: pixels by which copies of training pictures may be moved.
        border: pixels that luma scores cut off, the factor in super-resolution.
    """

    seed: int = 0
    is_splits: int = 10
    kid_subsets: int = 100
    kid_subset_size: int = 1000
    manifold_k: int = 3
    coverage_k: int = 5
    projections: int = 1000
    ms_ssim_pairs: int = 1000
    max_shift: int = 1
    border: int = 0


@dataclasses.dataclass
class Side:
    """What one pass leaves of a set of pictures; None where nothing asked for it.

    Attributes:
        count: pictures.
        shape: (height, width, channels).
        digest: SHA-256, hexadecimal, of the pictures in their order.
        moments: `frechet.GaussianStatistics` of the features.
        features: float32 `[N, D]`.
        probabilities: float64 `[N, K]`.
        pictures: uint8 `[N, H, W, C]`.
    """

    count: int
    shape: tuple[int, int, int]
    digest: str
    moments: frechet.GaussianStatistics | None = None
    features: np.ndarray | None = None
    probabilities: np.ndarray | None = None
    pictures: np.ndarray | None = None

    def floats(self):
        """The pictures as float32 in [-1, 1]."""
        return self.pictures.astype(np.float32) / np.float32(127.5) - np.float32(1)


@dataclasses.dataclass(frozen=True)
class Metric:
    """A name of `--metrics`.

    Attributes:
        summary: a line for `--list_metrics`.
        compute: (real, fake, train, extractor name, `Settings`) -> list of `Score`; `train` is None
            unless needed.
        needs: of `moments`, `features`, `probabilities`, `pictures`.
        needs_real: whether it looks at the real pictures.
        needs_train: whether it needs the training pictures too.
        smallest: (`Settings`, K of the extractor) -> pictures that each side must have.
        lowered: how a user lowers that, if it can be.
        side: `Settings` -> pixels that the shorter side of the pictures must have.
        largest: pictures that it refuses to exceed, and what to take instead.
        equal: whether both sides must have as many.
        paired: whether picture i is compared with picture i.
    """

    summary: str
    compute: Callable
    needs: tuple[str, ...]
    needs_real: bool = True
    needs_train: bool = False
    smallest: Callable = lambda settings, classes: 2
    lowered: str | None = None
    side: Callable = lambda settings: 1
    largest: tuple[int, str] | None = None
    equal: bool = False
    paired: bool = False


def check_names(names, extractor=None):
    """Raises ValueError unless `names` are some of `METRICS`, and the extractor, if it is known,
    gives what they need.
    """
    unknown = [name for name in names if name not in METRICS]
    if unknown or not names:
        wrong = ", ".join(map(repr, unknown)) or "nothing"
        raise ValueError(
            f"--metrics names {wrong}, which is no metric; choose any of {', '.join(METRICS)}."
        )
    for name in names:
        if extractor and "probabilities" in METRICS[name].needs and not extractor.classes:
            raise ValueError(
                f"The metric {name} needs class probabilities, which the extractor "
                f"{extractor.name} does not give: take another --extractor."
            )


def check_request(names, extractor, real_count, fake_count, settings, shape=None):
    """Raises ValueError, in one sentence, for what could only fail after the pass.

    Args:
        names: of `METRICS`.
        extractor: the `extractors.Extractor`.
        real_count, fake_count: pictures of each side.
        settings: `Settings`.
        shape: (height, width, channels) of the pictures, if it is known.
    """
    check_names(names, extractor)
    for name in names:
        metric = METRICS[name]
        smallest = metric.smallest(settings, extractor.classes)
        for side, count in (("real", real_count), ("generated", fake_count)):
            if side == "real" and not metric.needs_real:
                continue
            if count < smallest:
                lowered = f"lower {metric.lowered}, " if metric.lowered else ""
                raise ValueError(
                    f"The metric {name} needs at least {smallest} {side} pictures and there are "
                    f"{count}: take more, {lowered}or leave {name} out of --metrics."
                )
            if metric.largest and count > metric.largest[0]:
                raise ValueError(
                    f"The metric {name} takes at most {metric.largest[0]} pictures a side, not "
                    f"{count}: {metric.largest[1]}."
                )
        side = metric.side(settings)
        if shape and min(shape[:2]) < side:
            raise ValueError(
                f"The metric {name} needs pictures of at least {side} pixels a side, and these are "
                f"{shape[0]}x{shape[1]}: leave {name} out of --metrics."
            )
        if metric.equal and real_count != fake_count:
            raise ValueError(
                f"The metric {name} needs as many generated as real pictures; there are "
                f"{fake_count} and {real_count}: set --num_samples and --num_real alike."
            )


def needs_of(names):
    """Everything that the metrics need of a pass: a set of words."""
    return {need for name in names for need in METRICS[name].needs}


def collect(batches, extractor, needs, progress=None):
    """One pass.

    Args:
        batches: iterable of uint8 `[b, H, W, C]`.
        extractor: the `extractors.Extractor`.
        needs: words of `needs_of`; memory grows with the number of pictures for all but `moments`.
        progress: called with the number of pictures done, after each batch.

    Returns:
        `Side`.

    Raises:
        ValueError: for pictures that cannot be scored, of different shapes, or none; for features
            that are too wide for their covariance.
    """
    moments, content, shape = frechet.GaussianStatistics(), hashlib.sha256(), None
    kept = {"features": [], "probabilities": [], "pictures": []}
    count = 0
    for pictures in batches:
        pictures = extractors.check_pictures(pictures)
        if shape not in (None, pictures.shape[1:]):
            raise ValueError(f"Pictures differ in shape: {shape} and {pictures.shape[1:]}.")
        shape = pictures.shape[1:]
        content.update(np.ascontiguousarray(pictures))
        count += len(pictures)
        if needs - {"pictures"}:
            features, probabilities = extractor(pictures)
            if "moments" in needs:
                if features.shape[1] > WIDEST:
                    raise ValueError(
                        f"The metric fid needs the covariance of the features, and those of "
                        f"{extractor.name} are {features.shape[1]} wide; at most {WIDEST} are "
                        "taken: choose another --extractor, or the metrics kid or swd."
                    )
                moments.update(features)
            if "features" in needs:
                kept["features"].append(features)
            if "probabilities" in needs:
                kept["probabilities"].append(probabilities)
        if "pictures" in needs:
            kept["pictures"].append(pictures)
        if progress:
            progress(count)
    if not count:
        raise ValueError("There are no pictures to score.")
    return Side(
        count=count,
        shape=tuple(shape),
        digest=content.hexdigest(),
        moments=moments if "moments" in needs else None,
        **{name: np.concatenate(parts) if parts else None for name, parts in kept.items()},
    )


def compute(names, real, fake, extractor_name, settings, train=None):
    """The scores of `names`, in their order: list of `Score`."""
    scores = []
    for name in names:
        scores += METRICS[name].compute(real, fake, train, extractor_name, settings)
    return scores


def _fid(real, fake, train, extractor, settings):
    caveats = [
        f"{side}: {caveat}"
        for side, caveat in (
            ("Real", frechet.rank_caveat(real.moments)),
            ("Generated", frechet.rank_caveat(fake.moments)),
        )
        if caveat
    ]
    label = f"Frechet distance, {extractor}"
    if extractor == "inception":
        label = "FID (Keras Inception-v3)"
        caveats.append("Keras' weights are not the 2015 graph of published FIDs.")
    return [
        Score(
            "frechet_distance",
            label,
            frechet.frechet_distance(real.moments, fake.moments),
            f"Gaussians, covariance over N - 1; N {real.count} real, {fake.count} generated",
            "lower",
            tuple(caveats),
        )
    ]


def _kid(real, fake, train, extractor, settings):
    found = kernel.kernel_distance(
        real.features,
        fake.features,
        subsets=settings.kid_subsets,
        subset_size=settings.kid_subset_size,
    )
    name = "KID" if extractor == "inception" else f"Kernel distance, {extractor}"
    estimator = (
        f"unbiased squared MMD, (xy/D + 1)^3, {settings.kid_subsets} subsets of "
        f"{settings.kid_subset_size}, torch-fidelity's draw"
    )
    return [
        Score("kernel_distance", name, found["mean"], estimator, "lower"),
        Score("kernel_distance_std", f"{name}, std", found["std"], estimator, "neither"),
    ]


def _mmd(real, fake, train, extractor, settings):
    return [
        Score(
            "polynomial_mmd",
            f"MMD^2, polynomial, {extractor}",
            kernel.polynomial_mmd(real.features, fake.features),
            "unbiased, (xy/D + 1)^3, all pairs",
            "lower",
        ),
        Score(
            "rbf_mmd",
            f"MMD^2, Gaussian, {extractor}",
            kernel.rbf_mmd(real.features, fake.features),
            "unbiased, bandwidth the median distance of the pooled sample, all pairs",
            "lower",
        ),
    ]


def _inception_score(real, fake, train, extractor, settings):
    found = class_scores.inception_score(fake.probabilities, splits=settings.is_splits)
    name = "Inception Score" + ("" if extractor == "inception" else f", {extractor}")
    estimator = f"mean over {settings.is_splits} splits in the order drawn; std across them"
    return [
        Score("inception_score", name, found["mean"], estimator, "higher"),
        Score("inception_score_std", f"{name}, std", found["std"], estimator, "neither"),
    ]


def _mode_score(real, fake, train, extractor, settings):
    return [
        Score(
            "mode_score",
            f"Mode Score, {extractor}",
            class_scores.mode_score(fake.probabilities, real.probabilities.mean(0)),
            "one split; p(y*) the mean over the real pictures",
            "higher",
        )
    ]


def _classes(real, fake, train, extractor, settings):
    real, fake = (class_scores.class_histogram(side.probabilities) for side in (real, fake))
    distance = 0.5 * np.abs(np.subtract(real["shares"], fake["shares"])).sum()
    shares = " ".join(f"{share:.3f}" for share in fake["shares"][:20])
    return [
        Score(
            "class_entropy",
            f"Entropy of classes, {extractor}",
            fake["entropy"],
            f"nats, likeliest class of each; real pictures {real['entropy']:.3f}; shares {shares}"
            + (" ..." if len(fake["shares"]) > 20 else ""),
            "real",
        ),
        Score(
            "missing_classes",
            f"Missing classes, {extractor}",
            float(fake["missing"]),
            f"of {len(fake['shares'])}, never the likeliest; real pictures {real['missing']:.0f}",
            "lower",
        ),
        Score(
            "class_distance",
            f"Distance of class shares, {extractor}",
            float(distance),
            "total variation against the shares in the real pictures",
            "lower",
        ),
    ]


def _prdc(real, fake, train, extractor, settings):
    manifold = neighbours.precision_recall(real.features, fake.features, k=settings.manifold_k)
    coverage = neighbours.density_coverage(real.features, fake.features, k=settings.coverage_k)
    improved = f"k = {settings.manifold_k}, surface inside (<=), as torch-fidelity"
    naeem = f"k = {settings.coverage_k}, surface outside (<), as prdc"
    return [
        Score("precision", f"Precision, {extractor}", manifold["precision"], improved, "higher"),
        Score("recall", f"Recall, {extractor}", manifold["recall"], improved, "higher"),
        Score("density", f"Density, {extractor}", coverage["density"], naeem, "real"),
        Score("coverage", f"Coverage, {extractor}", coverage["coverage"], naeem, "higher"),
    ]


def _nearest(real, fake, train, extractor, settings):
    found = neighbours.nearest_neighbour_accuracy(real.features, fake.features)
    estimator = "leave-one-out accuracy, Euclidean; under 0.5 means copies"
    return [
        Score("one_nn", f"1-NN accuracy, {extractor}", found["total"], estimator, "0.5"),
        Score("one_nn_real", "1-NN accuracy on real ones", found["real"], estimator, "0.5"),
        Score("one_nn_fake", "1-NN accuracy on generated ones", found["fake"], estimator, "0.5"),
    ]


def _wasserstein(real, fake, train, extractor, settings):
    return [
        Score(
            "wasserstein",
            f"Wasserstein distance, {extractor}",
            transport.wasserstein(real.features, fake.features),
            f"exact transport, Euclidean cost, N {real.count}; biased upwards at any finite N",
            "lower",
        )
    ]


def _sliced(real, fake, train, extractor, settings):
    return [
        Score(
            "sliced_wasserstein",
            f"Sliced Wasserstein distance, {extractor}",
            transport.sliced_wasserstein(
                real.features,
                fake.features,
                projections=settings.projections,
                seed=settings.seed,
            ),
            f"order 2, {settings.projections} projections",
            "lower",
        )
    ]


def _ms_ssim(real, fake, train, extractor, settings):
    fewer = min(real.count, fake.count)
    pairs = min(settings.ms_ssim_pairs, fewer * (fewer - 1) // 2)
    found = {
        name: structural.ms_ssim_diversity(side.floats(), pairs=pairs, seed=settings.seed)
        for name, side in (("real", real), ("fake", fake))
    }
    estimator = f"{pairs} pairs, {found['fake']['scales']:.0f} scales"
    return [
        Score(
            "ms_ssim",
            "MS-SSIM between samples",
            found["fake"]["mean"],
            f"{estimator}; +- {found['fake']['standard_error']:.4f}; "
            f"real pictures {found['real']['mean']:.4f}",
            "real",
        )
    ]


def _parzen(real, fake, train, extractor, settings):
    def flat(pictures):
        return pictures.reshape(len(pictures), -1) / 255.0

    validation = train.pictures[-PARZEN_VALIDATION:]
    found = parzen.parzen(flat(real.pictures), flat(validation), flat(fake.pictures))
    estimator = (
        f"nats, pixels in [0, 1], sigma {found['sigma']:.3f} chosen on the last "
        f"{len(validation)} training pictures; "
        f"+- {found['standard_error']:.2f} over {real.count} test pictures"
    )
    caveats = (found["caveat"],) if found["caveat"] else ()
    return [
        Score(
            "parzen",
            "Parzen log-likelihood",
            found["log_likelihood"],
            estimator,
            "higher",
            caveats,
        )
    ]


def _memorisation(real, fake, train, extractor, settings):
    in_features = memorisation.memorisation(
        train=train.features, held_out=real.features, fake=fake.features
    )
    in_pixels = memorisation.memorisation_of_images(
        train=train.floats(),
        held_out=real.floats(),
        fake=fake.floats(),
        max_shift=settings.max_shift,
    )
    scores = []
    for key, place, found in (
        ("features", extractor, in_features),
        ("pixels", f"pixels, shifts to {settings.max_shift}", in_pixels),
    ):
        caveats = ()
        if found["p_value"] < 0.01 or found["share_nearer"] > 0.05:
            caveats = (
                f"Generated pictures lie nearer to the {train.count} training pictures than "
                f"held-out ones do (p {found['p_value']:.1e}): the training set may be copied, or "
                "the pictures lack detail; look at them beside their nearest training pictures.",
            )
        estimator = (
            f"median distance to the nearest training picture over that of held-out ones; 1 is "
            f"fresh, 0 copied; p {found['p_value']:.2g}"
        )
        scores += [
            Score(
                f"memorisation_{key}",
                f"Memorisation, {place}",
                found["ratio"],
                estimator,
                "real",
                caveats,
            ),
            Score(
                f"memorised_share_{key}",
                f"Memorised share, {place}",
                found["share_nearer"],
                "generated pictures nearer to a training picture than 99 % of held-out ones; "
                "0.01 is fresh",
                "real",
            ),
        ]
    return scores


def _paired(real, fake, train, extractor, settings):
    found = reconstruction.reconstruction_scores(fake.floats(), real.floats())
    scores = []
    for key, better, unit in (
        ("l1", "lower", "mean absolute difference in [-1, 1]"),
        ("psnr", "higher", "dB"),
        ("ssim", "higher", "Gaussian window of 11"),
    ):
        scores.append(_mean(key, key.upper(), found[key], unit, better))
    return scores


def _luma(real, fake, train, extractor, settings):
    unit = f"Y of BT.601, eight bits, {settings.border} pixels cut off at each border"
    scores = []
    for key, function in (("psnr", reconstruction.luma_psnr), ("ssim", reconstruction.luma_ssim)):
        values = function(fake.floats(), real.floats(), settings.border)
        scores.append(_mean(f"luma_{key}", f"{key.upper()} of Y", values, unit, "higher"))
    return scores


def _mean(key, label, values, estimator, better):
    finite = np.isfinite(values)
    caveats = ()
    if not finite.all():
        caveats = (f"{(~finite).sum()} pictures equal the truth: their value is infinite.",)
    value = float(values.mean()) if finite.all() else None
    return Score(key, label, value, f"mean over {len(values)} pairs; {estimator}", better, caveats)


def _splits(settings, classes):
    """No split can score more than the number of its samples."""
    return settings.is_splits * classes


METRICS = {
    "fid": Metric(
        "Frechet distance of Gaussians fitted to features; FID with Inception", _fid, ("moments",)
    ),
    "kid": Metric(
        "kernel distance: unbiased polynomial MMD over subsets",
        _kid,
        ("features",),
        smallest=lambda settings, classes: settings.kid_subset_size,
        lowered="--kid_subset_size",
    ),
    "mmd": Metric(
        "squared MMD over all pairs, polynomial and Gaussian kernel, unbiased", _mmd, ("features",)
    ),
    "is": Metric(
        "Inception Score: sure and varied classes; looks at no real picture",
        _inception_score,
        ("probabilities",),
        needs_real=False,
        smallest=_splits,
        lowered="--is_splits",
    ),
    "mode": Metric(
        "Mode Score: Inception Score less the wrong shares of classes",
        _mode_score,
        ("probabilities",),
        smallest=lambda settings, classes: classes,
    ),
    "classes": Metric(
        "histogram of the likeliest class: entropy, missing ones, distance to the real one",
        _classes,
        ("probabilities",),
        smallest=lambda settings, classes: 1,
    ),
    "prdc": Metric(
        "precision, recall, density, coverage of the manifold",
        _prdc,
        ("features",),
        smallest=lambda settings, classes: 1 + max(settings.manifold_k, settings.coverage_k),
        lowered="--manifold_k and --coverage_k",
    ),
    "1nn": Metric(
        "leave-one-out 1-nearest-neighbour two-sample test", _nearest, ("features",), equal=True
    ),
    "wasserstein": Metric(
        "exact optimal transport on features",
        _wasserstein,
        ("features",),
        largest=(2000, "its time grows with the cube; lower --num_samples, or take swd"),
        equal=True,
    ),
    "swd": Metric("sliced Wasserstein distance on features", _sliced, ("features",)),
    "ms_ssim": Metric(
        "MS-SSIM between pairs of samples: diversity",
        _ms_ssim,
        ("pictures",),
        smallest=lambda settings, classes: 3,
        side=lambda settings: reconstruction.WINDOW,
    ),
    "memorisation": Metric(
        "nearest training pictures against held-out ones, in pixels and features",
        _memorisation,
        ("pictures", "features"),
        needs_train=True,
        smallest=lambda settings, classes: 100,
        side=lambda settings: 4 * settings.max_shift,
    ),
    "parzen": Metric(
        "Parzen-window log-likelihood by the protocol of Goodfellow et al.",
        _parzen,
        ("pictures",),
        needs_train=True,
    ),
    "paired": Metric(
        "l1, PSNR and SSIM of each picture against its true one",
        _paired,
        ("pictures",),
        equal=True,
        paired=True,
        smallest=lambda settings, classes: 1,
        side=lambda settings: reconstruction.WINDOW,
    ),
    "luma": Metric(
        "PSNR and SSIM of the Y channel, borders cut off, as in super-resolution",
        _luma,
        ("pictures",),
        equal=True,
        paired=True,
        smallest=lambda settings, classes: 1,
        side=lambda settings: reconstruction.WINDOW + 2 * settings.border,
    ),
}
