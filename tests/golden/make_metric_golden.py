"""Computes `metric_golden.npz`: what torch-fidelity and clean-fid give for fixed inputs.

Both need PyTorch, which the tests do not install, so this script runs once, in an environment of
its own:

    python3.11 -m venv /tmp/metrics
    /tmp/metrics/bin/pip install torch==2.13.* torchvision --index-url \\
        https://download.pytorch.org/whl/cpu
    /tmp/metrics/bin/pip install torch-fidelity==0.4.0 clean-fid==0.1.35
    /tmp/metrics/bin/python tests/golden/make_metric_golden.py

Inputs and parameters are stored beside the results, so that no random generator has to stay the
same except NumPy's old `RandomState`, from which torch-fidelity draws and which is frozen. Results
from torch-fidelity bear the metric's name; from clean-fid, `clean_` before it. "_float64" marks
features given in float64: torch-fidelity computes in the precision of its features.
"""

import importlib.metadata
import pathlib

import numpy as np
import torch
from cleanfid import fid as clean
from cleanfid.resize import build_resizer, make_resizer
from torch_fidelity.metric_fid import fid_features_to_statistics, fid_statistics_to_metric
from torch_fidelity.metric_isc import isc_features_to_metric
from torch_fidelity.metric_kid import kid_features_to_metric
from torch_fidelity.metric_prc import prc_features_to_metric

OUTPUT = pathlib.Path(__file__).with_name("metric_golden.npz")
random = np.random.default_rng(20240601)


def correlated(samples, width, mixing, shift=0.0, scale=1.0):
    """Float32 normal features, mixed by a matrix, some columns rectified as a network's are."""
    values = random.standard_normal((samples, width)) @ mixing * scale + shift
    values[:, ::3] = np.maximum(values[:, ::3], 0)
    return values.astype(np.float32)


def features():
    """A usual pair of unequal sizes, and one with fewer samples than dimensions."""
    mixing = random.standard_normal((16, 16)) / 4
    other = mixing + 0.3 * random.standard_normal((16, 16)) / 4
    wide = random.standard_normal((80, 80)) / 9
    return {
        "real_features": correlated(400, 16, mixing, shift=0.2),
        "fake_features": correlated(350, 16, other, shift=np.linspace(0, 0.5, 16), scale=1.1),
        "wide_real": correlated(60, 80, wide),
        "wide_fake": correlated(60, 80, wide, shift=0.3, scale=0.8),
    }


def frechet(real, fake):
    """torch-fidelity's distance, then clean-fid's, of float32 features."""
    statistics = [fid_features_to_statistics(torch.from_numpy(values)) for values in (fake, real)]
    theirs = fid_statistics_to_metric(*statistics, verbose=False)["frechet_inception_distance"]
    moments = [
        moment
        for values in (fake.astype(np.float64), real.astype(np.float64))
        for moment in (values.mean(0), np.cov(values, rowvar=False))
    ]
    return theirs, clean.frechet_distance(*moments)


def kernel(real, fake):
    """KID; the generated features come first, as torch-fidelity's input 1 and its stream want."""
    parameters = {"kid_subsets": 20, "kid_subset_size": 100, "rng_seed": 2020}
    result = dict(parameters)
    for mark, dtype in (("", np.float32), ("_float64", np.float64)):
        first, second = (torch.from_numpy(values.astype(dtype)) for values in (fake, real))
        for name, changed in (("kid", {}), ("kid_one_subset", {"kid_subsets": 1})):
            values = kid_features_to_metric(first, second, verbose=False, **parameters | changed)
            result[f"{name}_mean{mark}"] = values["kernel_inception_distance_mean"]
            if name == "kid":
                result[f"{name}_std{mark}"] = values["kernel_inception_distance_std"]
    # clean-fid draws from the global stream, the second argument's subset first. With subsets as
    # large as two sets of equal size it needs none: the unbiased estimator of the whole.
    real, fake = real.astype(np.float64), fake.astype(np.float64)
    np.random.seed(2020)
    result["clean_kid_mean"] = clean.kernel_distance(real, fake, 20, 100)
    size = min(len(real), len(fake))
    result["clean_kid_first_350"] = clean.kernel_distance(real[:size], fake[:size], 1, size)
    return result


