"""The command that fills holes of pictures, `complete`."""

import pathlib

import numpy as np

from tfgan_zoo.explore import files
from tfgan_zoo.explore.generator import ExploreError, opened
from tfgan_zoo.export.blending import blend


def complete(options, folder, show=files.show):
    """Writes each picture of --input into `folder` with its hole filled, as a PNG file of the
    generator's size; pixels that are known are those of the picture, resized to it.

    Args:
        options: with `generator`, `input`, `mask`, `blend`, `overwrite`.
        folder: `pathlib.Path`; made where it is not there.
        show: called with (pictures done, pictures in all).

    Returns:
        A sentence on what was written.

    Raises:
        ExploreError: for a generator that fills no holes, a mask that is not there, and files that
            cannot be read; nothing is written over files that are there.
    """
    from PIL import Image

    from tfgan_zoo.kinds.image import to_uint8
    from tfgan_zoo.training.pictures import save

    call, taken = filler(options.generator)
    root, sources = files.pictures_in(pathlib.Path(options.input).expanduser(), folder)
    masks = masks_of(root, sources, pathlib.Path(options.mask).expanduser())
    targets = files.target_names(root, sources, folder)
    files.refuse_to_overwrite(targets, options.overwrite)
    *size, channels = taken.shape
    for number, (source, mask, target) in enumerate(zip(sources, masks, targets, strict=True)):
        picture = files.read(source, channels, "image", size)
        # In colours, where it has a palette.
        hole = files.read(mask, 3, "labels", size).mean(axis=-1) > 127
        filled = call(picture.astype(np.float32) / 127.5 - 1, hole.astype(np.float32)[..., None])
        drawn = to_uint8(blend(filled, hole) if options.blend else filled)
        drawn[~hole] = picture[~hole]
        target.parent.mkdir(parents=True, exist_ok=True)
        save(Image.fromarray(drawn[..., 0] if channels == 1 else drawn), target)
        show(number + 1, len(sources))
    return f"{len(sources)} pictures: {folder}"


def filler(path):
    """((image `[H, W, C]` in [-1, 1], mask `[H, W, 1]`) -> the image filled, the `Input` of
    pictures) of an export.
    """
    import tensorflow as tf

    loaded, interface = opened(path)
    inputs = interface.inputs if interface else ()
    if sorted(item.kind for item in inputs) != ["image", "mask"]:
        raise ExploreError(
            f"--generator={path} does not say that it takes pictures and masks: 'complete' needs "
            "an export that fills holes, with its card.json."
        )
    taken, mask = sorted(inputs, key=lambda item: item.kind)

    def call(image, hole):
        given = {taken.name: tf.constant(image[None]), mask.name: tf.constant(hole[None])}
        (found,) = loaded.signatures["serving_default"](**given).values()
        return found[0].numpy()

    return call, taken


def masks_of(root, sources, place):
    """The mask of each picture: the one file `place`, or the picture of the same place and name in
    the folder `place`, with any ending.
    """
    if place.is_file():
        return [place] * len(sources)
    if not place.is_dir():
        raise ExploreError(f"--mask={place} is neither a picture nor a folder.")
    _, found = files.pictures_in(place, place / "no such folder")
    named = {path.relative_to(place).with_suffix(""): path for path in found}
    missing = [path for path in sources if path.relative_to(root).with_suffix("") not in named]
    if missing:
        raise ExploreError(
            f"--mask={place} holds no mask for {missing[0].relative_to(root)}"
            f"{f' and {len(missing) - 1} others' if missing[1:] else ''}: give each picture one of "
            "its name, or one mask for all."
        )
    return [named[path.relative_to(root).with_suffix("")] for path in sources]
