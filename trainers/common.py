"""The flags that every trainer has, and `run`: build, fit, evaluate, export.

TensorFlow takes seconds to import, so that nothing here imports it before the flags are parsed.
"""

import os
import re
import sys
import time

from absl import app, flags, logging

FLAGS = flags.FLAGS

flags.DEFINE_string("data", None, "Where the pictures come from; see the README's section on data.")
flags.DEFINE_string("image_size", "256", "Side of the pictures in pixels, or HEIGHTxWIDTH.")
flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets; default theirs.")
flags.DEFINE_bool("download", False, "Let TensorFlow Datasets download and prepare a set.")
flags.DEFINE_bool("skip_bad", False, "Go on without the files that cannot be used, and count them.")
flags.DEFINE_enum("cache", "memory", ["memory", "disk", "none"], "Where decoded pictures are kept.")
flags.DEFINE_string("cache_dir", None, "Folder of --cache=disk; default RUN_DIR/cache.")
flags.DEFINE_integer("validation_count", None, "Pictures held out for validation; default 5 %.")
flags.DEFINE_integer("test_count", None, "Pictures held out for the scores; default 10 %.")

flags.DEFINE_string(
    "run_dir", None, "Folder of the run; the same command goes on where it stopped."
)
flags.DEFINE_string("export_dir", None, "Folder of the exported generator; default RUN_DIR/export.")
flags.DEFINE_integer("epochs", 200, "Length of the run in passes over the training data.", 1)
flags.DEFINE_integer("steps", None, "Length of the run in steps, instead of --epochs.", 1)
flags.DEFINE_integer("batch_size", 1, "Pictures in a step, over all devices.", 1)
flags.DEFINE_integer("seed", 0, "Of the weights, the noise and the order of the data.", 0)
flags.DEFINE_bool("deterministic", False, "Same seed, same bits; slower on some devices.")
flags.DEFINE_enum(
    "precision",
    "float32",
    ["float32", "mixed_float16", "mixed_bfloat16"],
    "Number format of the layers; weights stay float32.",
)
flags.DEFINE_enum(
    "strategy",
    "one_device",
    ["one_device", "mirrored", "multi_worker"],
    "One device, all devices of this machine, or the machines of TF_CONFIG.",
)
flags.DEFINE_bool("jit_compile", False, "Compile the step with XLA.")
flags.DEFINE_integer("steps_per_execution", 1, "Steps in one call of the graph.", 1)

flags.DEFINE_float("generator_learning_rate", 2e-4, "Adam's rate for the generator.", 0.0)
flags.DEFINE_float("discriminator_learning_rate", 2e-4, "Adam's rate for the discriminator.", 0.0)
flags.DEFINE_float("beta_1", 0.5, "Adam's first momentum, for both players.", 0.0, 1.0)
flags.DEFINE_float("beta_2", 0.999, "Adam's second momentum, for both players.", 0.0, 1.0)
flags.DEFINE_float("clip_norm", None, "Bound on each player's gradient norm; default none.", 0.0)
flags.DEFINE_enum(
    "lr_schedule",
    "constant",
    ["constant", "linear", "cosine"],
    "How the learning rates go to zero, from the share --lr_decay_from of the run on.",
)
flags.DEFINE_float("lr_decay_from", 0.5, "Share of the run at which the decay starts.", 0.0, 1.0)
flags.DEFINE_float(
    "ema_decay",
    0.0,
    "Of the generator's moving average, which then is scored and exported.",
    0.0,
    1.0,
)

flags.DEFINE_integer("log_every", 100, "Steps between rows of the history.", 1)
flags.DEFINE_integer("sample_every", 1000, "Steps between picture grids.", 1)
flags.DEFINE_integer("validate_every", 1000, "Steps between validations.", 1)
flags.DEFINE_integer("checkpoint_every", 1000, "Steps between checkpoints.", 1)
flags.DEFINE_integer("keep_checkpoints", 3, "How many of the last checkpoints to keep.", 1)
flags.DEFINE_string(
    "best_metric",
    None,
    "Validation metric that selects the exported checkpoint; '-' before it: lower is better.",
)
flags.DEFINE_integer("max_skipped", 20, "Steps in a row that may be not finite.", 1)
flags.DEFINE_integer(
    "max_collapsed", 3, "Picture grids in a row whose pictures may hardly differ; then it stops.", 1
)
flags.DEFINE_float("gradient_norm_bound", 100.0, "Gradient norm above which a warning comes.", 0.0)

