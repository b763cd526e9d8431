"""Commands that write a folder of pictures: translated ones, or samples each of its own."""

import pathlib
import sys
from collections import Counter

import numpy as np

from tfgan_zoo.explore.generator import ExploreError, Generator, opened

BATCH = 8  # pictures translated at once
DRAWN = 64  # samples drawn at once
MOST = 1_000_000  # samples of one command
TOLD = 10  # files that a message names


def show(done, total):
    """Counts on the terminal."""
    if sys.stderr.isatty():
        end = "\r" if done < total else "\r\x1b[2K"
        sys.stderr.write(f"\r\x1b[2K{done:,}/{total:,}{end}")
        sys.stderr.flush()


def translate(options, folder, show=show):
    """Writes what the generator makes of each picture of --input into `folder`.

    Each keeps its name and its place, and with --keep_size its size; it is a PNG file. A generator
    that takes pictures of any size, such as one that enlarges them, is given each as it is, a large
    one in tiles.

    Args:
        options: with `generator`, `input`, `seed`, `keep_size`, `overwrite`.
        folder: `pathlib.Path`; made where it is not there.
        show: called with (pictures done, pictures in all).

    Returns:
        A sentence on what was written.

    Raises:
        ExploreError: for a generator that translates no pictures, and for files that cannot be
            read, after the others are written; nothing is written over files that are there.
    """
    from PIL import Image

    from tfgan_zoo.data import images
    from tfgan_zoo.data.examples import BadFile
    from tfgan_zoo.data.files import describe
    from tfgan_zoo.explore.tiles import in_tiles
    from tfgan_zoo.export import guards
    from tfgan_zoo.kinds.image import to_uint8
    from tfgan_zoo.training.pictures import save

    call, interface = translator(options.generator, options.seed)
    taken, sizes = interface.first("image", "label_map"), interface.any_size
    if sizes and not options.keep_size:
        raise ExploreError(
            f"--nokeep_size says nothing: {options.generator} has no size of its own, and makes "
            f"every picture {sizes.scale} times as large a side."
        )
    root, sources = pictures_in(pathlib.Path(options.input).expanduser(), folder)
    targets = target_names(root, sources, folder)
    refuse_to_overwrite(targets, options.overwrite)
    kind = "labels" if taken.kind == "label_map" else "image"
    height, width, channels = taken.shape
    most = guards.most_pixels(interface) if sizes else None
    problems = []
    for first in range(0, len(sources), BATCH):
        batch, kept = [], []
        for number in range(first, min(first + BATCH, len(sources))):
            try:
                pixels = images.decode(regular(sources[number]), channels, kind)
            except images.ImageError as error:
                problems.append(BadFile(sources[number], str(error)))
                continue
            batch.append(pixels if sizes else images.resize(pixels, (height, width), kind))
            kept.append((targets[number], pixels.shape[1::-1]))
        if batch:
            batch = [pixels.astype(np.float32) / 127.5 - 1 for pixels in batch]
            if sizes:
                drawn = (in_tiles(call, picture, sizes, most) for picture in batch)
            else:
                drawn = call(np.stack(batch))
            for pixels, (target, size) in zip(drawn, kept, strict=True):
                pixels = to_uint8(pixels)
                target.parent.mkdir(parents=True, exist_ok=True)
                picture = Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels)
                if options.keep_size and not sizes and picture.size != size:
                    picture = picture.resize(size, Image.Resampling.BICUBIC)
                save(picture, target)
        show(min(first + BATCH, len(sources)), len(sources))
    written = len(sources) - len(problems)
    if problems:
        found = describe(problems).partition("\n")[2]
        raise ExploreError(
            f"{written} pictures are in {folder}; {len(problems)} cannot be used:\n{found}"
        )
    return f"{written} pictures: {folder}"


def translator(path, seed):
    """(images `[B, H, W, C]` in [-1, 1] -> what is drawn of them, the `Interface`).

    Args:
        path: of the export.
        seed: of its noise or its input of that kind, where it has any; 0 is what it is scored with.
    """
    import tensorflow as tf

    from tfgan_zoo.export import stored

    loaded, told = opened(path)
    interface = told or stored.from_signature(loaded.signatures["serving_default"], str(path))
    seeds = interface.first("seed")
    kinds = [item.kind for item in interface.inputs if item is not seeds]
    pictures = [output.name for output in interface.outputs if output.kind == "image"]
    if len(kinds) != 1 or kinds[0] not in ("image", "label_map") or len(pictures) != 1:
        takes = ", ".join(item.name for item in interface.inputs)
        raise ExploreError(
            f"--generator={path} takes {takes} and gives "
            f"{', '.join(output.name for output in interface.outputs)}: 'translate' needs one that "
            "makes a picture of a picture."
        )
    taken, (name,) = interface.first("image", "label_map"), pictures
    if seed and not seeds and "sample" not in loaded.signatures:
        raise ExploreError(f"--seed={seed} says nothing: {path} draws without noise.")

    def call(images):
        given = {taken.name: tf.constant(images)}
        if seeds:
            given[seeds.name] = tf.constant(seed, tf.int32)
        elif seed:
            return loaded.signatures["sample"](**given, seed=tf.constant(seed))[name].numpy()
        return loaded.signatures["serving_default"](**given)[name].numpy()

    return call, interface


def pictures_in(place, output):
    """(folder, the pictures in it and the folders in it, sorted), of a folder or of one picture.

    Hidden files are passed over, and what lies in `output`.
    """
    from tfgan_zoo.data.images import SUFFIXES

    if place.is_file():
        return place.parent, [place]
    if not place.is_dir():
        raise ExploreError(f"--input={place} is neither a picture nor a folder.")
    own = output.resolve()
    found = sorted(
        path
        for path in place.rglob("*")
        if path.suffix.lower() in SUFFIXES
        and not any(part.startswith(".") for part in path.relative_to(place).parts)
        and own not in path.resolve().parents
    )
    if not found:
        raise ExploreError(f"--input={place} holds no pictures ({', '.join(SUFFIXES)}).")
    return place, found


