"""Pictures of what is scored: of an exported generator, or of a file that holds them.

A generator is scored as it was exported, SavedModel or TFLite, never as a training object. All
pictures are rounded to eight bits before anything looks at them, as they would be when they were
written to a file.
"""

import dataclasses
import os
import pathlib
import zipfile
import zlib

import numpy as np
from absl import logging

from tfgan_zoo.metrics.extractors import SavedModel, first_line, saved_model_folder

BATCH = 64
PRIORS = ("normal", "uniform")


class Generator:
    """An exported generator that pictures can be drawn from.

    What it takes is read from its card, where there is one beside it, or else from its signature.

    Args:
        path: folder of a SavedModel (the one that holds saved_model.pb, or a folder of versions, of
            which the highest counts), or a TFLite file.
        prior: `normal` (mean 0, deviation 1) or `uniform` (-1 to 1), for an export that does not
            hold the prior it was trained with; None trusts that it does. Another one than the
            export says is refused: codes would be drawn as noise.

    Attributes:
        path: of the version that counts.
        interface: `tfgan_zoo.export.interface.Interface`, without weights.
        prior: what latents are drawn from, in a word or two; None if it takes pictures.
        takes_labels: whether it takes labels beside latents; pictures are drawn for all of them,
            equally often.
        takes_pictures: whether it turns pictures into pictures instead of latents.
        source_shape: (height, width, channels) that it takes, if it takes pictures; None where it
            takes any height or width.

    Raises:
        ValueError: one sentence, for a file that is no generator of pictures, or a prior that is
            missing, or given to one that takes pictures.
    """

    def __init__(self, path, prior=None):
        path = pathlib.Path(path).expanduser()
        self.path = saved_model_folder(path) or path
        load = _load_tflite if self.path.is_file() else _load_saved_model
        self.interface, self._generate, self._draw, own = load(self.path)
        source = self.interface.inputs[0]
        self.takes_labels = self.interface.first("class") is not None
        self.takes_pictures = source.kind in ("image", "label_map") and bool(source.shape[-1])
        if self.takes_pictures:
            self.source_shape = source.shape
            self.prior = None
            if prior:
                raise ValueError(f"{path} takes pictures and no latents: leave out --latents.")
        elif source.kind != "latents" or not source.shape[0]:
            raise ValueError(
                f"{path} takes inputs of shape {(None, *source.shape)}; a generator takes latents "
                "[B, Z] or pictures [B, H, W, C]."
            )
        elif prior:
            _check_prior(prior, source, path)
            self._draw = _with_latents(_PRIORS[prior](source.shape[0]), self._draw, self.interface)
            self.prior = f"{prior} (--latents)"
        elif self._draw:
            self.prior = own
        else:
            raise ValueError(
                f"{path} does not say what its latents are drawn from: give --latents=normal or "
                "--latents=uniform, as it was trained."
            )

    def draw(self, count, seed, batch_size=BATCH):
        """Yields uint8 `[b, H, W, C]`, `count` pictures in all, from latents of `seed`.

        The latents do not depend on the size of the batches.
        """
        if self.takes_pictures:
            raise ValueError(f"{self.path} needs pictures to start from, not latents alone.")
        inputs = self._draw(count, seed)
        for first in range(0, count, batch_size):
            batch = {name: values[first : first + batch_size] for name, values in inputs.items()}
            images = self._generate(batch.pop("latents"), **batch)
            if not first and np.min(images) >= 0:
                logging.warning(
                    "%s gives values from %.3g to %.3g; if its pictures lie in [0, 1] and not in "
                    "[-1, 1], these scores are wrong.",
                    *(self.path, np.min(images), np.max(images)),
                )
            yield quantise(images, self.path)

    def translate(self, batches):
        """Yields uint8 `[b, H, W, C]` for each of `batches`, uint8 pictures to start from."""
        for pictures in batches:
            yield quantise(
                self._generate(pictures.astype(np.float32) / np.float32(127.5) - 1), self.path
            )


def is_generator(path):
    """Whether `path` is a SavedModel, a folder of versions of one, or a TFLite file."""
    path = pathlib.Path(path).expanduser()
    return bool(saved_model_folder(path)) or (path.suffix == ".tflite" and path.is_file())


