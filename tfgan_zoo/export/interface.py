"""What an exported model takes and gives: the one description from which all else follows.

From an `Interface` follow the signatures (`signatures`), the warm-up requests (`serving`), the
TFLite file (`tflite`), parity and latency (`measured`), the card and its README (`card`,
`readme`), scoring (`tfgan_zoo.metrics.generated`) and the explorer (`tfgan_zoo.explore`). How the
values of a kind become files and back is looked up in one table, `codecs.CODECS`: another kind of
output is another entry there.

A generator of pictures from latents:

    Interface(
        name="dcgan",
        inputs=(latents(model.prior),),
        outputs=(images((32, 32, 1)),),
        call=lambda latents: model(latents),
        networks=(model.generator,),
    )
"""

import dataclasses
from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

# Those that follow from an interface itself (`signatures.build`).
SIGNATURES = ("serving_default", "encoded", "text", "latents", "sample")


@dataclasses.dataclass(frozen=True)
class Input:
    """One named input of an exported model.

    Attributes:
        name: as the signature `serving_default` and the TFLite file call it.
        kind: "latents", "image", "label_map", "instance_map", "mask", "class", "tokens", "state",
            or one value for the whole call: "seed", "count", "number".
        shape: of one example, without the batch; `()` for a class or a single value. A side of
            None is any (`Interface.opened`).
        dtype: name of a TensorFlow dtype.
        prior: what latents are drawn from, an object of `tfgan_zoo.networks.priors`: it has
            `sample(count, seed)`, `code` and `describe()`. None for other kinds.
        classes: number of classes of a "class", else None.
        names: the classes' names, `classes` of them, or None.
        resize_method: how a picture file becomes this input: "antialias" for photographs,
            "nearest" for label maps and masks; None for other kinds.
        default: the value that requests and examples give where a person gives none; of kinds
            that are one value for the whole call.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...] = ()
    dtype: str = "float32"
    prior: Any = None
    classes: int | None = None
    names: tuple[str, ...] | None = None
    resize_method: str | None = None
    default: int | float | None = None

    @property
    def batched(self) -> bool:
        """Whether the input has an example for each output: a seed, for one, has not."""
        return self.kind not in ("seed", "count", "number")

    def spec(self, batch: int | None = None) -> tf.TensorSpec:
        """`[batch, *shape]` of its dtype and name; `[]` for one value for the whole call."""
        shape = [batch, *self.shape] if self.batched else []
        return tf.TensorSpec(shape, tf.as_dtype(self.dtype), name=self.name)


@dataclasses.dataclass(frozen=True)
class Output:
    """One named output of an exported model.

    Attributes:
        name: as the signatures and the TFLite file call it.
        kind: "image" (values in [-1, 1]), "points", "tokens", "vector", "state" or another of
            `codecs.CODECS`.
        shape: of one example, without the batch; a side of None is any.
        dtype: name of a TensorFlow dtype.
        words: of tokens: what each token number is written as; "" for those that no reader sees.
        separator: of tokens: what stands between two words, "" for characters.
        end: of tokens: the number behind which a text is over; None where all its tokens count.
    """

    name: str
    kind: str
    shape: tuple[int | None, ...]
    dtype: str = "float32"
    words: tuple[str, ...] | None = None
    separator: str = " "
    end: int | None = None

    def checked(self, value) -> tf.Tensor:
        """`value` as a tensor `[B, *shape]`.

        Raises ValueError if its dtype or shape is another.
        """
        value = tf.convert_to_tensor(value)
        shape = [None, *self.shape]
        if value.dtype != tf.as_dtype(self.dtype) or not value.shape.is_compatible_with(shape):
            raise ValueError(
                f"The output {self.name!r} must be {self.dtype} of shape {shape}, "
                f"not {value.dtype.name} of shape {value.shape}."
            )
        return tf.ensure_shape(value, shape)


@dataclasses.dataclass(frozen=True)
class AnySize:
    """Of a model that makes pictures of pictures: the SavedModel takes them at any size. The shapes
    of the interface's input and output are then those of the files that hold one size, such as
    TFLite's.

    Attributes:
        scale: pixels a side of the output for each pixel of the input.
        reach: pixels of the input, on each side of a place, that its output depends on. Tiles of a
            large picture that overlap by so much are drawn as the whole picture would be.
    """

    scale: int
    reach: int


@dataclasses.dataclass(frozen=True)
class Interface:
    """What one exported model takes and gives, and the function in between.

    A model with several things to export (two directions, an encoder and a decoder) has an
    interface for each, with a `part` that names its folder.

    Attributes:
        name: of the served model, one word: "pix2pix", "cyclegan_a_to_b".
        inputs: in the order in which a reader meets them.
        outputs: at least one.
        call: `call(**inputs)`, tensors by name, returns a dict of the outputs by name, or the
            tensor itself where there is one output. It draws nothing at random unless a "seed" is
            among its inputs: what noise it has, it takes from a seed of its own.
        networks: keras models or layers whose weights `call` and `noise` read.
        noise: `noise(seed=seed, **inputs)` with seed int32 `[]` returns the outputs under another
            draw of the model's noise; None for a model without noise beside its inputs.
        part: the folder of this export beside those of the model's other parts, or None.
        lite: the interface that TFLite files hold, where it is another: one step of a loop that
            the caller runs. None for the interface itself.
        lite_note: with `lite`: sentences on what the caller must loop over.
        also: further functions of the same networks, an interface each, with `name`, `inputs`,
            `outputs`, `call` and `about`: what the SavedModel serves as signatures of these names
            beside the main one, such as `encode`.
        about: of a further function: a sentence for the card on what its answer means.
        any_size: of a model whose only input and output are pictures and whose SavedModel takes
            them at any size; None where the sizes are fixed.
    """

    name: str
    inputs: tuple[Input, ...]
    outputs: tuple[Output, ...]
    call: Callable
    networks: tuple = ()
    noise: Callable | None = None
    part: str | None = None
    lite: "Interface | None" = None
    lite_note: str = ""
    also: tuple["Interface", ...] = ()
    about: str = ""
    any_size: AnySize | None = None

    def __post_init__(self):
        if not self.outputs:
            raise ValueError(f"The interface of {self.name} needs at least one output.")
        for kind, named in (("input", self.inputs), ("output", self.outputs)):
            names = [item.name for item in named]
            if len(set(names)) != len(names):
                raise ValueError(f"The interface of {self.name} has two of one {kind}: {names}.")
        names = [other.name for other in self.also]
        if self.any_size and [i.kind for i in (*self.inputs, *self.outputs)] != 2 * ["image"]:
            raise ValueError(
                f"The interface of {self.name} takes pictures of any size: it can have one picture "
                "for its input, one for its output, and nothing else."
            )
        taken = [name for name in names if name in SIGNATURES or names.count(name) > 1]
        if taken:
            raise ValueError(
                f"A further function of {self.name} cannot be called '{taken[0]}': a signature of "
                "that name is there already."
            )

    def __call__(self, **inputs) -> dict[str, tf.Tensor]:
        """The outputs by name, checked against what `outputs` says.

        Raises ValueError if `call` returns other outputs, dtypes or shapes.
        """
        return self.checked(self.call(**inputs))

    def draw(self, seed, **inputs) -> dict[str, tf.Tensor]:
        """The outputs by name under another draw of the noise, checked likewise."""
        return self.checked(self.noise(seed=seed, **inputs))

    def checked(self, values) -> dict[str, tf.Tensor]:
        """A dict of the outputs of what `call` or `noise` returned."""
        names = [output.name for output in self.outputs]
        if not isinstance(values, Mapping):
            values = dict(zip(names, [values], strict=len(names) == 1))
        if set(values) != set(names):
            raise ValueError(
                f"The interface of {self.name} gives {', '.join(names)}, and its function returns "
                f"{', '.join(map(str, values))}."
            )
        outputs = [self.opened(output) for output in self.outputs]
        return {output.name: output.checked(values[output.name]) for output in outputs}

    def opened(self, item: "Input | Output") -> "Input | Output":
        """An input or output as the SavedModel has it: its sides are None where any will do."""
        if self.any_size is None:
            return item
        return dataclasses.replace(item, shape=(None, None, item.shape[-1]))

    def said_of_sizes(self) -> list[str]:
        """A sentence or three for the card on pictures of any size; none where sizes are fixed."""
        if self.any_size is None:
            return []
        (item,), (output,) = self.inputs, self.outputs
        scale, reach = self.any_size.scale, self.any_size.reach
        small, large = ("x".join(map(str, one.shape[:2])) for one in (item, output))
        return [
            f"The SavedModel takes pictures of any height and width and makes each {scale} times "
            f"as large a side. What it draws at a place depends on {reach} pixels of its input on "
            "each side, so that a picture which is too large for one request can be cut into tiles "
            "that overlap by so much, and nobody sees where: `python -m tfgan_zoo.explore "
            f"translate` does it. TFLite and ONNX files hold one size, {small} to {large}."
        ]

    def first(self, *kinds: str) -> Input | None:
        """The first input of one of these kinds, or None."""
        return next((item for item in self.inputs if item.kind in kinds), None)

    @property
    def latents(self) -> Input | None:
        """The input that is drawn from a prior, or None."""
        return next((item for item in self.inputs if item.prior is not None), None)

    @property
    def served_by_tflite(self) -> "Interface":
        """The interface of the TFLite files."""
        return self.lite or self


def latents(prior, name: str = "latents") -> Input:
    """Latents float32 `[B, prior.size]` drawn from a prior of `tfgan_zoo.networks.priors`."""
    return Input(name, "latents", (prior.size,), prior=prior)


def labels(classes: int, names: tuple[str, ...] | None = None, name: str = "labels") -> Input:
    """Class numbers int32 `[B]` from 0 to `classes - 1`."""
    return Input(name, "class", (), "int32", classes=classes, names=names)


def source_images(shape: tuple[int, int, int], *, label_map=False, name="images") -> Input:
    """Pictures float32 `[B, *shape]` in [-1, 1]; `label_map` keeps files' colours unblended."""
    kind, method = ("label_map", "nearest") if label_map else ("image", "antialias")
    return Input(name, kind, tuple(shape), resize_method=method)


