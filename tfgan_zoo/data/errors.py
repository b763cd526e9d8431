"""The error of the data room, in a file that imports nothing."""


class DataError(ValueError):
    """Data that cannot be used as asked; the message says what to do about it."""
