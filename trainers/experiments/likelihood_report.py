"""The tables of `trainers.likelihoods`."""

import json
import math

from tfgan_zoo.export.markdown import number, table
from tfgan_zoo.training.run_directory import write_atomically

TITLES = {
    "black_and_white": "Pictures of black and white pixels",
    "grey": "Pictures of 256 grey levels",
}


def write(folder, results, times, info, pixels, effort):
    """Writes `table.md` and `results.json`.

    Args:
        folder: of the experiment.
        results: "black_and_white", "grey" -> name -> row.
        times: likewise -> name -> milliseconds a picture.
        info: of the test pictures.
        pixels: numbers in a picture.
        effort: `likelihoods.Effort`.
    """
    parts = [
        "# How probable held-out pictures are",
        f"{info['name']}, split '{info['split']}'. Nats are of the whole picture, means over the "
        "pictures that are counted, with the standard error of the mean; bits/dim are the same "
        "over log 2 and the number of pixels. The pictures that are counted are the first of the "
        "split: rows of different counts compare within their errors. A lower bound says that the "
        "model is at least so good; the gap is between both bounds on pictures that the model drew "
        "itself. Time is of a call for "
        f"{effort.drawn} pictures, over {effort.drawn}, the median of {effort.rounds} that all "
        "models took in turns.",
    ]
    for name, rows in results.items():
        if rows:
            parts += [f"## {TITLES[name]}", of(rows, times[name], pixels)]
    folder.mkdir(parents=True, exist_ok=True)
    write_atomically(folder / "table.md", "\n\n".join(parts) + "\n")
    everything = {"results": results, "milliseconds": times}
    write_atomically(folder / "results.json", json.dumps(everything, indent=2))


def of(rows, times, pixels):
    """One table, the most probable first."""
    head = ["model", "nats", "bits/dim", "pictures", "likelihood", "gap", "numbers", "ms a picture"]
    lines = []
    for name, row in sorted(rows.items(), key=lambda item: -item[1]["nats"]):
        said = row["bound"] + (f"; deviation {row['sigma']:g}" if "sigma" in row else "")
        lines.append(
            [
                f"`{name}`" if name in times else name,
                f"{row['nats']:.2f} ± {row['error']:.2f}",
                f"{-row['nats'] / math.log(2) / pixels:.3f}",
                f"{row['count']:,}",
                said,
                number(row.get("gap")),
                f"{row['numbers']:,}" if "numbers" in row else "",
                number(times.get(name)),
            ]
        )
    return table(head, lines)
