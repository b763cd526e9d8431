"""Pairs of a label map and a picture, with a map of instances: which pixels belong to one thing.

| `instances` | where they come from                                                     |
|-------------|--------------------------------------------------------------------------|
| `None`      | built-in facades are drawn with theirs; other data has none              |
| `areas`     | each connected area of one colour of the label map counts as one thing   |
| `DIR`       | a folder of pictures that are called as the pairs are, with split folders|
|             | or without                                                               |
"""

from __future__ import annotations

import pathlib

import numpy as np
from PIL import Image
from scipy import ndimage

from tfgan_zoo.data import facades, images, places, sources, splits
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import BadFile, Examples
from tfgan_zoo.data.request import Request
from tfgan_zoo.kinds.instance_map import InstanceMap
from tfgan_zoo.kinds.label_map import LabelMap

AREAS = "areas"


def open_with_instances(
    spec: str, split: str, request: Request, instances: str | None = None
) -> Examples:
    """Opens paired data whose source is a label map: fields `source`, `target` and `instances`.

    Args:
        spec, split, request: as for `sources.open_pairs`.
        instances: see the table above.

    Raises:
        DataError: as `open_pairs`; or for a source that is no label map, instance maps that are
            missing or of another shape.
    """
    pairs = sources.open_pairs(spec, split, request)
    source = pairs.fields["source"]
    if not isinstance(source, LabelMap):
        raise DataError(
            f"The source of '{spec}' is no label map: give label maps as palette PNGs, say "
            "--labels=source where they are other pictures, or turn the pairs round with "
            "--direction."
        )
    fields = {**pairs.fields, "instances": InstanceMap((*source.shape[:2], 1))}
    if instances == AREAS:

        def found(batch, _):
            return np.stack([connected(labels) for labels in batch["source"]])

    else:
        maps = _maps(spec, split, request, instances, pairs)

        def found(_, indices):
            return maps[indices]

    def fetch(indices):
        batch = pairs.fetch(indices)
        return {**batch, "instances": found(batch, indices)}

    return Examples(fields, pairs.names, pairs.info, fetch)


def connected(labels: np.ndarray) -> np.ndarray:
    """int32 `[H, W, 1]`: the number of the area of equal neighbours, of four, that each pixel of a
    label map uint8 `[H, W, C]` lies in.
    """
    colours, index = np.unique(labels.reshape(-1, labels.shape[-1]), axis=0, return_inverse=True)
    index = index.reshape(labels.shape[:2])
    numbers, count = np.zeros(index.shape, np.int32), 0
    for colour in range(len(colours)):
        areas, more = ndimage.label(index == colour)
        numbers += np.where(areas > 0, areas + count, 0)
        count += more
    return numbers[..., None]


def _maps(spec, split, request, instances, pairs):
    """int32 `[N, H, W, 1]` of all pairs."""
    if instances is not None:
        return _of_folder(places.home(instances), splits.canonical(split), request, pairs)
    if not sources.is_facades(spec):
        raise DataError(
            f"'{spec}' has no instance maps: name the folder of pictures of the same names that "
            f"hold them, --instances=DIR, or take each connected area of one label for a thing, "
            f"--instances={AREAS}."
        )
    return facades.load_instances(
        splits.canonical(split),
        image_size=request.image_size,
        seed=request.seed,
        num_examples=request.num_examples,
        data_dir=request.data_dir,
    )


def _of_folder(root: pathlib.Path, split, request, pairs):
    if not root.is_dir():
        raise DataError(f"--instances={root} is not a folder that exists, nor '{AREAS}'.")
    parts = [p for p in root.iterdir() if p.is_dir() and splits.canonical(p.name.lower()) == split]
    files = {
        places.composed(path.stem): path
        for folder in parts or [root]
        for path in sorted(folder.iterdir())
        if path.suffix.lower() in images.SUFFIXES
    }
    missing = [name for name in pairs.names if name not in files]
    if missing:
        raise DataError(
            f"--instances={root} has no instance map for {len(missing)} of the {len(pairs)} pairs "
            f"of '{split}', such as {missing[0]}: give each its map, with the pair's name."
        )
    height, width = request.image_size
    maps = np.empty((len(pairs), height, width, 1), np.int32)
    for row, name in enumerate(pairs.names):
        try:
            numbers = images.decode_numbers(files[name])[..., 0]
        except images.ImageError as error:
            raise BadFile(files[name], str(error)) from error
        resized = Image.fromarray(numbers).resize((width, height), Image.Resampling.NEAREST)
        maps[row, ..., 0] = np.asarray(resized)
    return maps
