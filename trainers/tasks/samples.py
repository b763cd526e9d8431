"""What draws from latents: pictures, or points where --data names a world."""

from trainers.tasks import points, unconditional

KNOBS = unconditional.KNOBS


def task(values):
    """The `Task` of pictures or of points, from the flags."""
    family = points if points.is_world(values) else unconditional
    return family.task(values)


def nets(values, splits, of_points, *names):
    """The nets that a variant takes in place of its own on a world of points; none on pictures.

    Args:
        values: the flags.
        splits: the data.
        of_points: function of `networks.points`.
        names: the flags that it has arguments of the same name for.
    """
    if not points.is_world(values):
        return {}
    return of_points(*shape(values, splits), **values.only(*names))


def shape(values, splits):
    """Shape of an example: of a picture, or of a point."""
    return splits.train.fields["points" if points.is_world(values) else "images"].shape