def read(path, channels, kind, size):
    """The pixels uint8 `[*size, channels]` of a picture; `kind` is `image`, or `labels`, which are
    not blended.

    Raises:
        ExploreError: for a file that cannot be read.
    """
    from tfgan_zoo.data import images

    try:
        pixels = images.decode(regular(path), channels, kind)
    except images.ImageError as error:
        raise ExploreError(f"{path} {error}.") from error
    return images.resize(pixels, size, kind)


def regular(path):
    """The path of a file; of a folder, a pipe or a device the error that a bad picture gives."""
    from tfgan_zoo.data.images import ImageError

    if path.exists() and not path.is_file():
        raise ImageError("is no file")
    return path


def target_names(root, sources, folder):
    """Where each translated picture goes: its place in `root`, its name, and .png behind it; with
    the old ending before that where two differ by it alone.
    """
    bare = [path.relative_to(root).with_suffix(".png") for path in sources]
    counts = Counter(bare)
    return [
        folder / (name if counts[name] == 1 else name.with_name(f"{source.name}.png"))
        for name, source in zip(bare, sources, strict=True)
    ]


def refuse_to_overwrite(targets, allowed):
    """Raises `ExploreError` if there are files already, unless that is allowed."""
    there = [path for path in targets if path.exists()]
    if there and not allowed:
        names = ", ".join(str(path) for path in there[:TOLD])
        more = f" and {len(there) - TOLD} more" if len(there) > TOLD else ""
        raise ExploreError(
            f"{names}{more} would be written over: choose another --output, or give --overwrite."
        )


def draw(options, folder, show=show):
    """Writes --count samples into `folder`, a PNG file each.

    Sample i of a seed is the same whatever --count is; the first 64 are those of `samples`.

    Args:
        options: with `generator`, `latents`, `seed`, `count`, `label`, `category`, `set`,
            `overwrite`.
        folder, show: as for `translate`.

    Returns:
        A sentence on what was written.

    Raises:
        ExploreError: for a class, a code or a dimension that the generator does not have, and for
            files that are there.
    """
    from PIL import Image

    from tfgan_zoo.kinds.image import to_uint8
    from tfgan_zoo.training.pictures import save

    if options.count > MOST:
        raise ExploreError(f"--count={options.count:,}: at most {MOST:,} at once; take more seeds.")
    generator = Generator(options.generator, options.latents)
    label, fixed = label_of(generator, options.label), fixed_values(generator, options)
    numbers = np.arange(options.count)
    labels = None
    if generator.classes:
        labels = numbers % generator.classes if label is None else np.full_like(numbers, label)
    classes = [""] * options.count if labels is None else [f"_class{label}" for label in labels]
    targets = [folder / f"seed{options.seed}_{i:06d}{classes[i]}.png" for i in numbers]
    refuse_to_overwrite(targets, options.overwrite)
    folder.mkdir(parents=True, exist_ok=True)
    for first in range(0, options.count, DRAWN):
        latents = generator.draw_latents(DRAWN, seed_of(options.seed, first // DRAWN))
        rows = numbers[first : first + DRAWN]
        for dimensions, values in fixed:
            latents[:, dimensions] = values
        drawn = generator(latents[: len(rows)], None if labels is None else labels[rows])
        for pixels, row in zip(to_uint8(drawn), rows, strict=True):
            save(Image.fromarray(pixels[..., 0] if pixels.shape[-1] == 1 else pixels), targets[row])
        show(len(rows) + first, options.count)
    return f"{options.count} pictures: {folder}"


def seed_of(seed, chunk):
    """The seed of a chunk of samples: the first has the seed itself."""
    if not chunk:
        return seed
    return int(np.random.SeedSequence([seed, chunk]).generate_state(1)[0] >> 1)


def label_of(generator, label):
    """The number of a class that --label names; None where it is not given."""
    if label is None:
        return None
    if not generator.classes:
        raise ExploreError(f"--label={label}: this generator takes no labels.")
    names = [str(name) for name in generator.names]
    if label in names:
        return names.index(label)
    if label.isdecimal() and int(label) < generator.classes:
        return int(label)
    raise ExploreError(
        f"--label={label} is no class: give a number from 0 to {generator.classes - 1}, or one of "
        f"{', '.join(names[:20])}."
    )


def fixed_values(generator, options):
    """[(dimensions, values)] of the latents that --category and --set hold."""
    fixed = []
    if options.category is not None:
        start = 0
        for part in generator.parts:
            if part["kind"] == "one_hot":
                break
            start += part["size"]
        else:
            raise ExploreError("--category: the latents of this generator hold no category.")
        if options.category >= part["size"]:
            raise ExploreError(f"--category goes from 0 to {part['size'] - 1}.")
        fixed.append((slice(start, start + part["size"]), np.eye(part["size"])[options.category]))
    for word in options.set:
        dimension, _, value = word.partition(":")
        try:
            place, number = int(dimension), float(value)
        except ValueError as error:
            raise ExploreError(f"--set={word} is not of the form DIMENSION:VALUE.") from error
        if not 0 <= place < generator.dimension or not np.isfinite(number):
            raise ExploreError(
                f"--set={word}: dimensions go from 0 to {generator.dimension - 1}, and values are "
                "finite."
            )
        fixed.append((place, number))
    return fixed


COMMANDS = {"translate": translate, "draw": draw}
