"""How far an exported file is from the model, and how long it takes beside another."""

import statistics
import time
from collections.abc import Callable, Mapping

import numpy as np

from tfgan_zoo.export import codecs
from tfgan_zoo.export.served import Served


def parity(reference: Served, candidate: Served, inputs: Mapping) -> dict:
    """How far `candidate` is from `reference` on the same inputs, over all outputs together.

    Args:
      reference, candidate: of the same interface.
      inputs: input name -> values.

    Returns:
      max_abs and mean_abs: of the difference, in the units of the outputs ([-1,1] for pictures;
      integers differ by 1 or not at all); psnr: decibels over all values together, at the peak of
      the outputs' kind, or None where both agree in each bit or the kinds have no common peak; n:
      the number of examples.

    Raises:
      ValueError: there are no outputs, shapes differ, or an output is not finite.
    """
    expected, actual = reference(**inputs), candidate(**inputs)
    peaks = {form.peak for form in codecs.forms(reference.interface).values()}
    largest, absolute, squared, values = 0.0, 0.0, 0.0, 0
    for name, one in expected.items():
        other = actual[name]
        if one.shape != other.shape:
            raise ValueError(f"The outputs {name} differ in shape: {one.shape}, {other.shape}.")
        if np.issubdtype(one.dtype, np.integer):
            difference = (one != other).astype(np.float64)
        else:
            difference = np.abs(one.astype(np.float64) - other)
        if not np.isfinite(difference).all():
            raise ValueError(
                f"The output {name} is not finite: the parity of such a model is undefined."
            )
        largest = max(largest, difference.max(initial=0.0))
        absolute += difference.sum()
        squared += np.square(difference).sum()
        values += difference.size
    if not values:
        raise ValueError("Parity needs at least one output value.")
    (peak,) = peaks if len(peaks) == 1 else (None,)
    psnr = 10.0 * np.log10(peak**2 * values / squared) if squared and peak else None
    return {
        "max_abs": float(largest),
        "mean_abs": float(absolute / values),
        "psnr": None if psnr is None else float(psnr),
        "n": len(next(iter(expected.values()))),
    }


def race(runs: Mapping[str, Callable], inputs: Mapping, rounds: int) -> dict[str, list[float]]:
    """Name -> seconds of each of `rounds` calls of `runs[name](**inputs)`.

    They take turns, and who starts changes too, so that a slow minute of the machine meets all. One
    call of each goes before, to trace and allocate. All return NumPy arrays, so that nothing is
    still being computed when the clock stops.

    Raises ValueError if there are no rounds.
    """
    if rounds < 1:
        raise ValueError(f"A latency needs at least one run, not {rounds}.")
    for run in runs.values():
        run(**inputs)
    seconds, names = {name: [] for name in runs}, list(runs)
    for number in range(rounds):
        first = number % len(names)
        for name in names[first:] + names[:first]:
            start = time.perf_counter()
            runs[name](**inputs)
            seconds[name].append(time.perf_counter() - start)
    return seconds


def ratios(seconds: Mapping[str, list[float]], reference: str) -> dict[str, float]:
    """Name -> its median of what `race` returned over that of `reference`; of all others."""
    medians = {name: statistics.median(of_one) for name, of_one in seconds.items()}
    return {name: m / medians[reference] for name, m in medians.items() if name != reference}