flags.DEFINE_bool(
    "export", True, "Write SavedModel, TFLite and card, scored on the held-out split."
)
flags.DEFINE_bool(
    "export_features",
    False,
    "Write the features of the discriminator's convolutions too, which `python -m "
    "tfgan_zoo.explore features` measures.",
)
flags.DEFINE_list("tflite", ["float16"], "TFLite files to write: any of float32, float16, int8.")

# What may change when a run goes on: nothing of it alters what is learnt.
FREE_TO_CHANGE = (
    "run_dir",
    "export_dir",
    "data_dir",
    "download",
    "cache",
    "cache_dir",
    "export",
    "export_features",
    "tflite",
    "keep_checkpoints",
    "max_skipped",
    "max_collapsed",
    "gradient_norm_bound",
    "sample_every",
    "checkpoint_every",
)


def is_size(text):
    """Whether `text` is a side in pixels, such as 256, or HEIGHTxWIDTH."""
    return bool(re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text))


def size(text):
    """'256' or '256x512' as (height, width)."""
    sides = [int(side) for side in text.split("x")]
    return (sides[0], sides[-1])


def image_size():
    """--image_size as (height, width)."""
    return size(FLAGS.image_size)


flags.register_validator(
    "image_size", is_size, "must be a side in pixels, such as 256, or HEIGHTxWIDTH"
)


@flags.validator("tflite", "takes any of float32, float16, int8")
def _are_kinds(value):
    return set(value) <= {"float32", "float16", "int8"}


def optimizer(player, total_steps):
    """The player's Adam, from the flags. `total_steps` is the length of the run."""
    from tfgan_zoo.optimizers.adam import Adam

    return Adam(
        learning_rate(player, total_steps),
        beta_1=FLAGS.beta_1,
        beta_2=FLAGS.beta_2,
        epsilon=1e-8,
        **bound_and_average(player),
        name=f"{player}_adam",
    )


def learning_rate(player, total_steps):
    """The player's rate or schedule, from the flags."""
    from tfgan_zoo.training import schedules

    base = FLAGS[f"{player}_learning_rate"].value
    return schedules.learning_rate(base, FLAGS.lr_schedule, total_steps, FLAGS.lr_decay_from)


def bound_and_average(player):
    """Of any Keras optimizer, from the flags: the gradient's bound, the generator's average."""
    ema = FLAGS.ema_decay if player == "generator" else 0.0
    return {
        "global_clipnorm": FLAGS.clip_norm,
        "use_ema": ema > 0,
        "ema_momentum": ema or 0.99,
    }


def momentum_descent(player, factor, ramp_steps):
    """The player's gradient descent of the first GANs, from the flags.

    Args:
        factor: that the rate is divided by at each step.
        ramp_steps: in which the momentum grows from 0.5 to 0.7.

    Raises:
        ValueError: for a flag that has nothing to say here.
    """
    from tfgan_zoo.optimizers.momentum import Geometric, Momentum

    for name in ("lr_schedule", "lr_decay_from", "beta_1", "beta_2"):
        if FLAGS[name].value != FLAGS[name].default:
            raise ValueError(
                f"--{name} says nothing to gradient descent with momentum, whose rate falls by "
                f"{factor} each step: leave it out."
            )
    return Momentum(
        Geometric(FLAGS[f"{player}_learning_rate"].value, factor),
        *(0.5, 0.7, ramp_steps),
        **bound_and_average(player),
        name=f"{player}_momentum",
    )