def _load_saved_model(path):
    """(interface, generate, draw or None, what draws in words) of a SavedModel; draw: (count, seed)
    -> latents, and labels if it takes them, by name.
    """
    from tfgan_zoo.export import stored

    card = stored.find_card(path)
    if card:
        _check_pictures(stored.from_card(card), path)
    exported = SavedModel(path, "generator", beside=("labels",))
    if len(exported.outputs) != 1:
        raise ValueError(
            f"{path} is no generator: it returns {', '.join(sorted(exported.outputs))}, and a "
            "generator returns pictures alone."
        )

    def generate(inputs, **beside):
        (pictures,) = exported(_fitting(inputs, exported.shape, path), **beside).values()
        return pictures

    serving_default = exported.loaded.signatures["serving_default"]
    interface = stored.from_card(card) if card else stored.from_signature(serving_default, "it")
    interface = _main_input_first(interface)
    signature = exported.loaded.signatures.get("latents")
    if exported.beside and (signature is None or "labels" not in signature.structured_outputs):
        raise ValueError(
            f"{path} takes labels, and its signature 'latents' does not give any: export it again."
        )
    if signature is None:
        return interface, generate, None, None
    arguments = signature.structured_input_signature[1]
    counted = next((name for name in arguments if name != "seed"), None)
    if set(arguments) != {counted, "seed"} or "latents" not in signature.structured_outputs:
        raise ValueError(
            f"The signature 'latents' of {path} must take num_images and seed and return latents."
        )

    def draw(count, seed):
        # Looked up at every call, as in SavedModel.
        signature = exported.loaded.signatures["latents"]
        values = {counted: count, "seed": seed}
        drawn = signature(**{name: _integer(values[name], arguments[name]) for name in values})
        return {name: drawn[name].numpy() for name in ("latents", *exported.beside)}

    return interface, generate, draw, "its own prior"


def _integer(value, spec):
    import tensorflow as tf

    return tf.constant(value, spec.dtype)


def _load_tflite(path):
    """The same of a TFLite file, whose prior only its card can say."""
    from tfgan_zoo.export import stored
    from tfgan_zoo.export.tflite import TFLiteRunner, described

    try:
        run = TFLiteRunner(path)
    except ValueError as error:
        raise ValueError(f"{path} is no TFLite file that can run: {first_line(error)}") from error
    card = stored.find_card(path)
    # Files of the first version take labels as one-hot numbers behind the latents.
    card = card if card and card["schema_version"] > 1 else None
    said = stored.from_card(card).served_by_tflite if card else described(path)
    if said:
        _check_pictures(said, path)
    classes = [i.name for i in said.inputs if i.kind == "class"] if said else ["labels"]
    floats = [name for name in run.inputs if name not in classes]
    if len(floats) != 1 or len(run.outputs) != 1:
        raise ValueError(
            f"{path} has {len(run.inputs)} inputs and {len(run.outputs)} outputs; a generator has "
            "one each, and may take labels."
        )
    (name,), (output,) = floats, run.outputs.values()
    kinds = {run.inputs[name]["dtype"], output["dtype"]}
    if kinds != {np.float32}:
        raise ValueError(
            f"{path} takes or gives {', '.join(sorted(kind.__name__ for kind in kinds))}: convert "
            "it with float32 inputs and outputs, whatever its weights are."
        )
    shape = [None if side == -1 else int(side) for side in run.inputs[name]["shape_signature"]]
    if said:
        interface = _main_input_first(said)
    else:
        interface = stored.from_shapes("it", {name: shape}, "labels" in run.inputs)
    labels = interface.first("class")
    if labels and not labels.classes:
        raise ValueError(
            f"{path} takes labels, and neither it nor a card beside it says how many: score its "
            "SavedModel."
        )

    def generate(values, **beside):
        # A batch of 1 is served picture by picture.
        _fitting(values, [None if shape[0] == 1 else shape[0], *shape[1:]], path)
        try:
            (pictures,) = run(**{name: values}, **beside).values()
        except ValueError as error:
            raise ValueError(
                f"{path} fails on a batch of shape {values.shape}: {first_line(error)}"
            ) from error
        return pictures

    def draw(count, seed):
        values = {"latents": interface.latents.prior.draw(count, seed)}
        return values | _labels(interface, count)

    prior = interface.latents and interface.latents.prior
    whose = "its card's prior" if card else "its own prior"
    return interface, generate, draw if prior and prior.describe() else None, whose


def _main_input_first(interface):
    """The interface with its class behind what it draws from."""
    inputs = sorted(interface.inputs, key=lambda item: item.kind == "class")
    return dataclasses.replace(interface, inputs=tuple(inputs))


def _check_pictures(interface, path):
    kinds = [output.kind for output in interface.outputs]
    if kinds != ["image"]:
        raise ValueError(f"{path} gives {', '.join(kinds)} and no pictures, which are scored here.")


def _check_prior(prior, item, path):
    """Raises ValueError if latents are said to be drawn from another prior than is asked for."""
    parts = item.prior and item.prior.describe()
    named = {"kind": prior, **({"low": -1, "high": 1} if prior == "uniform" else {})}
    if parts and any({**part, "size": None} != {**named, "size": None} for part in parts):
        raise ValueError(
            f"{path} says that its {item.shape[0]} latents are {_in_words(parts)}, so that others "
            f"give no pictures that it was trained to draw: leave out --latents={prior}."
        )