def inception_score():
    """Logits whose classes differ in frequency and in certainty."""
    logits = 2.5 * random.standard_normal((500, 10)) + np.linspace(-1, 1, 10)
    logits = logits[np.argsort(logits.argmax(1) + 3 * random.random(500))].astype(np.float32)
    result = {"logits": logits, "isc_splits": 10, "isc_seed": 2020}
    for name, shuffle in (("", True), ("_unshuffled", False)):
        values = isc_features_to_metric(torch.from_numpy(logits), 10, shuffle, 2020)
        result[f"isc_mean{name}"] = values["inception_score_mean"]
        result[f"isc_std{name}"] = values["inception_score_std"]
    return result


def precision_recall(real, fake):
    """Precision and recall; the generated features are torch-fidelity's input 1."""
    first, second = torch.from_numpy(fake), torch.from_numpy(real)
    values = prc_features_to_metric(first, second, prc_neighborhood=3, verbose=False)
    return values["precision"], values["recall"]


def lattice():
    """Points on a lattice: many distances are equal, so `<` and `<=` give different numbers."""
    real = random.integers(0, 7, (60, 3)).astype(np.float32)
    fake = random.integers(2, 9, (70, 3)).astype(np.float32)
    return real, fake


def strict_precision(real, fake, k=3):
    """Precision with `<`; here only to show that the lattice tells the two apart."""
    between = np.linalg.norm(real[:, None] - fake[None], axis=-1)
    radii = np.sort(np.linalg.norm(real[:, None] - real[None], axis=-1), axis=1)[:, k]
    return (between < radii[:, None]).any(0).mean()


def pictures():
    """Small pictures with slopes, noise and edges; one of digits' size; one larger than 299."""
    y, x = np.mgrid[0:40, 0:56]
    waves = [
        128 + 100 * np.sin(x / (4 + c) + i) * np.cos(y / 7) for i in range(3) for c in range(3)
    ]
    images = np.stack(waves).reshape(3, 3, 40, 56).transpose(0, 2, 3, 1)
    images[1] += 40 * random.standard_normal(images[1].shape)
    images[2, 10:30, 15:40] = [255, 0, 0]
    y, x = np.mgrid[0:28, 0:28]
    digit = np.where(np.abs(np.hypot(x - 13.5, y - 13.5) - 8) < 1.5, 255, 0)[..., None]
    # Stripes two pixels wide: they alias unless the filter widens when it shrinks a picture.
    y, x = np.mgrid[0:390, 0:450]
    large = np.stack([(x // 2 % 2) * 255, (y // 2 % 2) * 200, (x + y) % 256], axis=-1)
    return (
        images.clip(0, 255).round().astype(np.uint8),
        digit.astype(np.uint8),
        large.astype(np.uint8),
    )


def resize():
    """clean-fid's "clean" resize to 299x299, and its filter at other sizes: float32, 0 to 255."""
    images, digit, large = pictures()
    to_299 = build_resizer("clean")
    smaller = make_resizer("PIL", False, "bicubic", (20, 16))  # width, height
    whole = np.stack([to_299(image) for image in images])
    return {
        "images": images,
        "digit": digit,
        "large_image": large,
        "clean_images_299_every_7th": whole[:, ::7, ::7],
        "clean_image_0_299_green": whole[0, ..., 1],
        "clean_digit_299_every_7th": to_299(np.repeat(digit, 3, axis=-1))[::7, ::7],
        "clean_large_image_299_every_7th": to_299(large)[::7, ::7],
        "clean_images_16x20": np.stack([smaller(image) for image in images]),
    }


def main():
    """Runs every metric and writes the file."""
    arrays = features()
    real, fake = arrays["real_features"], arrays["fake_features"]
    arrays["fid"], arrays["clean_fid"] = frechet(real, fake)
    arrays["fid_wide"], arrays["clean_fid_wide"] = frechet(arrays["wide_real"], arrays["wide_fake"])
    arrays |= kernel(real, fake) | inception_score() | resize()
    arrays["prc_k"] = 3
    arrays["precision"], arrays["recall"] = precision_recall(real, fake)
    real, fake = lattice()
    arrays["lattice_real"], arrays["lattice_fake"] = real, fake
    arrays["lattice_precision"], arrays["lattice_recall"] = precision_recall(real, fake)
    assert strict_precision(real, fake) < arrays["lattice_precision"] < 1
    assert strict_precision(fake, real) < arrays["lattice_recall"] < 1
    for package in ("torch", "torch-fidelity", "clean-fid", "numpy", "pillow"):
        arrays[f"versions/{package}"] = importlib.metadata.version(package)
    np.savez_compressed(OUTPUT, **arrays)
    for name, value in arrays.items():
        print(name, getattr(value, "shape", value))
    print(f"{OUTPUT}: {len(arrays)} arrays, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
