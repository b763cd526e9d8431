"""Memory over a run: the resident set of this process while `fit` trains a small model.

python -m tests.benchmarks.memory --variant=pix2pix

Reads /proc/self/statm, which only Linux has.
"""

import os
import pathlib
import tempfile

from tests.benchmarks import options as command_line
from tests.benchmarks import race

SMALL = {"image_size": 32, "batch_size": 4, "filters": 8, "steps": 2000, "rows": 10}
DEFAULTS = {"pix2pix": SMALL, "dcgan": SMALL}


def resident_bytes():
    pages = int(pathlib.Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def measure(sizes, steps, rows):
    """`[(step, bytes), ...]` at `rows` equidistant steps of a run with its real data pipeline."""
    import keras

    from tests.benchmarks import pipeline, project
    from tests.training.tiny import fit
    from tfgan_zoo.training.run_directory import RunDirectory

    measured = []

    class Watch(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            if (batch + 1) % (steps // rows) == 0:
                measured.append((batch + 1, resident_bytes()))

    delivered = {name: value for name, value in sizes.items() if name != "filters"}
    with tempfile.TemporaryDirectory() as folder:
        fit(
            project.build(sizes["variant"], sizes["image_size"], sizes["filters"]),
            lambda start: pipeline.batches(**delivered),
            run=RunDirectory(folder),
            total_steps=steps,
            batch_size=sizes["batch_size"],
            log_every=min(100, steps),
            checkpoint_every=max(1, steps // 4),
            extra_callbacks=[Watch()],
        )
    return measured


def main(arguments=None):
    options = command_line.parse(arguments, __doc__, DEFAULTS)
    print(f"{command_line.title(options)}\nbefore: {race.conditions()}", flush=True)
    measured = measure(options.sizes, options.steps, options.rows)
    print(f"after:  {race.conditions()}\n\n{'step':>8}{'resident MB':>14}")
    for step, resident in measured:
        print(f"{step:8}{resident / 1e6:14.1f}")
    first, middle, last = (measured[i][1] for i in (0, (len(measured) - 1) // 2, -1))
    print(
        f"grown since the first row: {(last - first) / 1e6:.1f} MB, in the second half: "
        f"{(last - middle) / 1e6:.1f} MB"
    )


if __name__ == "__main__":
    main()
