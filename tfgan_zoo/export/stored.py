"""An interface as data of the card, and back again from an export's folder."""

import dataclasses
import json
import pathlib
from collections.abc import Mapping

import numpy as np
import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.interface import (
    AnySize,
    Input,
    Interface,
    Output,
    images,
    labels,
    seed,
    source_images,
)

_PRIORS = {
    "normal": lambda part, shape, chance: chance.standard_normal(shape),
    "uniform": lambda part, shape, chance: chance.uniform(part["low"], part["high"], shape),
    "one_hot": lambda part, shape, chance: np.eye(shape[1])[
        chance.integers(shape[1], size=shape[0])
    ],
}


class CardPrior:
    """A prior as a card describes it.

    Args:
        size: of one latent.
        parts: what `describe()` of a prior of `tfgan_zoo.networks.priors` gives: a list of
            {"kind": "normal" | "uniform" | "one_hot", "size": ...}, side by side; uniform ones with
            "low" and "high". None where a card lacks it.
        code: NumPy source that draws one latent `[1, size]`.
        sample: (count, seed int32 `[2]`) -> latents float32 `[count, size]` as training drew them;
            None where only `draw` is to be had.
    """

    def __init__(self, size, parts, code, sample=None):
        self.size, self._parts, self.code, self.sample = size, parts, code, sample

    def describe(self):
        return self._parts

    def draw(self, count, seed):
        """float32 `[count, size]` of this distribution, by NumPy; not the very latents of training.

        Raises ValueError if the card does not say the distribution, or one that is not known here.
        """
        unknown = [part["kind"] for part in self._parts or () if part["kind"] not in _PRIORS]
        if not self._parts or unknown:
            raise ValueError(
                "the card does not say what its latents are drawn from"
                + (f" in a way that is known here ({', '.join(unknown)})" if unknown else "")
            )
        chance = np.random.default_rng(seed)
        drawn = [_PRIORS[p["kind"]](p, (count, p["size"]), chance) for p in self._parts]
        return np.concatenate(drawn, axis=1).astype(np.float32)


def section(interface: Interface) -> dict:
    """The part `interface` of a card; every field is there, None where it says nothing."""
    lite = interface.lite
    return {
        "inputs": [_input(item) for item in interface.inputs],
        "outputs": [_output(item) for item in interface.outputs],
        "noise": interface.noise is not None,
        "part": interface.part,
        "any_size": interface.any_size and dataclasses.asdict(interface.any_size),
        "limits": guards.limits(interface),
        "also": {
            other.name: {
                "inputs": [_input(item) for item in other.inputs],
                "outputs": [_output(item) for item in other.outputs],
                "about": other.about,
            }
            for other in interface.also
        },
        "lite": lite
        and {
            "inputs": [_input(item) for item in lite.inputs],
            "outputs": [_output(item) for item in lite.outputs],
            "note": interface.lite_note,
        },
    }


def from_card(card: Mapping, call=None, sample_latents=None, further=None) -> Interface:
    """The interface of a card of any version; without weights.

    Args:
        card: content of card.json.
        call, sample_latents: what the interface and its prior draw with, if they are to.
        further: name of a further function -> what it calls; None for no function.
    """
    stored = card["interface"]
    if "inputs" not in stored:
        return _from_first_version(card, call, sample_latents)
    lite = stored["lite"]
    return Interface(
        name=card["name"],
        inputs=tuple(_restored(item, sample_latents) for item in stored["inputs"]),
        outputs=tuple(Output(**_tuples(item)) for item in stored["outputs"]),
        call=call,
        part=stored["part"],
        any_size=AnySize(**stored["any_size"]) if stored.get("any_size") else None,
        lite=lite
        and Interface(
            name=card["name"],
            inputs=tuple(_restored(item) for item in lite["inputs"]),
            outputs=tuple(Output(**_tuples(item)) for item in lite["outputs"]),
            call=None,
        ),
        lite_note=lite["note"] if lite else "",
        also=tuple(
            Interface(
                name=name,
                inputs=tuple(_restored(item) for item in other["inputs"]),
                outputs=tuple(Output(**_tuples(item)) for item in other["outputs"]),
                call=further and further(name),
                about=other["about"],
            )
            for name, other in stored.get("also", {}).items()  # which older cards lack
        ),
    )