class Splits:
    """The data of a run: `train`, `test` and, where the task validates, `validation`; `Examples`
    each.
    """

    def __init__(self, train, test, validation=None):
        self.train, self.test, self.validation = train, test, validation
        self.info = train.info

    @property
    def shape(self):
        """Shape of an example: of its picture, or of its point."""
        fields = self.train.fields
        return fields["images" if "images" in fields else "points"].shape

    def channels(self, field):
        """Channels of the pictures in `field`."""
        return self.train.fields[field].shape[-1]

    def notes(self):
        """What a user should know before training starts, a line each."""
        counts = {"training": self.train, "validation": self.validation, "test": self.test}
        named = ", ".join(f"{len(v)} {name}" for name, v in counts.items() if v is not None)
        lines = [f"Data: {self.info['name']}: {named}."]
        skipped = self.info.get("skipped", 0)
        if skipped:
            lines.append(f"--skip_bad: goes on without {skipped} files that cannot be used.")
        return lines


def source_options(directory):
    """The flags that the front doors of the data room share. `directory` is the run's."""
    return {
        "data_dir": FLAGS.data_dir,
        "download": FLAGS.download,
        "skip_bad": FLAGS.skip_bad,
        "cache": FLAGS.cache,
        "cache_dir": FLAGS.cache_dir or directory.cache,
        "val_count": FLAGS.validation_count,
        "test_count": FLAGS.test_count,
        "progress": show_reading,
    }


def show_reading(done, total):
    """Counts on the terminal while the data are read."""
    if sys.stderr.isatty():
        end = "\r" if done < total else "\r\x1b[2K"
        sys.stderr.write(f"\r\x1b[2KReading the data: {done}/{total}{end}")


def values(*names):
    """Name -> value of these flags: those that a variant has arguments of the same name for."""
    return {name: FLAGS[name].value for name in names}


def compile_options():
    """The flags that `Trained.compile` takes beside the optimizers."""
    return {
        "jit_compile": FLAGS.jit_compile,
        "steps_per_execution": FLAGS.steps_per_execution,
    }


def own_flags():
    """The flag objects of this program, without absl's."""
    modules = FLAGS.flags_by_module_dict()
    ours = [m for m in modules if m == sys.argv[0] or m.startswith("trainers.")]
    return [flag for m in ours for flag in modules[m]]


def resolved_flags():
    """Name -> '--name=value' of every flag of this program, as it stands after parsing."""
    resolved = {flag.name: flag.serialize() for flag in own_flags()}
    # The length of the run is given by one of the two.
    resolved["epochs" if FLAGS.steps is not None else "steps"] = ""
    return resolved


def say(text):
    """Prints a line for the person who runs the trainer."""
    print(text, flush=True)


def start(build, task):
    """Parses the flags and calls `run`; what a user can mend ends in one sentence, not a
    traceback.
    """

    # absl shows under --help what belongs to the main module; every flag of a trainer does.
    for module, defined in FLAGS.flags_by_module_dict().items():
        if module.startswith("trainers."):
            for flag in defined:
                FLAGS.register_key_flag_for_module(sys.argv[0], flag)

    def guarded(argv):
        if len(argv) > 1:
            raise app.UsageError(
                f"Unexpected argument '{argv[1]}'; every option is a --flag=value."
            )
        if FLAGS.run_dir is None:
            raise app.UsageError(
                "--run_dir is missing: name a folder for checkpoints, samples and the export."
            )
        if FLAGS.data is None:
            raise app.UsageError(
                "--data is missing: name a built-in set (facades, digits), tfds:NAME, or a folder."
            )
        # TensorFlow reports every file that it writes and each processor feature; a user looks for
        # warnings.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        from tfgan_zoo.data.examples import DataError
        from tfgan_zoo.training.run_directory import RunError

        logging.set_verbosity(logging.WARNING)
        try:
            run(build, task)
        except (DataError, RunError) as error:
            say(f"\nerror: {error}")
            sys.exit(2)

    app.run(guarded)


