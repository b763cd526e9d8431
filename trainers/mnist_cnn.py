"""Trains the frozen classifier of handwritten digits that scores are taken with.

python -m trainers.mnist_cnn --flagfile=trainers/flagfiles/mnist_cnn.flags --run_dir=RUN

Not a variant: no paper's players, and Keras' own loop. The same command goes on after the last
whole epoch.
"""

from absl import app, flags

FLAGS = flags.FLAGS
flags.DEFINE_string("data", "tfds:mnist", "Pictures of digits with their classes.")
flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
flags.DEFINE_bool("download", False, "Let TensorFlow Datasets download and prepare a set.")
flags.DEFINE_string("run_dir", None, "Folder of the run; the same command goes on there.")
flags.DEFINE_string("export_dir", None, "Folder of the classifier; default RUN_DIR/mnist_cnn.")
flags.DEFINE_integer("epochs", 30, "Passes over the training pictures.", 1)
flags.DEFINE_integer("batch_size", 128, "Pictures in a step.", 1)
flags.DEFINE_integer("seed", 0, "Of the weights, the order and the distortions.", 0)


def main(argv):
    if len(argv) > 1:
        raise app.UsageError(f"Unexpected argument '{argv[1]}'; every option is a --flag=value.")
    if FLAGS.run_dir is None:
        raise app.UsageError("--run_dir is missing: name a folder for checkpoints and the export.")
    from trainers.tasks import classification

    classification.run(
        FLAGS.data,
        run_dir=FLAGS.run_dir,
        export_dir=FLAGS.export_dir,
        epochs=FLAGS.epochs,
        batch_size=FLAGS.batch_size,
        seed=FLAGS.seed,
        data_dir=FLAGS.data_dir,
        download=FLAGS.download,
    )


if __name__ == "__main__":
    app.run(main)
