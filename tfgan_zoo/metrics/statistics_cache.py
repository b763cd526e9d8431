"""What a pass over real pictures left, kept on disk for the next score against the same ones."""

import hashlib
import json
import os
import pathlib
import zipfile

import numpy as np
from absl import logging

from tfgan_zoo.metrics.frechet import GaussianStatistics

FORMAT = 1
_ARRAYS = ("features", "probabilities")


class StatisticsCache:
    """Files of arrays by a key that holds the whole protocol.

    Args:
        folder: made when the first entry is stored.
    """

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)

    def load(self, key, side, needs):
        """Fills `side` with what was stored under `key`.

        Args:
            key: dict that JSON can write: everything on which the statistics depend, the hash of
                the pictures among it.
            side: `suite.Side` whose fields that `needs` names are filled.
            needs: of `moments`, `features`, `probabilities`.

        Returns:
            Whether all of `needs` was there; if not, `side` is as before.
        """
        path = self._path(key)
        if not path.exists():
            return False
        try:
            with np.load(path, allow_pickle=False) as file:
                stored = {name: file[name] for name in file}
            found = {name: stored[name] for name in _ARRAYS if name in needs}
            if "moments" in needs:
                found["moments"] = GaussianStatistics.from_arrays(
                    {name: stored[name] for name in ("count", "mean", "covariance")}
                )
        except KeyError:  # an earlier score needed less
            return False
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            logging.warning(
                "The stored statistics %s are damaged (%s); computed anew.", path, error
            )
            return False
        for name, value in found.items():
            setattr(side, name, value)
        return True

    def store(self, key, side):
        """Writes what `side` holds, whole or not at all.

        Raises:
            OSError: if it cannot be written.
        """
        arrays = {name: getattr(side, name) for name in _ARRAYS if getattr(side, name) is not None}
        if side.moments is not None and side.moments.count > 1:
            arrays |= side.moments.arrays()
        if not arrays:
            return
        path = self._path(key)
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
        try:
            with partial.open("wb") as file:
                np.savez(file, **arrays)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _path(self, key):
        text = json.dumps({"format": FORMAT, **key}, sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}.npz"
