"""The front door of clips: what `--data` says, opened as a table of clips in pairs, with motion.

| `--data`            | clips                                                                     |
|---------------------|---------------------------------------------------------------------------|
| `facade_walk`       | drawn: label maps and photos of a camera that knows how its pixels move   |
| `DIR_A,DIR_B`       | clips of equal names, each a folder of numbered frames or a GIF file      |
| `tfds:NAME[/CONFIG]`| the video features source and target                                      |

Folders may hold the folders train, val (or validation) and test; what is missing is cut from the
end of the sorted names. Clips that are longer than asked for are cut into several. The motion of
clips that do not say it is estimated from the pictures (`optical_flow`).
"""

from __future__ import annotations

import dataclasses
import functools
import pathlib

import numpy as np
import tensorflow_datasets as tfds

from tfgan_zoo.data import (
    cache,
    clip_files,
    facade_walk,
    facades,
    optical_flow,
    places,
    splits,
    tfds_source,
)
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.data.request import DEFAULT, Request
from tfgan_zoo.kinds.clip import Clip
from tfgan_zoo.kinds.image import Image
from tfgan_zoo.kinds.label_map import LabelMap
from tfgan_zoo.kinds.motion import Motion

WALK = "facade_walk"
FORMS = (
    f"'{WALK}' (built in), two folders of clips 'DIR_A,DIR_B', or 'tfds:NAME' with the video "
    "features source and target"
)
COUNTS = {"train": 80, "validation": 6, "test": 12}
FRAMES = 30  # of a clip of which nobody says another length
PALETTE = tuple(map(tuple, facades.PALETTE.tolist()))


def open_clips(spec: str, split: str, request: Request = DEFAULT, frames: int = FRAMES) -> Examples:
    """Opens clips in pairs: fields `source` and `target`, `Clip`s of uint8 `[T, H, W, C]`, and
    `motion`, of the target.

    Args:
        spec: see the table above.
        split: `train`, `validation` (`val`) or `test`.
        request: its `image_size`, channels, `labels`, `data_dir`, `download` and what is held out,
            counted in clips, say how.
        frames: T.

    Raises:
        DataError: a sentence that says what is wrong with the data and what to do.
    """
    request.check_labels("pairs")
    split = splits.canonical(split)
    if spec == WALK:
        return _walk(split, request, frames)
    if spec.startswith("tfds:"):
        parts, info = _prepared(spec.removeprefix("tfds:"), request)
    else:
        parts, info = clip_files.read(_folders(spec), request)
    maps = info.pop("label_maps")
    found, rule = _cut(spec, split, parts, request.hold_out)
    arrays = {"source": [], "target": [], "motion": []}
    names, short = [], 0
    for name, source, target in found:
        count = len(source) // frames
        short += not count
        for number in range(count):
            part = slice(number * frames, (number + 1) * frames)
            arrays["source"].append(source[part])
            arrays["target"].append(target[part])
            arrays["motion"].append(optical_flow.motion(target[part]))
            names.append(f"{name}:{part.start}")
    if not names:
        raise DataError(
            f"No clip of '{spec}' in the split '{split}' has {frames} frames, as "
            "--clip_frames says: give fewer, or longer clips."
        )
    arrays = {name: np.stack(values) for name, values in arrays.items()}
    kinds = {
        "source": Clip(arrays["source"].shape[1:], maps[0]),
        "target": Clip(arrays["target"].shape[1:], maps[1]),
        "motion": Motion(arrays["motion"].shape[1:]),
    }
    info |= {"split": split, "split_rule": rule}
    info["note"] = "The motion of these clips is estimated from their pictures (Lucas-Kanade)." + (
        f" {short} clips of fewer than {frames} frames are not used." if short else ""
    )
    return Examples.from_arrays(arrays, kinds, names, info)


def windows(clips: Examples, frames: int) -> Examples:
    """The table of all stretches of so many frames: of each clip one from every frame on that has
    as many after it. A stretch has no motion at its first frame.
    """
    whole = clips.fields["source"].shape[0]
    if not 1 <= frames <= whole:
        raise ValueError(f"Clips of {whole} frames have no stretches of {frames}.")
    starts = whole - frames + 1

    def fetch(indices):
        numbers, first = np.divmod(indices, starts)
        cut = {
            name: np.stack([c[s : s + frames] for c, s in zip(array, first, strict=True)])
            for name, array in clips.fetch(numbers).items()
        }
        cut["motion"][:, 0] = 0
        return cut

    fields = {
        name: dataclasses.replace(kind, shape=(frames, *kind.shape[1:]))
        for name, kind in clips.fields.items()
    }
    names = [f"{name}+{start}" for name in clips.names for start in range(starts)]
    return Examples(fields, names, clips.info, fetch)


