"""The distances between features alone: this project against torch-fidelity and prdc.

python -m tests.benchmarks.metric_distances --width=64

All start from the same float32 features in memory. Needs torch-fidelity, and with it PyTorch, which
the test extra does not install: pip install torch-fidelity==0.4.0
"""

import argparse
import contextlib
import io
import os

# As in rivals/pytorch.py: threads that spin while they wait punish whoever shares the machine.
os.environ.setdefault("OMP_WAIT_POLICY", "passive")

import numpy as np

from tests.benchmarks import race

RIVALS = {
    "frechet": "torch-fidelity",
    "kid": "torch-fidelity",
    "precision_recall": "torch-fidelity",
    "prdc": "prdc",
}


def features(samples, width):
    """Two sets whose spread falls off over the columns, as that of a network's features does."""
    random = np.random.default_rng(0)
    mixing = random.standard_normal((width, width)) * np.logspace(0, -3, width) / np.sqrt(width)
    real, fake = random.standard_normal((2, samples, width)) @ mixing
    return real.astype(np.float32), (1.1 * fake + 0.1).astype(np.float32)


def ours(metric, samples, width):
    """The contender: a callable that computes `metric` once."""
    from tfgan_zoo.metrics import frechet, kernel, neighbours

    real, fake = features(samples, width)

    def distance():
        statistics = frechet.GaussianStatistics(), frechet.GaussianStatistics()
        for each, values in zip(statistics, (real, fake), strict=True):
            each.update(values)
        return frechet.frechet_distance(*statistics)

    return {
        "frechet": distance,
        "kid": lambda: kernel.kernel_distance(real, fake),
        "precision_recall": lambda: neighbours.precision_recall(real, fake, k=3),
        "prdc": lambda: neighbours.prdc(real, fake, k=5),
    }[metric]


def torch_fidelity(metric, samples, width):
    """The contender, as `ours`; to torch-fidelity the first set is the generated one."""
    import torch
    from torch_fidelity import metric_fid, metric_kid, metric_prc

    real, fake = map(torch.from_numpy, features(samples, width))

    def distance():
        statistics = map(metric_fid.fid_features_to_statistics, (fake, real))
        return metric_fid.fid_statistics_to_metric(*statistics, verbose=False)

    return {
        "frechet": distance,
        "kid": lambda: metric_kid.kid_features_to_metric(fake, real, verbose=False),
        "precision_recall": lambda: metric_prc.prc_features_to_metric(fake, real, verbose=False),
    }[metric]


def prdc_package(metric, samples, width):
    """The contender, as `ours`."""
    import joblib
    from prdc import compute_prdc

    real, fake = features(samples, width)

    def distance():
        # Its threads, which joblib would else not start in a process that has a parent.
        threads = joblib.parallel_config(backend="threading")
        with threads, contextlib.redirect_stdout(io.StringIO()):
            return compute_prdc(real, fake, nearest_k=5)

    return {"prdc": distance}[metric]


BUILDS = {"torch-fidelity": "torch_fidelity", "prdc": "prdc_package", "this project": "ours"}


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--metrics", nargs="+", choices=RIVALS, default=list(RIVALS))
    parser.add_argument("--samples", type=int, default=10_000, help="of each set; default: 10000")
    parser.add_argument("--width", type=int, default=64, help="of the features; default: 64")
    parser.add_argument("--rounds", type=int, default=5, help="default: 5")
    options = parser.parse_args(arguments)
    print(
        f"{options.samples} against {options.samples} samples, {options.width} columns; "
        f"{options.rounds} rounds\nbefore: {race.conditions()}",
        flush=True,
    )
    for metric in options.metrics:
        sizes = {"metric": metric, "samples": options.samples, "width": options.width}
        # Of few columns the Fréchet distance takes milliseconds, too few to time one alone.
        repeat = max(1, 2048 // options.width) if metric == "frechet" else 1
        contenders = [
            race.Contender(name, f"tests.benchmarks.metric_distances:{BUILDS[name]}", sizes, repeat)
            for name in (RIVALS[metric], "this project")
        ]
        times = race.race(contenders, options.rounds, steps=1, warm_up=1)
        print(f"\n{metric}\n{race.table(times, options.samples, RIVALS[metric])}", flush=True)
    print(f"\nafter:  {race.conditions()}")


if __name__ == "__main__":
    main()
