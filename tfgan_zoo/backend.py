"""Keras as this package needs it, whatever the user's keras.json and environment say.

Importing this imports no Keras.
"""

import json
import os
import pathlib

NEEDED = "tensorflow"


def complaint():
    """A sentence where Keras is told to run on something else than TensorFlow; None where not.

    It must be asked before Keras is imported, which takes what it is told for good.
    """
    told = os.environ.get("KERAS_BACKEND")
    where, name = "the environment variable KERAS_BACKEND", told
    if not told:
        folder = os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras"
        where = pathlib.Path(folder) / "keras.json"
        try:
            where = where.expanduser()
            name = json.loads(where.read_text("utf-8")).get("backend")
        except (OSError, ValueError, AttributeError, RuntimeError):  # Keras passes over such a file
            return None
    if name in (None, "", NEEDED):
        return None
    return (
        f"The zoo runs on TensorFlow, and {where} tells Keras to use '{name}': set "
        f"KERAS_BACKEND={NEEDED} for this command."
    )


def settle():
    """Gives Keras the settings that the zoo's data and weights have: channels last, float32.

    A user's keras.json or environment may hold others, for other programs.

    Raises:
        ImportError: where Keras runs on another backend.
    """
    import keras

    if keras.config.backend() != NEEDED:
        raise ImportError(complaint())
    keras.config.set_image_data_format("channels_last")
    keras.config.set_floatx("float32")
    keras.config.set_epsilon(1e-7)
    # They would end a run before its last step.
    keras.config.set_max_epochs(None)
    keras.config.set_max_steps_per_epoch(None)
