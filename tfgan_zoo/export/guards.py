"""What a SavedModel refuses, inside its graph: a server runs the graph and nothing of this package.

TensorFlow takes the shapes of a signature for granted: a picture instead of a batch of pictures
aborts the whole process in oneDNN, a label beyond the classes is a row of zeros, NaN goes through
to the answer, and a number of examples is allocated whatever it is. Each is an error of that one
request here. TFLite files hold none of this: a phone has one client.
"""

import math
from collections.abc import Mapping

import tensorflow as tf

from tfgan_zoo.export.interface import Input, Interface

NUMBERS = 2**23  # in what all examples of one request send or get, 33 MB; activations are more
LATENTS = 2**26  # numbers of latents that one request may draw, 268 MB
EXAMPLES = 2**16  # in one request, however small they are
PIXELS = 2**24  # of one picture file, 4096 x 4096: about 0.5 GB while it is read


def most_examples(interface: Interface) -> int:
    """How many examples one request may ask for, or send as files; one of pictures of any size,
    which no tensor could hold together.
    """
    if interface.any_size:
        return 1
    sent = sum(_numbers(item.shape) for item in interface.inputs if item.batched)
    given = sum(_numbers(output.shape) for output in interface.outputs)
    return max(1, min(EXAMPLES, NUMBERS // max(sent, given)))


def most_latents(item: Input) -> int:
    """How many latents one request may draw: a score needs more of them than of pictures."""
    return min(2**20, LATENTS // item.shape[0])


def most_pixels(interface: Interface) -> int:
    """How many pixels all pictures of one request may have, of an interface with `any_size`."""
    (item,), (output,) = interface.inputs, interface.outputs
    return NUMBERS // max(item.shape[-1], interface.any_size.scale**2 * output.shape[-1])


def limits(interface: Interface) -> dict:
    """The bounds of an export's signatures, for its card; None where one does not apply.

    `examples` that one request may ask for, or send as files; `latents` that it may draw; `pixels`
    that a file may have, or all pictures of a request together where they have any size.
    """
    drawn = any(output.kind in ("image", "tokens") for output in interface.outputs)
    asked = interface.first("count") or (interface.latents and drawn)
    files = interface.first("image", "label_map") is not None
    return {
        "examples": most_examples(interface) if asked or files else None,
        "latents": most_latents(interface.latents) if interface.latents else None,
        "pixels": most_pixels(interface) if interface.any_size else PIXELS if files else None,
    }


def checked(interface: Interface, values: Mapping) -> dict:
    """The inputs of an interface by name, as tensors that exist only if they are what it says.

    Args:
        values: tensors by the names of the inputs.
    """
    values = {
        item.name: checked_input(interface.opened(item), values[item.name])
        for item in interface.inputs
    }
    if interface.any_size:
        values = {name: _not_too_large(interface, name, value) for name, value in values.items()}
    for item in interface.inputs:
        if item.kind == "count":
            values[item.name] = number_of(item.name, values[item.name], most_examples(interface))
    batches = {
        item.name: tf.shape(values[item.name])[0] for item in interface.inputs if item.batched
    }
    if len(batches) > 1:
        first, *others = batches
        conditions = [
            demand(
                tf.equal(batches[first], batches[other]),
                f"{first} and {other} must hold equally many examples, not",
                batches[first],
                batches[other],
            )
            for other in others
        ]
        values = {name: after(conditions, value) for name, value in values.items()}
    return values


def checked_input(item: Input, value) -> tf.Tensor:
    """The tensor of one input, of the shape `[B, *shape]` (`[]` for one value) from B = 1 on,
    finite, and in the range of its kind.
    """
    value = tf.ensure_shape(value, item.spec().shape)
    conditions = []
    if item.batched:
        count = tf.shape(value)[0]
        conditions.append(
            demand(count > 0, f"{item.name} must hold one example or more, not", count)
        )
    if value.dtype.is_floating:
        conditions.append(
            demand(
                tf.reduce_all(tf.math.is_finite(value)),
                f"{item.name} holds values that are not finite (NaN or infinite).",
            )
        )
    if item.kind == "number":
        conditions.append(demand(value > 0, f"{item.name} must be above 0, not", value))
    if item.classes:
        conditions.append(within(item, value))
    return after(conditions, value)


def _not_too_large(interface, name, value):
    """Pictures `[B, H, W, C]` that have a pixel, and no more than one request may have."""
    count, height, width, _ = tf.unstack(tf.shape(value, tf.int64))
    pixels, most = count * height * width, most_pixels(interface)
    side = int(most**0.5)
    sentence = (
        f"{name} must have 1 to {most} pixels in one request, such as one picture of {side}x{side};"
        " python -m tfgan_zoo.explore translate cuts larger ones into tiles. Each of these is"
    )
    return after([demand((pixels > 0) & (pixels <= most), sentence, height, width)], value)


def within(item: Input, value, name: str | None = None):
    """The condition that whole numbers lie in the classes of an input.

    Args:
        name: as the client knows it, if by another name than the input's.
    """
    lowest, highest = tf.reduce_min(value), tf.reduce_max(value)
    return demand(
        (lowest >= 0) & (highest < item.classes),
        f"{name or item.name} must lie from 0 to {item.classes - 1}, not from",
        lowest,
        "to",
        highest,
    )


def number_of(name: str, value, most: int) -> tf.Tensor:
    """int32 `[]` from 1 to `most`."""
    value = tf.ensure_shape(value, [])
    sentence = f"{name} must lie from 1 to {most}, not be"
    return after([demand((value >= 1) & (value <= most), sentence, value)], value)


def finite(outputs: Mapping) -> dict:
    """The same outputs; an answer that holds NaN or infinity is an error instead."""
    return {
        name: after(
            [
                demand(
                    tf.reduce_all(tf.math.is_finite(value)),
                    f"{name} would not be finite: the inputs lie far outside what was learnt.",
                )
            ],
            value,
        )
        if value.dtype.is_floating
        else value
        for name, value in outputs.items()
    }


def demand(condition, sentence: str, *values):
    """An operation that fails with the sentence and the values where the condition is False."""
    return tf.debugging.Assert(condition, [sentence, *values])


def after(conditions, value) -> tf.Tensor:
    """The value, computed after the conditions hold.

    Whoever reads the value depends on them, so that no tool can take them for unused.
    """
    with tf.control_dependencies(conditions):
        return tf.identity(value)


def _numbers(shape) -> int:
    return math.prod(side or 1 for side in shape)
