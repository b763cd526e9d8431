"""How each kind of value becomes a file or a text, and back: the one table that the export asks.

A kind that is missing here cannot be exported; a new one is an entry in `OUTPUTS`, and in `FILES`
if clients send it as a file.
"""

import dataclasses
import io
from collections.abc import Callable

import numpy as np
import tensorflow as tf
from PIL import Image

from tfgan_zoo.export import picture_files
from tfgan_zoo.export.interface import Input, Interface, Output


@dataclasses.dataclass(frozen=True)
class Form:
    """The form in which an output of some kind leaves the graph.

    Attributes:
        counted: what the `latents` signature calls the number of examples.
        unit: what differences between two outputs of the kind are counted in, for a reader.
        peak: the largest difference that two values of the kind can have, to which a PSNR refers;
            None where there is no such number.
        signature: the signature that gives files, None for a kind that has no file form.
        file: the output of that signature; a name that ends in `_bytes` makes TensorFlow Serving
            send base64.
        suffix: of files of the kind.
        encode: (values `[B, ...]`, its `Output`) -> string `[B]`.
        check: raises ValueError for an `Output` of the kind that cannot be exported.
        save: Python source for a README: does something with the signature's output, called
            `files`.
        show: Python source for a README: does something with one example's values, an array called
            `output`.
    """

    counted: str
    unit: str = "its own units"
    peak: float | None = None
    signature: str | None = None
    file: str | None = None
    suffix: str | None = None
    encode: Callable | None = None
    check: Callable = lambda output: None
    save: str = "print(files.numpy())"
    show: str = "print(output)"


@dataclasses.dataclass(frozen=True)
class File:
    """The form in which clients send an input of some kind.

    Attributes:
        name: of the signature's input: strings `[B]` that hold files.
        decode: (one file, string `[]`, its `Input`) -> values `shape`.
        example: `Input` -> the content of a small valid file.
        check: raises ValueError for an `Input` of the kind that cannot be exported.
        request: shell source for a README: a file's content for a REST request, as JSON.
        variable: what READMEs call a file's content.
        load: Python source for a README: reads a file as a string tensor of that name.
        read: `Input` -> Python source for a README: reads a file as the float array `[1, *shape]`
            of the input's name.
    """

    name: str
    decode: Callable
    example: Callable
    check: Callable
    request: str
    variable: str
    load: str
    read: Callable


def text(values, output: Output):
    """Token numbers int32 `[B, T]` -> texts, string `[B]`, of `output.words`.

    A text is over before the first `output.end`; words that are "" are left out.
    """
    written = tf.gather(tf.constant(output.words), values)
    keep = tf.not_equal(written, "")
    if output.end is not None:
        over = tf.cumsum(tf.cast(tf.equal(values, output.end), tf.int32), axis=-1) > 0
        keep &= ~over
    return tf.strings.reduce_join(
        tf.ragged.boolean_mask(written, keep), axis=-1, separator=output.separator
    )


def forms(interface: Interface) -> dict[str, Form]:
    """Output name -> the form of its kind.

    Raises ValueError for a kind that is not in `OUTPUTS`, or an output that its kind refuses.
    """
    found = {}
    for output in interface.outputs:
        if output.kind not in OUTPUTS:
            raise ValueError(
                f"The output {output.name!r} of {interface.name} is of the kind {output.kind!r}, "
                f"which the export does not know: {', '.join(OUTPUTS)}."
            )
        found[output.name] = OUTPUTS[output.kind]
        found[output.name].check(output)
    return found


def files(interface: Interface) -> dict[str, File]:
    """Input name -> the form of its files, of those inputs that clients send as files."""
    found = {item.name: FILES[item.kind] for item in interface.inputs if item.kind in FILES}
    for item in interface.inputs:
        if item.name in found:
            found[item.name].check(item)
    return found


def _decode_picture(content, item: Input):
    height, width, channels = item.shape
    return picture_files.decode(content, (height, width), channels, item.resize_method)


def _decode_mask(content, item: Input):
    # In colours: the one channel of a picture with a palette would be its indices.
    pixels = picture_files.decode(content, item.shape[:2], 3, item.resize_method, png_alone=True)
    return tf.cast(tf.reduce_mean(pixels, axis=-1, keepdims=True) > 0.0, tf.float32)


