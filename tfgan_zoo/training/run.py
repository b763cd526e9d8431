"""The engine: one run from data to export, for a trainer's flags and for a notebook alike."""

import contextlib
import dataclasses
import time

import keras
import tensorflow as tf

from tfgan_zoo.evaluate.evaluator import check_choice
from tfgan_zoo.training import changes, lock, memory, plots, same_data, starting
from tfgan_zoo.training import strategy as strategies
from tfgan_zoo.training.checkpoints import Checkpointer
from tfgan_zoo.training.ema import averaged_weights, untrained_shares
from tfgan_zoo.training.exporting import Origin, Steps, after_training, check_sources, export
from tfgan_zoo.training.fit import check_lengths, fit
from tfgan_zoo.training.run_directory import RunDirectory, RunError


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What came of a run.

    Attributes:
        model: the trained model, with its last weights, or the best ones where `best_metric` chose.
        directory: `RunDirectory`.
        stopped_at: the step at which a signal stopped the run; None if it reached its end.
    """

    model: keras.Model
    directory: RunDirectory
    stopped_at: int | None = None


def run(task, model, settings, *, origin=None, say=print):
    """Trains a model from where its run folder stands, then scores and exports it.

    Args:
        task: `task.Task`.
        model: a compiled `Trained`, or (splits, total_steps) -> one, which is then called under the
            strategy of the settings, after the seed is set.
        settings: `Settings`; `run_dir` must be given.
        origin: `exporting.Origin`, what is recorded of where the settings came from; None: they
            were given in Python.
        say: prints a line for a person.

    Returns:
        `Outcome`.

    Raises:
        RunError, data.examples.DataError: a sentence that says what to do, for what a user can
        mend.
    """
    if settings.run_dir is None:
        raise RunError("run_dir is missing: name a folder for checkpoints, samples and the export.")
    origin = origin or Origin.of_settings(settings)
    strategy = strategies.strategy(settings.strategy)
    replicas = strategy.num_replicas_in_sync
    if settings.batch_size % replicas:
        raise RunError(
            f"--batch_size={settings.batch_size} is split over {replicas} devices; choose a "
            f"multiple of {replicas}."
        )
    chief = strategies.is_chief(strategy)
    directory = RunDirectory(settings.run_dir)
    # Of the workers of one run, which share its folder, the chief writes.
    alone = lock.held(directory.path) if chief else contextlib.nullcontext()
    with alone:
        return _run(task, model, settings, origin, say, strategy, directory)


def _run(task, model, settings, origin, say, strategy, directory):
    """`run`, with the folder to itself."""
    chief = strategies.is_chief(strategy)
    if chief:
        directory.tidy()
        if not any(directory.checkpoints.glob("ckpt-*")):
            # Nothing was learnt under the old settings, so that they bind nobody.
            directory.flags.unlink(missing_ok=True)
            directory.data.unlink(missing_ok=True)
        free = (*origin.free, *(("data",) if same_data.moves(directory) else ()))
        directory.compare(origin.flags, free, origin.at_default)
    strategies.set_precision(settings.precision)
    keras.utils.set_random_seed(settings.seed)
    if settings.deterministic:
        tf.config.experimental.enable_op_determinism()

    splits = task.open(directory)
    if chief:
        same_data.check(splits, directory, settings.changed_data, say)
        changed = changes.noted(directory, origin.flags)
        directory.write(origin.flags)
        for sentence in changed():
            say(sentence)
    for note in splits.notes():
        say(note)
    total = settings.steps or max(1, settings.epochs * len(splits.train) // settings.batch_size)
    build = model if callable(model) and not isinstance(model, keras.Model) else None
    try:
        if build:
            with strategy.scope(), memory.guarded():
                model = build(splits, total)
        memory.check(model, max(1, settings.batch_size // strategy.num_replicas_in_sync))
        task.check(model, splits)
        if settings.export:
            check_sources(task, model, splits)
        if not task.phases(total):
            raise RunError("The run has no steps: give one of its phases some.")
        phases = [_bound(phase, task, splits, settings, strategy) for phase in task.phases(total)]
        check_lengths(settings, phases, model.steps_per_execution)
        validation = task.validation(model, splits)
        if settings.best_metric and validation:
            check_choice(settings.best_metric, validation.better())
        origin.check()
    except ValueError as error:  # a size, a name or a metric that does not suit
        raise error if isinstance(error, RunError) else RunError(str(error)) from error
    exports = chief and settings.export
    reserve = starting.check_export(model, settings, directory) if exports else 0
    starting.weights(model, settings.init_from, directory)
    for note in untrained_shares(model, task.averaged, sum(phase.steps for phase in phases)):
        say(note)

    def averaged(function, *arguments):
        def with_averages():
            with averaged_weights(model, task.averaged):
                return function(model, *arguments)

        return with_averages

    began = time.monotonic()
    stopped = fit(
        model,
        phases,
        run=directory,
        settings=settings,
        preview=task.preview and averaged(task.preview, splits),
        validate=validation and averaged(validation.measure),
        unit=task.unit,
        reserve=reserve,
        shorter=origin.shorter(),
    )
    asked, taken = sum(phase.steps for phase in phases), int(model.step.numpy())
    with after_training("the record of its course"):
        seconds = directory.add_seconds(time.monotonic() - began) if chief else None
        if chief:
            plots.of_run(directory)
    if stopped is not None:
        say(f"\nStopped at step {stopped} with a checkpoint; the same command goes on from there.")
    elif chief and settings.export:
        if settings.best_metric:
            say(_restore_best(Checkpointer(directory.checkpoints, model), settings.best_metric))
        steps = Steps(asked, taken, int(model.step.numpy()))
        with after_training("its export"), averaged_weights(model, task.averaged):
            shipped = model
            if settings.precision != "float32":
                # Clients and TFLite take float32; the weights are float32 under every policy.
                strategies.set_precision("float32")
                shipped = (
                    build(splits, total) if build else type(model).from_config(model.get_config())
                )
                shipped.set_weights(model.get_weights())
            origin = dataclasses.replace(origin, changes=changes.told(directory))
            export(task, shipped, splits, directory, settings, origin, steps, seconds, say)
        if settings.export_training:
            with after_training("its model.keras"):
                path = starting.save(model, settings, directory)
            say(f"  for training    {path}")
    elif chief:
        say(f"This run is finished, at step {taken:,}. --noexport leaves out the export.")
    return Outcome(model, directory, stopped)


def _restore_best(checkpointer, choice):
    """Gives the model its weights of the best checkpoint, if there is one by this metric; returns
    what is said of it.
    """
    if checkpointer.best_by(choice):
        step = checkpointer.restore_best()
        return f"Exporting the checkpoint of step {step}, the best by {choice}."
    return (
        f"No validation has chosen a checkpoint by --best_metric={choice}: exporting the last "
        "weights. Longer training, by --steps or --epochs, chooses by it."
    )


def _bound(phase, task, splits, settings, strategy):
    """The phase with its batch size, and with its stream as a function of the step alone."""
    batch_size = phase.batch_size or settings.batch_size
    make = phase.batches or task.batches
    replicas = strategy.num_replicas_in_sync

    def batches(start_step):
        def stream(context=None):
            return make(
                splits.train,
                global_batch_size=batch_size,
                seed=settings.seed,
                start_step=start_step,
                num_replicas=replicas,
                num_pipelines=context.num_input_pipelines if context else 1,
                pipeline_id=context.input_pipeline_id if context else 0,
            )

        if replicas == 1:
            return stream()
        return strategy.distribute_datasets_from_function(stream)

    return dataclasses.replace(phase, batch_size=batch_size, batches=batches)
