"""The command that draws pictures anew with other attributes, `relabel`."""

import dataclasses
import pathlib

import numpy as np

from tfgan_zoo.explore import files
from tfgan_zoo.explore.generator import ExploreError, opened

MOST = 64  # labels of one row


def relabel(options, folder, show=files.show):
    """Writes each picture of --input into `folder` as the generator draws it with every label, side
    by side behind the picture itself; with --label as it draws it with that one alone.

    Args:
        options: with `generator`, `input`, `label`, `overwrite`.
        folder: `pathlib.Path`; made where it is not there.
        show: called with (pictures done, pictures in all).

    Returns:
        A sentence on what was written.

    Raises:
        ExploreError: for a generator that takes no pictures with labels, a label that it does not
            have, and files that cannot be read; nothing is written over files that are there.
    """
    from PIL import Image

    from tfgan_zoo.kinds.image import grid, to_uint8
    from tfgan_zoo.training.pictures import save

    call, taken, labels = relabeller(options.generator)
    chosen = files.label_of(labels, options.label)
    if chosen is None and labels.classes > MOST:
        raise ExploreError(f"{labels.classes} labels are too many for one row: choose one --label.")
    root, sources = files.pictures_in(pathlib.Path(options.input).expanduser(), folder)
    targets = files.target_names(root, sources, folder)
    files.refuse_to_overwrite(targets, options.overwrite)
    height, width, channels = taken.shape
    captions = ["input", *(name.replace("+", "\n") for name in labels.names)]
    for number, (source, target) in enumerate(zip(sources, targets, strict=True), 1):
        pixels = files.read(source, channels, "image", (height, width))
        picture = pixels.astype(np.float32) / 127.5 - 1
        if chosen is None:
            row = [picture, *(call(picture, label) for label in range(labels.classes))]
            drawn = grid([one[None] for one in row], captions, scale=2 if height <= 32 else 1)
        else:
            found = to_uint8(call(picture, chosen))
            drawn = Image.fromarray(found[..., 0] if channels == 1 else found)
        target.parent.mkdir(parents=True, exist_ok=True)
        save(drawn, target)
        show(number, len(sources))
    return f"{len(sources)} pictures: {folder}"


def relabeller(path):
    """((image `[H, W, C]` in [-1, 1], label) -> the image drawn anew, the `Input` of pictures, that
    of labels with a name for each) of an export.
    """
    import tensorflow as tf

    loaded, interface = opened(path)
    inputs = interface.inputs if interface else ()
    if sorted(item.kind for item in inputs) != ["class", "image"]:
        raise ExploreError(
            f"--generator={path} does not say that it takes pictures and labels: give 'relabel' an "
            "export that draws pictures with chosen attributes, such as star_gan's, with its "
            "card.json."
        )
    labels, taken = sorted(inputs, key=lambda item: item.kind)
    names = labels.names or tuple(map(str, range(labels.classes)))

    def call(image, label):
        given = {taken.name: tf.constant(image[None]), labels.name: tf.constant([label], tf.int32)}
        (found,) = loaded.signatures["serving_default"](**given).values()
        return found[0].numpy()

    return call, taken, dataclasses.replace(labels, names=names)
