"""One training run: resume, `keras.Model.fit`, callbacks, checkpoints."""

from tfgan_zoo.training import callbacks as step_callbacks
from tfgan_zoo.training.checkpoints import Checkpointer
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.strategy import is_chief


def fit(
    model,
    batches,
    *,
    run,
    total_steps,
    batch_size,
    draw=None,
    validate=None,
    best_metric=None,
    log_every=100,
    sample_every=1000,
    validate_every=1000,
    checkpoint_every=1000,
    keep_checkpoints=3,
    max_skipped=20,
    max_collapsed=3,
    gradient_norm_bound=100.0,
    extra_callbacks=(),
):
    """Trains `model` to `total_steps`, going on from the run's latest checkpoint if there is one.

    Args:
        model: a compiled `Trained`.
        batches: start_step -> endless dataset of per-replica batches whose first is that of this
            step (a `tf.data.Dataset`, or the strategy's distributed one).
        run: `RunDirectory`.
        total_steps: of the whole run.
        batch_size: global; for the rate alone.
        draw: () -> (picture, samples, real), see `callbacks.Samples`; None draws nothing.
        validate: () -> metrics by name, see `callbacks.Validate`; None measures nothing.
        best_metric: which of them selects the best checkpoint; a leading '-' if lower is better.
        log_every, sample_every, validate_every, checkpoint_every: in steps.
        keep_checkpoints: how many of the last to keep.
        max_skipped: steps in a row that may be not finite before the run stops.
        max_collapsed: picture grids in a row whose pictures may hardly differ before it stops.
        gradient_norm_bound: above which a watchdog warns.
        extra_callbacks: Keras callbacks that come last.

    Returns:
        The step at which a signal (Ctrl-C, SIGTERM) stopped the run, or None if it reached its end.

    Raises:
        RunError: for settings that cannot work, a disk without room (before the first step or
        later), a damaged checkpoint, or a diverged run.
    """
    for name, every in (
        ("log_every", log_every),
        ("sample_every", sample_every),
        ("validate_every", validate_every),
        ("checkpoint_every", checkpoint_every),
        ("steps", total_steps),
    ):
        if every < 1 or every % model.steps_per_execution:
            raise RunError(
                f"--{name}={every} must be a positive multiple of "
                f"--steps_per_execution={model.steps_per_execution}."
            )
    if best_metric and not validate:
        raise RunError(
            f"--best_metric={best_metric} selects by a validation, which this kind of model does "
            "not have: leave it out."
        )
    chief = is_chief(model.distribute_strategy)
    checkpointer = Checkpointer(run.checkpoints, model, keep_checkpoints, writes=chief)
    if chief:
        # Kept ones, the one being written, and the best; less what an earlier process wrote.
        written = sum(path.stat().st_size for path in run.checkpoints.rglob("*") if path.is_file())
        run.require_space(checkpointer.size() * (keep_checkpoints + 2) - written)
    start = checkpointer.restore()
    if start >= total_steps:
        return None
    if start % model.steps_per_execution:
        raise RunError(
            f"The run stopped at step {start}, which is no multiple of "
            f"--steps_per_execution={model.steps_per_execution}."
        )

    saving = step_callbacks.Save(start, checkpoint_every, total_steps, checkpointer)
    chain = [step_callbacks.SkipGuard(start, max_skipped)]
    validating = None
    if validate:
        validating = step_callbacks.Validate(
            start, validate_every, total_steps, validate, checkpointer, best_metric
        )
        chain.append(validating)
    if chief:
        progress = step_callbacks.Progress(start, total_steps, batch_size)
        chain += [
            progress,
            step_callbacks.Log(
                start,
                log_every,
                total_steps,
                run,
                batch_size,
                gradient_norm_bound,
                validating,
                progress.warn,
            ),
        ]
        if draw:
            chain.append(
                step_callbacks.Samples(
                    start,
                    sample_every,
                    total_steps,
                    run,
                    draw,
                    progress.warn,
                    max_collapsed,
                    checkpointer,
                )
            )
    # Last, so that what the others did at a step is done when its checkpoint exists.
    chain += [
        step_callbacks.RunningMeans(start, log_every, checkpointer.means),
        *extra_callbacks,
        saving,
    ]
    try:
        model.fit(
            batches(start),
            steps_per_epoch=total_steps - start,
            verbose=0,
            shuffle=False,
            callbacks=chain,
        )
    except OSError as error:
        raise RunError(
            f"Stopped after step {int(model.step.numpy())}, because a file could not be read or "
            f"written: {error}. Remove the cause and repeat the command; it goes on from the last "
            "checkpoint."
        ) from error
    finally:
        saving.restore_signals()
    return saving.stopped_at