def _example_picture(item: Input) -> bytes:
    height, width, channels = item.shape
    buffer = io.BytesIO()
    Image.new(MODES[channels], (width, height)).save(buffer, "PNG")
    return buffer.getvalue()


def _check_source(item: Input):
    if len(item.shape) != 3 or item.shape[2] not in MODES:
        raise ValueError(
            f"A picture has 1 to 4 channels; the input {item.name!r} has the shape {item.shape}."
        )
    if item.resize_method not in picture_files.RESIZE:
        raise ValueError(
            f"The resize_method of {item.name!r} is one of {sorted(picture_files.RESIZE)}, "
            f"not {item.resize_method!r}."
        )


def _check_mask(item: Input):
    if len(item.shape) != 3 or item.shape[2] != 1 or item.resize_method != "nearest":
        raise ValueError(
            f"A mask is [H, W, 1] and its resize_method nearest; the input {item.name!r} has the "
            f"shape {item.shape} and {item.resize_method!r}."
        )


def _check_picture(output: Output):
    if len(output.shape) != 3 or output.shape[2] not in (*MODES, None):
        raise ValueError(
            f"A picture has 1 to 4 channels; the output {output.name!r} has the shape "
            f"{output.shape}."
        )


def _check_tokens(output: Output):
    if not output.words:
        raise ValueError(
            f"The output {output.name!r} needs words, one for each token number, to be written."
        )


def _read_picture(item: Input) -> str:
    height, width, channels = item.shape
    resampling = {"antialias": "BICUBIC", "nearest": "NEAREST"}[item.resize_method]
    return (
        f'picture = Image.open("input.png").convert("{MODES[channels]}")\n'
        f"picture = picture.resize(({width}, {height}), Image.Resampling.{resampling})\n"
        f"levels = np.asarray(picture, np.float32).reshape(1, {height}, {width}, {channels})\n"
        f"{item.name} = levels / 127.5 - 1"
    )


def _read_mask(item: Input) -> str:
    height, width, _ = item.shape
    return (
        'mask = Image.open("mask.png").convert("L")  # white where pixels are missing\n'
        f"mask = mask.resize(({width}, {height}), Image.Resampling.NEAREST)\n"
        f"{item.name} = np.float32(np.asarray(mask) > 127).reshape(1, {height}, {width}, 1)"
    )


# Pillow's names of pictures of one to four channels.
MODES = {1: "L", 2: "LA", 3: "RGB", 4: "RGBA"}

_PICTURE = File(
    "image_bytes",
    _decode_picture,
    _example_picture,
    _check_source,
    request="$(openssl base64 -A -in input.png)",
    variable="file",
    load='file = tf.io.read_file("input.png")  # PNG, JPEG, WebP, BMP or GIF',
    read=_read_picture,
)
# A PNG picture whose light pixels are missing ones.
_MASK = File(
    "mask_bytes",
    _decode_mask,
    _example_picture,
    _check_mask,
    request="$(openssl base64 -A -in mask.png)",
    variable="mask",
    load='mask = tf.io.read_file("mask.png")  # white where pixels are missing',
    read=_read_mask,
)
FILES = {"image": _PICTURE, "label_map": _PICTURE, "mask": _MASK}

OUTPUTS = {
    "image": Form(
        counted="num_images",
        unit="[-1, 1]",
        peak=2.0,
        signature="encoded",
        file="png_bytes",
        suffix=".png",
        encode=lambda values, output: picture_files.encode(values),
        check=_check_picture,
        save="""\
for number, file in enumerate(files):
    tf.io.write_file(f"output_{number}.png", file)""",
        show="""\
levels = np.uint8(np.round((np.clip(output, -1, 1) + 1) * 127.5))
Image.fromarray(levels.squeeze()).save("output.png")""",
    ),
    "tokens": Form(
        counted="num_texts",
        unit="tokens that differ (0 or 1 each)",
        signature="text",
        file="text",
        suffix=".txt",
        encode=text,
        check=_check_tokens,
        save="""\
for text in files.numpy():
    print(text.decode())""",
    ),
    "points": Form(counted="num_points"),
    "vector": Form(counted="num_examples"),
    "state": Form(counted="num_examples"),
}


def example(item: Input) -> np.ndarray:
    """The smallest valid value of an input: zeros for one example, or its default."""
    dtype = tf.as_dtype(item.dtype).as_numpy_dtype
    if not item.batched:
        return dtype(item.default or 0)
    return np.zeros([1, *item.shape], dtype)
