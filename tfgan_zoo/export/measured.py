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


def latency_ratio(first: Callable, second: Callable, inputs: Mapping, runs: int) -> dict:
    """Time of `first(**inputs)` over time of `second(**inputs)`: {"ratio", "runs"}.

    The two take turns, and who starts alternates too, so that a slow minute of the machine meets
    both; the ratio is that of the medians. One call of each goes before, to trace and allocate.
    Both return NumPy arrays, so that nothing is still being computed when the clock stops.
    """
    if runs < 1:
        raise ValueError(f"A latency needs at least one run, not {runs}.")
    first(**inputs)
    second(**inputs)
    first_seconds, second_seconds = [], []
    turns = [(first, first_seconds), (second, second_seconds)]
    for _ in range(runs):
        for function, seconds in turns:
            start = time.perf_counter()
            function(**inputs)
            seconds.append(time.perf_counter() - start)
        turns.reverse()
    ratio = statistics.median(first_seconds) / statistics.median(second_seconds)
    return {"ratio": ratio, "runs": runs}
