"""Compares remedies for mode collapse under one protocol.

python -m trainers.mode_lab --flagfile=trainers/flagfiles/mode_lab.flags --run_dir=RUN

Not a variant: every remedy and the plain GAN with the same nets on the same worlds. The same
command goes on where it stopped, and writes a table, a picture and a page of what is finished.
"""

import os

from absl import app, flags, logging

FLAGS = flags.FLAGS
flags.DEFINE_string("run_dir", None, "Folder of the experiment; the same command goes on there.")
flags.DEFINE_list("worlds", [], "Of ring, grid, mixture, rare, stacked_mnist; none are all.")
flags.DEFINE_list("methods", [], "Which remedies, as the table names them; none are all.")
flags.DEFINE_integer("seeds", 3, "How many runs of each.", 1)
flags.DEFINE_enum("budget", "default", ["default", "smoke"], "Lengths of the runs.")
flags.DEFINE_integer("jobs", os.cpu_count() or 1, "Processes that run cells side by side.", 1)
flags.DEFINE_bool("report", True, "Write the table, the picture and the page at the end.")
flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
flags.DEFINE_bool("download", False, "Let TensorFlow Datasets download and prepare MNIST.")


def main(argv):
    if len(argv) > 1:
        raise app.UsageError(f"Unexpected argument '{argv[1]}'; every option is a --flag=value.")
    if FLAGS.run_dir is None:
        raise app.UsageError("--run_dir is missing: name a folder for the runs and the page.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    logging.set_verbosity(logging.WARNING)
    from trainers.tasks import mode_lab

    names = ("worlds", "methods", "seeds", "budget", "jobs", "report", "data_dir", "download")
    mode_lab.start(FLAGS.run_dir, **{name: FLAGS[name].value for name in names})


if __name__ == "__main__":
    app.run(main)
