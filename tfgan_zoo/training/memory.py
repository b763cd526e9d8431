"""Whether a model and a batch fit into memory, told before they are made.

The bounds are low ones: what is refused cannot work, and what is not may still be too much. They
are about the memory of the machine; a device with a memory of its own says itself when it is full.
"""

import contextlib
import math

import keras
import tensorflow as tf

from tfgan_zoo.data.cache import available_memory
from tfgan_zoo.training.run_directory import RunError

# Weights, their gradients, and the two means of Adam.
_COPIES = 4


@contextlib.contextmanager
def guarded():
    """Within the block, a weight for which there is no memory is refused before it is made.

    Raises:
        RunError: at the first weight that does not fit beside those before it.
    """
    if tf.config.list_physical_devices("GPU"):
        yield
        return
    available, made = available_memory(), 0
    scratch = tf.Graph()

    def creator(next_creator, **options):
        nonlocal made
        made += _bytes_of(options, scratch)
        if 2 * made > available:  # a gradient for each of them
            raise RunError(
                f"The weights of the model and their gradients take more than {_size(2 * made)}, "
                f"and {_size(available)} of memory are available. Smaller pictures (--image_size), "
                "fewer filters or units, or fewer latents need less."
            )
        return next_creator(**options)

    with tf.variable_creator_scope(creator):
        yield


def _bytes_of(options, scratch):
    """Bytes of a variable that is about to be made."""
    value = options["initial_value"]
    if callable(value):
        with scratch.as_default():  # nothing is computed there
            value = value()
    value = tf.convert_to_tensor(value) if not tf.is_tensor(value) else value
    return math.prod(value.shape.as_list()) * value.dtype.size


def check(model, batch_size):
    """Raises `RunError` where the weights with their optimizers, or one batch in one player, take
    more memory than there is; the sentence says what fits.

    Args:
        model: a `Trained`.
        batch_size: examples in a step.
    """
    if tf.config.list_physical_devices("GPU"):
        return
    available = available_memory()
    weights = sum(math.prod(v.shape) * 4 for v in model.trainable_variables)
    if (_COPIES - 1) * weights > available:
        raise RunError(
            f"The weights of the model, their gradients and the optimizers take about "
            f"{_size(_COPIES * weights)}, and {_size(available)} of memory are left. Smaller "
            "pictures (--image_size), fewer filters or units need less."
        )
    players = {name: sum(map(_values, model.trained_layers(name))) for name in model.players}
    name, values = max(players.items(), key=lambda item: item[1])
    each = 4 * values
    needed = each * batch_size
    if needed <= available:
        return
    fits = available // each
    advice = f"--batch_size={fits} fits" if fits else "not even one example fits"
    raise RunError(
        f"What the layers of the {name} make of a batch of {batch_size} takes {_size(needed)} at "
        f"least, and {_size(available)} of memory are available: {advice}, and so does that batch "
        f"of pictures of {math.sqrt(available / needed):.0%} of the side (--image_size)."
    )


def _values(part):
    """Numbers that the layers with weights make of one example, as far as they tell."""
    count = 0
    for layer in _leaves(part):
        if not layer.weights:
            continue
        try:
            outputs = keras.tree.flatten(layer.output)
        except (AttributeError, ValueError):  # of a layer that was called never, or several times
            continue
        count += sum(math.prod(s for s in one.shape[1:] if s is not None) for one in outputs)
    return count


def _leaves(part):
    """The layers of a model and of the models in it."""
    for layer in part.layers if isinstance(part, keras.Model) else ():
        yield from _leaves(layer) if isinstance(layer, keras.Model) else (layer,)


def _size(count):
    return f"{count / 2**30:,.1f} GiB" if count >= 2**30 else f"{count / 2**20:,.0f} MiB"
