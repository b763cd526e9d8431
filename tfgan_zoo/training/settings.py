"""The knobs of a run, each written down once: name, default, what it means, what it may be.

A trainer's flags are made from them (`trainers.flags`); a notebook gives them to
`training.run.run`. Imports nothing, so that `--help` is fast.
"""

import dataclasses
import math

PRECISIONS = ("float32", "mixed_float16", "mixed_bfloat16")
STRATEGIES = ("one_device", "mirrored", "multi_worker")
SAVED_MODEL_WEIGHTS = ("float32", "float16")
MAX_SEED = 2**31 - 1  # what every generator of random numbers takes
TFLITE_KINDS = ("float32", "float16", "int8")
LARGEST = 2**31 - 1  # of an integer: what TensorFlow's seeds and shapes hold


def knob(default, text, *, low=None, high=None, above=None, below=None, choices=None, free=False):
    """A field of a dataclass of knobs.

    Args:
        default: its value where nobody gives one.
        text: what it means, a phrase that a stranger understands alone, with its unit.
        low, high: the least and the greatest value of a number.
        above, below: bounds that it must not reach.
        choices: the values that it, or each of its parts, may have.
        free: whether it may change when a run goes on, since it alters nothing that is learnt.
    """
    bounds = {"low": low, "high": high, "above": above, "below": below}
    metadata = {"help": text, **bounds, "choices": choices, "free": free}
    return dataclasses.field(default=default, metadata=metadata)


@dataclasses.dataclass(frozen=True)
class Settings:
    """All that the engine can be told.

    Raises:
        ValueError: for a value that its knob may not have; the sentence names the knob.
    """

    run_dir: str | None = knob(
        None, "Folder of the run; the same command goes on where it stopped.", free=True
    )
    export_dir: str | None = knob(
        None, "Folder of the exported model; default RUN_DIR/export/NAME.", free=True
    )
    epochs: int = knob(200, "Length of the run in passes over the training data.", low=1)
    steps: int | None = knob(None, "Length of the run in steps, instead of --epochs.", low=1)
    batch_size: int = knob(1, "Examples in a training step, over all devices.", low=1)
    seed: int = knob(
        0, "Seed of the weights, the noise and the order of the data.", low=0, high=MAX_SEED
    )
    deterministic: bool = knob(
        False, "Same seed, same bits, in every repetition; slower on some devices."
    )
    precision: str = knob(
        "float32", "Number format of the layers; weights stay float32.", choices=PRECISIONS
    )
    strategy: str = knob(
        "one_device",
        "What the run uses: one device, all devices of this machine (mirrored), or the machines "
        "that the environment variable TF_CONFIG lists (multi_worker).",
        choices=STRATEGIES,
    )
    jit_compile: bool = knob(False, "Compile the training step with XLA.")
    steps_per_execution: int = knob(1, "Training steps in one call of the graph.", low=1)
    init_from: str | None = knob(
        None,
        "Folder of a run, or of an export with a model.keras, whose weights a new run starts from.",
    )
    changed_data: bool = knob(
        False, "Go on although the data are no longer those that the run began with.", free=True
    )

    log_every: int = knob(100, "Steps between rows of RUN_DIR/history.jsonl.", low=1)
    sample_every: int = knob(
        1000, "Steps between drawings of what the model generates.", low=1, free=True
    )
    validate_every: int = knob(1000, "Steps between validations.", low=1)
    checkpoint_every: int = knob(1000, "Steps between checkpoints.", low=1, free=True)
    keep_checkpoints: int = knob(3, "How many of the last checkpoints are kept.", low=1, free=True)
    best_metric: str | None = knob(
        None,
        "Validation metric that selects the exported checkpoint; '-' before it: lower is better.",
        free=True,
    )
    max_skipped: int = knob(
        20, "Steps in a row that may be not finite before the run stops.", low=1, free=True
    )
    max_collapsed: int = knob(
        3,
        "Drawings in a row whose samples may hardly differ before the run stops.",
        low=1,
        free=True,
    )
    gradient_norm_bound: float = knob(
        100.0, "Norm of a player's gradient above which a warning comes.", above=0.0, free=True
    )

    export: bool = knob(
        True,
        "Write SavedModel, TFLite files and card at the end, scored on held-out data.",
        free=True,
    )
    export_training: bool = knob(
        False,
        "Write model.keras beside the export too, with all players and optimizers, for others to "
        "go on from with --init_from.",
        free=True,
    )
    export_examples: bool = knob(
        True,
        "Put up to 16 held-out pictures of the data beside the export, as examples.png, for the "
        "gallery to start from and to compare with.",
        free=True,
    )
    tflite: tuple[str, ...] = knob(
        ("float16",),
        "TFLite files to write, by the format of their weights.",
        choices=TFLITE_KINDS,
        free=True,
    )
    export_onnx: bool = knob(
        False,
        "Write model.onnx beside the export too, for ONNX Runtime and its like; needs pip install "
        "'tfgan_zoo[onnx]'.",
        free=True,
    )
    saved_model_weights: str = knob(
        "float32",
        "Number format in which the SavedModel stores its weights; float16 takes half of the "
        "space, and computes in float32 all the same.",
        choices=SAVED_MODEL_WEIGHTS,
        free=True,
    )

    def __post_init__(self):
        for field in dataclasses.fields(self):
            check(field.name, getattr(self, field.name), field.metadata)


def check(name, value, may):
    """Raises `ValueError` if `value` is not one that the knob may have; `may` is its metadata."""
    for part in value if isinstance(value, tuple | list) else (value,):
        wrong = fault(part, may)
        if wrong:
            raise ValueError(f"--{name}={part} {wrong}.")


def fault(value, may):
    """What is wrong with a value, as the end of a sentence; None where a knob may have it.

    Args:
        value: of the knob, or of one of its parts; None, of a knob that is not set, may always be.
        may: mapping with any of `choices`, `low`, `high`, `above`, `below`, as for `knob`. Numbers
            are finite in any case, and integers at most `LARGEST`.
    """
    if value is None:
        return None
    choices = may.get("choices")
    if choices and value not in choices:
        return f"cannot be: choose from {', '.join(map(str, choices))}"
    tests = {
        "at least": ("low", lambda bound: value >= bound),
        "above": ("above", lambda bound: value > bound),
        "at most": ("high", lambda bound: value <= bound),
        "below": ("below", lambda bound: value < bound),
    }
    bounds = {
        f"{words} {may[name]}": holds(may[name])
        for words, (name, holds) in tests.items()
        if may.get(name) is not None and is_number(value)
    }
    bounded = may.get("low") is not None or may.get("above") is not None
    finite = is_number(value) and math.isfinite(value)
    if not finite and (bounded or is_number(value)):
        return f"must be a number{''.join(f', {words}' for words in bounds)}"
    if not all(bounds.values()):
        return f"must be {' and '.join(bounds)}"
    if isinstance(value, int) and value > LARGEST:
        return f"must be at most {LARGEST}"
    return None


def is_number(value):
    """Whether it is an integer or a float, NaN among them; True and False are none."""
    return isinstance(value, int | float) and not isinstance(value, bool)
