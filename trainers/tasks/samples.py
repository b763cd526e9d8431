"""What draws from latents: pictures, or points where --data names a world."""

from absl import flags

from trainers.tasks import points, unconditional

FLAGS = flags.FLAGS


def are_points():
    """Whether --data names a world of points."""
    from tfgan_zoo.data.worlds import is_world

    return is_world(FLAGS.data)


def _task():
    return points if are_points() else unconditional


def augmentation():
    """For `data.pipeline.train_batches`."""
    return _task().augmentation()


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