def pairs(clips: Examples) -> Examples:
    """The table of all frames, each a pair of pictures for itself, in their order."""
    frames = clips.fields["source"].shape[0]
    kinds = {}
    for name in ("source", "target"):
        kind = clips.fields[name]
        kinds[name] = LabelMap(kind.frame, kind.palette) if kind.label_map else Image(kind.frame)

    def fetch(indices):
        numbers, at = np.divmod(indices, frames)
        found = clips.fetch(numbers)
        return {name: found[name][np.arange(len(at)), at] for name in kinds}

    names = [f"{name}/{frame:04d}" for name in clips.names for frame in range(frames)]
    return Examples(kinds, names, clips.info, fetch)


def _walk(split, request, frames):
    """The built-in clips, each drawn when it is first asked for."""
    request.hold_out.refuse_idle(())
    if split not in COUNTS:
        raise DataError(f"'{WALK}' has no split '{split}'; it has {', '.join(COUNTS)}.")
    if (request.source_channels, request.target_channels) != (3, 3) or request.direction != "AtoB":
        raise DataError(f"'{WALK}' are label maps and photos in colour: leave the channels at 3.")
    if request.labels not in ("auto", "source"):
        raise DataError(f"The sources of '{WALK}' are label maps: leave out --labels.")
    count, size = request.num_examples or COUNTS[split], tuple(request.image_size)
    shape = (frames, *size, 3)
    cache.check_memory(count, int(np.prod(shape)) * 6, "choose a smaller --image_size.")
    try:
        facade_walk.walk(request.seed, split, 0, size, 1)  # says what is wrong with its arguments
    except ValueError as error:
        raise DataError(str(error)) from error

    @functools.cache
    def clip(index):
        return facade_walk.walk(request.seed, split, index, size, frames)

    def fetch(indices):
        parts = zip(*(clip(int(index)) for index in indices), strict=True)
        return {n: np.stack(part) for n, part in zip(kinds, parts, strict=True)}

    kinds = {
        "source": Clip(shape, True, PALETTE),
        "target": Clip(shape),
        "motion": Motion(shape),
    }
    info = {
        "name": f"{WALK}/{size[0]}x{size[1]}",
        "source": f"drawn by tfgan_zoo.data.facade_walk, seed {request.seed}",
        "split": split,
        "split_rule": "built in",
        "licence": facades.LICENCE,
        "description": (
            "Clips of a camera that walks along building facades drawn by a program, with trees "
            "before them: 'source' are label maps in 12 colours, 'target' the matching pictures."
        ),
        "palette": facades.PALETTE.tolist(),
        "label_names": list(facades.LABEL_NAMES),
    }
    return Examples(kinds, [f"{split}-{i:05d}" for i in range(count)], info, fetch)


def _folders(spec):
    """The two folders that `spec` names; any comma may be the one between them."""
    cuts = [i for i, letter in enumerate(spec) if letter == ","]
    for cut in cuts:
        both = tuple(places.home(part.strip()) for part in (spec[:cut], spec[cut + 1 :]))
        if all(folder.is_dir() for folder in both):
            return tuple(folder.resolve() for folder in both)
    if not cuts and pathlib.Path(places.home(spec)).is_dir():
        raise DataError(f"'{spec}' is one folder; clips come in pairs: give '{spec},DIR_B'.")
    raise DataError(f"'{spec}' names no clips; --data accepts {FORMS}.")


def _prepared(name, request):
    """`({split: [(name, source, target)]}, info)` of a TFDS set of two videos."""
    builder = tfds_source.find(name, data_dir=request.data_dir, download=request.download)
    features = builder.info.features
    videos = [key for key in features if isinstance(features[key], tfds.features.Video)]
    if not {"source", "target"} <= set(videos):
        raise DataError(
            f"'tfds:{name}' has the videos {', '.join(videos) or 'none'}, not source and target, "
            "which clips in pairs need."
        )
    parts = {}
    for split in builder.info.splits:
        found = parts.setdefault(splits.canonical(split), [])
        for number, example in enumerate(tfds.as_numpy(builder.as_dataset(split=split))):
            clips = clip_files.fitted(
                example["source"], example["target"], request, (request.labels == "source", False)
            )
            found.append((f"{split}-{number:05d}", *clips))
    return parts, {
        "name": name,
        "source": f"tfds:{name}",
        "licence": str(builder.info.redistribution_info.license or "as TFDS says"),
        "description": builder.info.description or f"The TFDS set {name}",
        "label_maps": (request.labels == "source", request.labels == "target"),
    }


def _cut(spec, split, parts, hold_out):
    """(the clips of a split, how the splits came about) of `{split: clips}`, "" being all."""
    parts, cut = hold_out.cut(parts)
    if not parts.get(split):
        counts = ", ".join(f"{name} ({len(part)})" for name, part in parts.items())
        raise DataError(f"'{spec}' has no clips for '{split}'; it has {counts}.")
    return parts[split], f"sorted names{cut}"
