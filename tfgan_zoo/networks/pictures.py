"""What the convolutional nets ask of an example's shape."""


def size_and_channels(shape):
    """((height, width), channels) of a picture's `shape`.

    Raises:
        ValueError: for the shape of anything else, which these nets cannot draw.
    """
    if len(shape) != 3:
        raise ValueError(
            "The paper's nets are for pictures, whose shape is (height, width, channels), not "
            f"{tuple(shape)}: give nets of your own, such as those of networks/points.py."
        )
    height, width, channels = shape
    return (height, width), channels
