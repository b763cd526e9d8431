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
NEEDS = ("moments", "features", "probabilities")


class StatisticsCache:
    """Files of arrays by a key that holds the whole protocol, one for each word of `NEEDS`.

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
            needs: of `NEEDS`.

        Returns:
            Whether all of `needs` was there; if not, `side` is as before.
        """
        found = {}
        for name in needs:
            path = self._path(key, name)
            if not path.exists():
                return False
            try:
                found[name] = self._read(path, name, side.count)
            except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile) as error:
                logging.warning(
                    "The stored statistics %s are damaged (%s); computed anew.", path, error
                )
                return False
        for name, value in found.items():
            setattr(side, name, value)
        return True

    def store(self, key, side, needs):
        """Writes those fields of `side` that `needs` names, each whole or not at all.

        Raises:
            OSError: if they cannot be written.
        """
        for name in needs:
            value = getattr(side, name)
            if name != "moments":
                self._write(self._path(key, name), {name: value})
            elif value.count > 1:  # one picture has no covariance
                self._write(self._path(key, name), value.arrays())

    def _read(self, path, name, count):
        with np.load(path, allow_pickle=False) as file:
            arrays = dict(file)
        if name == "moments":
            value = GaussianStatistics.from_arrays(arrays)
            stored = value.count
        else:
            value = arrays[name]
            stored = len(value)
        if stored != count:
            raise ValueError(f"they are of {stored} pictures and not of {count}")
        return value

    def _write(self, path, arrays):
        self.folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_name(f".{path.name}.partial-{os.getpid()}")
        try:
            with partial.open("wb") as file:
                np.savez(file, **arrays)
            partial.replace(path)
        finally:
            partial.unlink(missing_ok=True)

    def _path(self, key, name):
        text = json.dumps({"format": FORMAT, **key}, sort_keys=True)
        return self.folder / f"{hashlib.sha256(text.encode()).hexdigest()}-{name}.npz"