def from_signature(signature, name: str) -> Interface:
    """The interface that a SavedModel's `serving_default` has, of an export without a card.

    Names and shapes tell the kinds: "labels" are classes, a "seed" is one number, pictures are
    `[B, H, W, C]`, and what is else `[B, Z]` is latents.
    """
    specs = signature.structured_input_signature[1]
    shapes = {
        given: None if spec.shape.rank is None else spec.shape.as_list()
        for given, spec in specs.items()
        if given != "labels"
    }
    return from_shapes(name, shapes, "labels" in specs)


def from_shapes(name: str, shapes: Mapping, takes_labels: bool) -> Interface:
    """The same of shapes `[B, ...]` by the names of the inputs; None for a shape that is not known.

    A class among the inputs has `classes` None: no shape says how many there are.
    """
    inputs = []
    for given, shape in shapes.items():
        if given == "seed" and shape == []:
            inputs.append(seed())
            continue
        kind = {4: "image", 2: "latents"}.get(len(shape or ()), "unknown")
        inputs.append(Input(given, kind, tuple(shape or ())[1:]))
    if takes_labels:
        inputs.append(labels(None))
    return Interface(name, tuple(inputs), (images((None, None, None)),), call=None)


def find_card(path) -> dict | None:
    """The card of an export's folder, or of a version's folder or a TFLite file in it.

    None where there is none, where it describes another thing (a classifier), or where the file is
    not among those that it describes.
    """
    path = pathlib.Path(path).absolute()
    for folder in (path, path.parent):
        file = folder / "card.json"
        if file.is_file():
            card = json.loads(file.read_text("utf-8"))
            if not isinstance(card, dict) or not {"files", "interface"} <= set(card):
                return None
            of_file = path.name if path.is_file() else f"{path.name}/saved_model.pb"
            return card if folder == path or of_file in card["files"] else None
    return None


def _input(item: Input) -> dict:
    return {
        "name": item.name,
        "kind": item.kind,
        "shape": list(item.shape),
        "dtype": item.dtype,
        "prior": item.prior and item.prior.describe(),
        "code": item.prior and item.prior.code,
        "classes": item.classes,
        "names": item.names and list(item.names),
        "resize_method": item.resize_method,
        "default": item.default,
    }


def _output(item: Output) -> dict:
    return {
        "name": item.name,
        "kind": item.kind,
        "shape": list(item.shape),
        "dtype": item.dtype,
        "words": item.words and list(item.words),
        "separator": item.separator if item.words else None,
        "end": item.end,
    }


def _restored(stored: Mapping, sample=None) -> Input:
    fields = _tuples(stored)
    parts, code = stored["prior"], fields.pop("code")
    fields["prior"] = CardPrior(fields["shape"][0], parts, code, sample) if code else None
    return Input(**fields)


def _tuples(stored: Mapping) -> dict:
    return {key: tuple(v) if isinstance(v, list) else v for key, v in stored.items()}


def _from_first_version(card, call, sample) -> Interface:
    stored = card["interface"]
    shape, classes = stored["input"], stored["classes"]
    if len(shape) == 3:
        inputs = (source_images(shape, label_map=stored["resize_method"] == "nearest"),)
    else:
        prior = CardPrior(shape[0], None, stored["latents"], sample)
        inputs = (Input("latents", "latents", tuple(shape), prior=prior),)
        inputs += (labels(classes),) if classes else ()
    return Interface(card["name"], inputs, (images(stored["output"]),), call=call)


def sampler(loaded):
    """(count, seed int32 `[2]`) -> latents, as the signature `latents` of a SavedModel draws them;
    None of one that has no such signature.
    """
    if "latents" not in loaded.signatures:
        return None

    def sample(count, seed):
        # Looked up at each call, which keeps the model's variables alive.
        signature = loaded.signatures["latents"]
        names = set(signature.structured_input_signature[1])
        (counted,) = names - {"seed"}
        count = tf.cast(count, tf.int32)
        return signature(**{counted: count, "seed": tf.cast(seed, tf.int32)[0]})["latents"]

    return sample
