"""The error of the data room, in a file that imports nothing."""


class DataError(ValueError):
    """Data that cannot be used as asked; the message says what to do about it."""


class IdleCount(DataError):
    """A number of held-out examples of a split that the data has already.

    Attributes:
        field: of the request.
    """

    def __init__(self, message, field):
        super().__init__(message)
        self.field = field
