"""Latent arithmetic from labelled pictures: held-out pictures, each with an attribute added.

The attribute's vector is the mean code of the pictures that have it less that of those that have
not, as in Larsen et al. 2016 (VAE-GAN, arXiv 1512.09300; the authors' `celeba_aegan.py`).
"""

import numpy as np

from tfgan_zoo.explore.generator import ExploreError
from tfgan_zoo.explore.latents import BATCH, check_room, rows, table


def attributes(generator, options):
    """A row a held-out picture: the picture, what comes back of it, and that with each attribute.

    Args:
        generator: `Generator` of an export that encodes pictures.
        options: `data`, `data_dir` and `download` of labelled pictures; `num_train`, of which the
            mean codes are taken; `count` of the rows; `attributes`, names or numbers of classes, or
            none for all; `strength`, by which the vectors are multiplied.
    """
    pictures, names = changed(generator, options)
    return rows(pictures, ["picture", "back", *names])


def changed(generator, options):
    """The pictures of `attributes`, `[rows, columns, H, W, C]`, and the names of the classes."""
    from tfgan_zoo.evaluate import tables

    train, test = labelled(generator, options)
    seen = tables.first(train, options.num_train)["labels"]
    names, classes = chosen(options.attributes, train.info.get("label_names"), seen)
    check_room(generator, options.count * (2 + len(classes)), "--count")
    codes = encoded(generator, tables.first_pictures(train, options.num_train))
    directions = [codes[seen == one].mean(0) - codes[seen != one].mean(0) for one in classes]
    pictures = tables.first_pictures(test, options.count)
    start = encoded(generator, pictures)
    moved = [start + options.strength * direction for direction in [0 * start[0], *directions]]
    drawn = table(generator, np.stack(moved, 1).astype(np.float32))
    return np.concatenate([pictures[:, None], drawn], 1), names


def labelled(generator, options):
    """The training and the test pictures of --data, of the size that the generator draws."""
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images

    height, width, channels = generator.encoded_shape()
    request = Request(
        image_size=(height, width),
        channels=channels,
        data_dir=options.data_dir,
        download=options.download,
        val_count=0,
    )
    parts = [open_images(options.data, split, request) for split in ("train", "test")]
    if any("labels" not in part.fields for part in parts):
        raise ExploreError(f"--data={options.data} has no classes to take attributes from.")
    return parts


def chosen(asked, names, labels):
    """(name, number) of the classes that are asked for, of those that the pictures have."""
    there = np.unique(labels).tolist()
    names = dict(enumerate(names)) if names else {}
    known = {names.get(number, str(number)): number for number in there}
    by_word = {str(number): number for number in there} | known
    wrong = [word for word in asked if word not in by_word]
    if wrong:
        raise ExploreError(f"--attributes: no '{wrong[0]}'; choose of {', '.join(known)}.")
    if len(there) < 2:
        raise ExploreError("An attribute needs pictures without it, and all have one label.")
    numbers = [by_word[word] for word in asked] or there
    return [names.get(number, str(number)) for number in numbers], numbers


def encoded(generator, pictures):
    """Latents `[N, Z]` of pictures."""
    parts = range(0, len(pictures), BATCH)
    return np.concatenate([generator.encode(pictures[i : i + BATCH]) for i in parts])
