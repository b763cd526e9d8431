"""The loop of a run: resume, its phases by `keras.Model.fit`, callbacks, checkpoints."""

import tensorflow as tf

from tfgan_zoo.data import pipeline
from tfgan_zoo.training import callbacks as step_callbacks
from tfgan_zoo.training import changes
from tfgan_zoo.training.checkpoints import Checkpointer
from tfgan_zoo.training.drawings import Samples
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.settings import Settings
from tfgan_zoo.training.strategy import is_chief


def fit(
    model,
    phases,
    *,
    run,
    settings,
    preview=None,
    validate=None,
    unit="images",
    extra_callbacks=(),
    reserve=0,
    shorter=(),
):
    """Trains `model` through its phases, going on from the run's latest checkpoint if there is one.

    Each phase ends with a row of the history, a validation, a drawing and a checkpoint.

    Args:
        model: a compiled `Trained`.
        phases: `task.Phase`s, each with its `batch_size` (global; for the rate alone) and its
            `batches`: start_step -> endless dataset of per-replica batches whose first is that of
            this step of the run (a `tf.data.Dataset`, or the strategy's distributed one).
        run: `RunDirectory`.
        settings: `Settings`; what is drawn, logged and kept when. Its length of the run and its
            batch size are not looked at.
        preview: () -> `task.Preview`; None draws nothing.
        validate: () -> metrics by name; None measures nothing.
        unit: what an example is called.
        extra_callbacks: Keras callbacks that come last.
        reserve: bytes that must be free beside the checkpoints', for what comes after.
        shorter: names of flags that make a run shorter, as for `callbacks.Progress`.

    Returns:
        The step at which a signal (Ctrl-C, SIGTERM) stopped the run, or None if it reached its end.

    Raises:
        RunError: for settings that cannot work, a disk without room (before the first step or
        later), a damaged checkpoint, or a diverged run.
    """
    total = sum(phase.steps for phase in phases)
    check_lengths(settings, phases, model.steps_per_execution)
    if settings.best_metric and not validate:
        raise RunError(
            f"--best_metric={settings.best_metric} selects by a validation, which this kind of "
            "model does not have: leave it out."
        )
    chief = is_chief(model.distribute_strategy)
    keep = settings.keep_checkpoints
    checkpointer = Checkpointer(run.checkpoints, model, keep, writes=chief)
    rates = changes.rates(model)
    start = checkpointer.restore()
    changes.set_rates(model, rates)
    if chief:
        # Kept ones, the one being written, and the best; less what an earlier process wrote.
        written = sum(path.stat().st_size for path in run.checkpoints.rglob("*") if path.is_file())
        trained = start >= total
        more = 0 if trained else max(checkpointer.size() * (keep + 2) - written, 0)
        run.require_space(more + reserve, trained)
        if settings.best_metric:
            checkpointer.mend_best(start, settings.best_metric.removeprefix("-"), run.history)
    if not start:  # a model that has trained before counts this run's steps from its beginning
        for counter in (model.step, model.skipped, model.skipped_in_a_row):
            counter.assign(0)
    if start % model.steps_per_execution:
        raise RunError(
            f"The run stopped at step {start}, which is no multiple of "
            f"--steps_per_execution={model.steps_per_execution}."
        )

    begin = 0
    for phase in phases:
        end = begin + phase.steps
        if start < end:
            # Running means of an earlier phase are not this one's.
            restored = checkpointer.means if start > begin else {}
            saving = step_callbacks.Save(start, settings.checkpoint_every, end, checkpointer)
            chain = [step_callbacks.SkipGuard(start, settings.max_skipped)]
            validating = None
            if validate:
                validating = step_callbacks.Validate(
                    *(start, settings.validate_every, end, validate, checkpointer),
                    settings.best_metric,
                )
                chain.append(validating)
            if chief:
                name = f"{phase.name}: " if len(phases) > 1 else ""
                progress = step_callbacks.Progress(
                    *(start, total, phase.batch_size, unit, name), shorter=shorter
                )
                chain += [
                    progress,
                    step_callbacks.Log(
                        *(start, settings.log_every, end, run, phase.batch_size, unit),
                        settings.gradient_norm_bound,
                        validating,
                        progress.warn,
                        begin,
                    ),
                ]
                if preview:
                    chain.append(
                        Samples(
                            *(start, settings.sample_every, end, run, preview, progress.warn),
                            settings.max_collapsed,
                            checkpointer,
                        )
                    )
            # Last, so that what the others did at a step is done when its checkpoint exists.
            chain += [
                step_callbacks.RunningMeans(start, settings.log_every, restored),
                *extra_callbacks,
                saving,
            ]
            model.take_steps_by(phase.method)
            try:
                model.fit(
                    phase.batches(start),
                    steps_per_epoch=end - start,
                    verbose=0,
                    shuffle=False,
                    callbacks=chain,
                )
            except tf.errors.OpError as error:
                cause = pipeline.failure()
                if cause is None:
                    raise
                raise RunError(
                    f"Stopped after step {int(model.step.numpy())}, because the data changed: "
                    f"{cause}. Bring it back as it was and repeat the command; it goes on from the "
                    "last checkpoint."
                ) from error
            except OSError as error:
                raise RunError(
                    f"Stopped after step {int(model.step.numpy())}, because a file could not be "
                    f"read or written: {error}. Remove the cause and repeat the command; it goes "
                    "on from the last checkpoint."
                ) from error
            finally:
                saving.restore_signals()
                model.take_steps_by("train_step")
            if saving.stopped_at is not None:
                return saving.stopped_at
            start = end
        begin = end
    return None


def check_lengths(settings: Settings, phases, steps_per_execution):
    """Raises `RunError` for an interval or a phase that an execution of several steps crosses."""
    lengths = {
        **{name: getattr(settings, name) for name in ("log_every", "sample_every")},
        **{name: getattr(settings, name) for name in ("validate_every", "checkpoint_every")},
        **({"steps": phases[0].steps} if len(phases) == 1 else {}),
    }
    for name, every in lengths.items():
        if every < 1 or every % steps_per_execution:
            raise RunError(
                f"--{name}={every} must be a positive multiple of "
                f"--steps_per_execution={steps_per_execution}."
            )
    for phase in phases:
        if phase.steps % steps_per_execution:
            raise RunError(
                f"The phase '{phase.name}' of {phase.steps} steps must be a multiple of "
                f"--steps_per_execution={steps_per_execution}."
            )
