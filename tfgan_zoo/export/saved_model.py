"""A SavedModel that holds each weight once, versioned for TensorFlow Serving.

`keras.Model.export` and `keras.export.ExportArchive` track their variables under two attributes and
the checkpoint writer stores both: 435 MB for 218 MB of weights. Here a bare `tf.Module` holds each
`tf.Variable` exactly once, and nothing of Keras is written: loading needs TensorFlow alone.
"""

import os
import pathlib
import shutil
from collections.abc import Iterable, Mapping

import tensorflow as tf


def save(
    directory: str | os.PathLike,
    *,
    network,
    signatures: Mapping[str, tf.types.experimental.PolymorphicFunction],
    version: int = 1,
    assets_extra: Mapping[str, bytes] | None = None,
) -> pathlib.Path:
    """Writes `directory/<version>/` (saved_model.pb, variables/, assets.extra/), returns its path.

    The version appears complete or not at all: it is written under a name that TensorFlow Serving
    does not look at, then renamed. What is stored is what the signatures read: a weight of
    `network` that none of them uses (say, the moving statistics of a norm that takes those of the
    test batch) is left out.

    A batch dimension of None serves batches from 1 on; TensorFlow's graph optimizer fails on the
    convolutions of an empty one.

    Args:
      directory: parent of the versions; made if missing.
      network: the keras model or layer, or several, whose weights the signatures may read.
      signatures: name -> tf.function with an `input_signature`; each returns a dict of tensors. The
        one that clients get by default is called "serving_default".
      version: positive; TensorFlow Serving serves the highest one.
      assets_extra: file name -> content, written to `assets.extra/`; for the warm-up requests see
        `serving.warmup_requests`.

    Raises:
      FileExistsError: that version exists.
      ValueError: the version is not a positive integer, or a signature reads a variable that is
        not a weight of `network`, or none reads any.
    """
    if isinstance(version, bool) or not isinstance(version, int) or version < 1:
        raise ValueError(f"The version of a SavedModel is an integer from 1 on, not {version!r}.")
    directory = pathlib.Path(directory)
    target = directory / str(version)
    if target.exists():
        raise FileExistsError(f"{target} exists: choose another version, or remove it first.")

    module = tf.Module()
    module.weights = stored_variables(network, signatures)

    directory.mkdir(parents=True, exist_ok=True)
    partial = directory / f".{version}.partial-{os.getpid()}"
    try:
        tf.saved_model.save(module, str(partial), signatures=dict(signatures))
        for name, content in (assets_extra or {}).items():
            path = partial / "assets.extra" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)
        partial.rename(target)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    return target


def stored_variables(network, functions: Mapping[str, object]) -> list[tf.Variable]:
    """The variables that `functions` (name -> tf.function) read, in the order of the weights.

    Raises ValueError if one of them is not a weight of `network`, or if there is none at all.
    """
    layers = network if isinstance(network, Iterable) else [network]
    weights = [part for layer in layers for weight in layer.weights for part in _parts(weight)]
    owned = {id(variable) for variable in weights}
    read = set()
    for name, function in functions.items():
        # The order of `variables` changes from trace to trace, so it is used as a set.
        for variable in function.get_concrete_function().variables:
            if id(variable) not in owned:
                raise ValueError(
                    f"The signature {name!r} reads the variable {variable.name!r}, which is not a "
                    "weight of the network: pass every network that the signature calls, and give "
                    "seeds as arguments instead of a SeedGenerator."
                )
            read.add(id(variable))
    if not read:
        raise ValueError(
            f"None of the signatures {sorted(functions)} reads a weight of the network: pass the "
            "network that they call."
        )
    # Two networks that share a layer list its weights twice.
    unique = {id(variable): variable for variable in weights}
    return [variable for key, variable in unique.items() if key in read]


def _parts(weight) -> tuple[tf.Variable, ...]:
    """The tf.Variable of a keras variable; its replicas if it was made under a strategy."""
    value = weight.value
    return value.values if isinstance(value, tf.distribute.DistributedValues) else (value,)