def _in_words(parts):
    def words(part):
        bounds = f" from {part['low']:g} to {part['high']:g}" if part["kind"] == "uniform" else ""
        kind = "in a one-hot code" if part["kind"] == "one_hot" else part["kind"]
        return f"{part['size']} {kind}{bounds}"

    return ", ".join(map(words, parts))


def _labels(interface, count):
    """The classes in turn, by the name of their input; nothing for a generator without."""
    item = interface.first("class")
    return {item.name: np.arange(count, dtype=np.int32) % item.classes} if item else {}


def _fitting(inputs, shape, path):
    """`inputs`, unless the batch is one that the export does not take."""
    if shape[0] not in (None, len(inputs)):
        raise ValueError(
            f"{path} takes batches of {shape[0]} alone, not of {len(inputs)}: give "
            f"--batch_size={shape[0]} and a --num_samples that it divides, or export it with a "
            "batch of any size."
        )
    return inputs


def _with_latents(draw_latents, draw, interface):
    """`draw` with other latents; its labels stay."""

    def drawn(count, seed):
        labels = draw(count, seed) if draw else _labels(interface, count)
        return {**labels, "latents": draw_latents(count, seed)}

    return drawn


def _normal(dimension):
    def draw(count, seed):
        return np.random.default_rng(seed).standard_normal((count, dimension), np.float32)

    return draw


def _uniform(dimension):
    def draw(count, seed):
        return np.random.default_rng(seed).uniform(-1, 1, (count, dimension)).astype(np.float32)

    return draw


_DAMAGED = (zipfile.BadZipFile, zlib.error)
_PRIORS = {"normal": _normal, "uniform": _uniform}


def quantise(pictures, origin):
    """float `[B, H, W, C]` in [-1, 1] -> uint8, rounded.

    Args:
        pictures: values beyond the range by up to 0.01 are clipped: TFLite's arithmetic steps a
            little over.
        origin: whose they are, for the sentence.

    Raises:
        ValueError: for another rank, values further outside, or values that are not finite.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or not np.issubdtype(pictures.dtype, np.floating):
        raise ValueError(
            f"{origin} gives {pictures.dtype} {pictures.shape}; scores need float pictures "
            "[B, H, W, C] in [-1, 1]."
        )
    if not np.isfinite(pictures).all():
        raise ValueError(
            f"{origin} gives pictures with values that are not finite, of which there is no score: "
            "go back to an earlier checkpoint."
        )
    if np.abs(pictures).max(initial=0) > 1.01:
        raise ValueError(
            f"{origin} gives values from {pictures.min():.3g} to {pictures.max():.3g}; pictures "
            "lie in [-1, 1]."
        )
    pictures = pictures.astype(np.float32)
    return np.clip(np.rint((pictures + 1) * np.float32(127.5)), 0, 255).astype(np.uint8)


def load_npz(path):
    """The pictures of an .npz file: its array `images`, or its only one.

    Args:
        path: holds uint8 `[N, H, W, C]` (or `[N, H, W]`, grey), or float in [-1, 1].

    Returns:
        uint8 `[N, H, W, C]`.

    Raises:
        ValueError: one sentence, for a damaged file or another content.
    """
    try:
        # A pipe would be waited for.
        if os.path.exists(path) and not (os.path.isfile(path) or os.path.isdir(path)):
            raise OSError("it is no file")
        with zipfile.ZipFile(path), np.load(path, allow_pickle=False) as file:
            names = list(file)
            name = "images" if "images" in names else names[0] if len(names) == 1 else None
            pictures = None if name is None else file[name]
    except FileNotFoundError as error:
        raise ValueError(f"There is no file {path}.") from error
    except (OSError, ValueError, EOFError, KeyError, NotImplementedError, *_DAMAGED) as error:
        raise ValueError(f"{path} cannot be read as .npz: {first_line(error)}.") from error
    if pictures is None:
        raise ValueError(
            f"{path} holds the arrays {', '.join(names) or '(none)'}: name the pictures 'images'."
        )
    if pictures.ndim == 3 and pictures.shape[-1] <= 4:
        raise ValueError(
            f"{path} holds {pictures.shape}, which looks like one picture; pictures are "
            "[N, H, W, C]."
        )
    if pictures.ndim == 3:
        pictures = pictures[..., None]
    if pictures.ndim != 4 or 0 in pictures.shape or pictures.shape[-1] > 4:
        raise ValueError(
            f"{path} holds {pictures.shape}; pictures are [N, H, W, C], at least one, with one to "
            "four channels."
        )
    if pictures.dtype == np.uint8:
        return pictures
    if not np.issubdtype(pictures.dtype, np.floating):
        raise ValueError(f"{path} holds {pictures.dtype}; pictures are uint8, or float in [-1, 1].")
    if np.isfinite(pictures).all() and pictures.min() >= 0:
        raise ValueError(
            f"{path} holds floats from {pictures.min():.3g} to {pictures.max():.3g}, which is not "
            "[-1, 1]: store uint8 from 0 to 255 instead."
        )
    return quantise(pictures, path)