def run(build, task):
    """Trains what `build` makes, then scores and exports it.

    Args:
        build: (data, total_steps) -> compiled `Trained`; called under the strategy's scope.
        task: a module of `trainers.tasks`, which knows the data, grids, scores and exports of its
            kind of model.
    """
    import keras
    import tensorflow as tf

    from tfgan_zoo.data import pipeline
    from tfgan_zoo.training import plots
    from tfgan_zoo.training import strategy as strategies
    from tfgan_zoo.training.ema import averaged_weights
    from tfgan_zoo.training.fit import fit
    from tfgan_zoo.training.run_directory import RunDirectory, RunError
    from trainers.tasks import features

    strategy = strategies.strategy(FLAGS.strategy)
    replicas = strategy.num_replicas_in_sync
    if FLAGS.batch_size % replicas:
        raise RunError(
            f"--batch_size={FLAGS.batch_size} is split over {replicas} devices; choose a multiple "
            f"of {replicas}."
        )
    chief = strategies.is_chief(strategy)
    directory = RunDirectory(FLAGS.run_dir)
    free = FREE_TO_CHANGE + (("steps", "epochs") if FLAGS.lr_schedule == "constant" else ())
    if chief:
        if not any(directory.checkpoints.glob("ckpt-*")):
            # Nothing was learnt under the old settings, so that they bind nobody.
            directory.flags.unlink(missing_ok=True)
        at_default = [flag.name for flag in own_flags() if flag.value == flag.default]
        directory.record(resolved_flags(), free, at_default)
    strategies.set_precision(FLAGS.precision)
    keras.utils.set_random_seed(FLAGS.seed)
    if FLAGS.deterministic:
        tf.config.experimental.enable_op_determinism()

    data = task.open_data(directory)
    for note in data.notes():
        say(note)
    total = FLAGS.steps or max(1, FLAGS.epochs * len(data.train) // FLAGS.batch_size)
    try:
        with strategy.scope():
            model = build(data, total)
            if FLAGS.export_features:
                features.judge(model, data)
    except ValueError as error:  # a size or a name that the networks cannot take
        raise RunError(str(error)) from error

    # A task whose training data is no single table of examples has a stream of its own.
    train_batches = getattr(task, "train_batches", pipeline.train_batches)

    def batches(start_step):
        def stream(context=None):
            return train_batches(
                data.train,
                global_batch_size=FLAGS.batch_size,
                seed=FLAGS.seed,
                start_step=start_step,
                num_replicas=replicas,
                num_pipelines=context.num_input_pipelines if context else 1,
                pipeline_id=context.input_pipeline_id if context else 0,
                **task.augmentation(),
            )

        if replicas == 1:
            return stream()
        return strategy.distribute_datasets_from_function(stream)

    def averaged(function, *arguments):
        def with_average():
            with averaged_weights(model):
                return function(model, *arguments)

        return with_average

    try:
        validate = task.validator(data)
    except ValueError as error:  # a metric or an extractor that does not suit the data
        raise RunError(str(error)) from error
    began = time.monotonic()
    stopped = fit(
        model,
        batches,
        run=directory,
        total_steps=total,
        batch_size=FLAGS.batch_size,
        draw=averaged(task.draw, data),
        validate=validate and averaged(validate),
        best_metric=FLAGS.best_metric,
        log_every=FLAGS.log_every,
        sample_every=FLAGS.sample_every,
        validate_every=FLAGS.validate_every,
        checkpoint_every=FLAGS.checkpoint_every,
        keep_checkpoints=FLAGS.keep_checkpoints,
        max_skipped=FLAGS.max_skipped,
        max_collapsed=FLAGS.max_collapsed,
        gradient_norm_bound=FLAGS.gradient_norm_bound,
    )
    seconds = directory.add_seconds(time.monotonic() - began) if chief else None
    if chief:
        plots.of_run(directory)
    if stopped is not None:
        say(f"\nStopped at step {stopped} with a checkpoint; the same command goes on from there.")
        sys.exit(130)
    if not chief or not FLAGS.export:
        return
    if FLAGS.best_metric:
        from tfgan_zoo.training.checkpoints import Checkpointer

        step = Checkpointer(directory.checkpoints, model).restore_best()
        say(f"Exporting the checkpoint of step {step}, the best by {FLAGS.best_metric}.")
    with averaged_weights(model):
        shipped = model
        if FLAGS.precision != "float32":
            # Clients and TFLite take float32; the weights are float32 under every policy.
            strategies.set_precision("float32")
            shipped = build(data, total)
            shipped.set_weights(model.get_weights())
        if FLAGS.export_features:  # first: the card lists all files of the export
            features.export(shipped, data, directory)
        task.export(shipped, data, directory, total, seconds)
