"""Pictures from noise, or with --conditional from noise and a label."""

from absl import flags

from trainers.tasks import conditional, unconditional

FLAGS = flags.FLAGS
flags.DEFINE_bool("conditional", None, "Draw each of the data's classes on demand.")

augmentation = unconditional.augmentation
example_inputs, arguments = conditional.example_inputs, conditional.arguments


def _task():
    return conditional if FLAGS.conditional else unconditional


def classes(data):
    """Number of labels; 0 without --conditional."""
    return conditional.count_classes(data) if FLAGS.conditional else 0


def open_data(directory):
    """The training and test splits of --data."""
    return _task().open_data(directory)


def validator(data):
    """model -> scores by name, or None."""
    return _task().validator(data)


def draw(model, data):
    """(picture, samples, real) of fixed latents."""
    return _task().draw(model, data)


def export(model, data, directory, steps, seconds):
    """Writes, scores and reports the exported generator."""
    _task().export(model, data, directory, steps, seconds)
