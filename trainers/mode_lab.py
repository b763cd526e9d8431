"""Compares remedies for mode collapse under one protocol.

python -m trainers.mode_lab --flagfile=trainers/flagfiles/mode_lab.flags --run_dir=RUN

Not a variant: every remedy and the plain GAN on the same worlds, with nets of the same number of
parameters and the same number of real examples. Each arm is first tried at four settings on seed
100, and the best runs on the seeds of the table. The same command goes on where it stopped, and
writes tables, a picture and a page of what is finished.
"""

import os

from trainers import flags
from trainers.program import Program


def act(values, arguments):
    from trainers.experiments import mode_lab

    names = ("worlds", "methods", "seeds", "budget", "jobs", "report", "data_dir", "download")
    mode_lab.run(values.run_dir, **values.only(*names))


TRAINER = Program(
    "mode_lab",
    __doc__,
    knobs=(
        flags.knob(
            "run_dir",
            None,
            "Folder of the experiment; the same command goes on where it stopped.",
            kind="str",
        ),
        flags.knob(
            "worlds",
            (),
            "Worlds to train on, of ring, grid, mixture, rare, stacked_mnist; by default all.",
        ),
        flags.knob(
            "methods", (), "Remedies to train, by their names in the table; by default all."
        ),
        flags.knob(
            "seeds",
            3,
            "Runs of each remedy on each world under the setting that was chosen for it, with the "
            "seeds 0, 1, ...; at most 100, since settings are chosen on seed 100.",
            low=1,
        ),
        flags.knob(
            "budget",
            "default",
            "Length of the runs: that of the figures, or that of a test.",
            choices=("default", "smoke"),
        ),
        flags.knob(
            "jobs", os.cpu_count() or 1, "Processes that run side by side, a core each.", low=1
        ),
        flags.knob("report", True, "Write the tables, the picture and the page at the end."),
        flags.knob(
            "data_dir",
            None,
            "Folder of prepared TensorFlow Datasets, for MNIST; by default theirs.",
            kind="str",
        ),
        flags.knob("download", False, "Let TensorFlow Datasets download and prepare MNIST."),
    ),
    needs={"run_dir": "name a folder for the runs and the page"},
    act=act,
)

if __name__ == "__main__":
    TRAINER.main()