def masks(size: tuple[int, int], name="masks") -> Input:
    """Masks float32 `[B, *size, 1]`: what is above 0.5 is to be drawn, the rest is known."""
    return Input(name, "mask", (*size, 1), resize_method="nearest")


def seed() -> Input:
    """A seed int32 `[]` of all that the call draws."""
    return Input("seed", "seed", (), "int32", default=0)


def count(name: str = "num") -> Input:
    """How many examples the call draws, int32 `[]`."""
    return Input(name, "count", (), "int32", default=1)


def number(name: str, default: float) -> Input:
    """One number for the whole call, float32 `[]`, such as a temperature."""
    return Input(name, "number", (), "float32", default=default)


def images(shape: tuple[int | None, int | None, int | None], name: str = "images") -> Output:
    """Pictures float32 `[B, *shape]` in [-1, 1]."""
    return Output(name, "image", tuple(shape))


def points(dimensions: int, name: str = "points") -> Output:
    """Points float32 `[B, dimensions]`."""
    return Output(name, "points", (dimensions,))


def vector(name: str, size: int) -> Output:
    """Numbers float32 `[B, size]` that no file holds: a mean, a logarithm of a variance."""
    return Output(name, "vector", (size,))


def tokens(length, words, *, separator=" ", end=None, name="tokens") -> Output:
    """Token numbers int32 `[B, length]`; the other arguments are `Output`'s attributes."""
    return Output(name, "tokens", (length,), "int32", tuple(words), separator, end)
