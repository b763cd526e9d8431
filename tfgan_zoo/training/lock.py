"""One process at a time in a folder."""

import contextlib
import datetime
import errno
import fcntl
import json
import os
import socket

from absl import logging

from tfgan_zoo.training.run_directory import RunError

FILE = "lock"
# Of a file system that knows no locks.
_UNKNOWN = (errno.ENOLCK, errno.ENOSYS, errno.ENOTSUP, errno.EINVAL)


@contextlib.contextmanager
def held(folder):
    """Keeps other processes out of `folder` within the block.

    The lock is the kernel's (`flock`): it ends with its process, however that ends, and a file that
    a dead process left holds nobody up. On NFS the server keeps it, for all machines, and gives it
    back when the machine of a dead process is known to be gone. A file system that knows no locks
    gets a warning.

    Args:
        folder: pathlib.Path; it exists.

    Raises:
        RunError: if another process is in it, or this one a second time; it names the process.
    """
    path = folder / FILE
    handle = _taken(path)
    try:
        with contextlib.suppress(OSError):  # a full disk; then nobody is named
            handle.write(json.dumps(_myself()))
            handle.flush()
        yield
    finally:
        # Removed while it is still held, so that it is never another's.
        path.unlink(missing_ok=True)
        handle.close()


def _taken(path):
    """The open file at `path`, locked and empty."""
    while True:
        handle = open(path, "a+", encoding="utf-8")  # noqa: SIM115 - held by the caller
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            handle.seek(0)
            holder = _named(handle.read())
            handle.close()
            raise RunError(
                f"Another process is in {path.parent}: {holder}. Wait for its end or stop it, or "
                "choose another folder."
            ) from error
        except OSError as error:
            if error.errno not in _UNKNOWN:
                handle.close()
                raise
            logging.warning(
                "The file system of %s knows no locks (%s): start no second process there.",
                *(path.parent, error.strerror),
            )
        # Its holder may have removed it between the two calls: then it locks nothing.
        if path.exists() and os.path.samestat(os.fstat(handle.fileno()), path.stat()):
            handle.truncate(0)
            return handle
        handle.close()


def _myself():
    since = datetime.datetime.now().astimezone().isoformat(sep=" ", timespec="seconds")
    return {"pid": os.getpid(), "host": socket.gethostname(), "since": since}


def _named(text):
    try:
        found = json.loads(text)
        return f"process {found['pid']} on {found['host']}, since {found['since']}"
    except (ValueError, KeyError, TypeError):
        return "it has not told its name"
