"""The mode-collapse laboratory: cells of (world, remedy, seed), each with a folder of its own.

::

    RUN/<world>/<remedy>/tune_<n>/   a run directory; of a finished cell result.json, samples.npy
    RUN/<world>/<remedy>/<seed>/     the same, under the setting that the tuning chose
    RUN/table.md  grid.png  index.html  results.json       of what is finished

First each arm is tried at its settings, as many for each (`remedies`), on one seed that the table
has not; then it runs under the one with the greatest overlap on the seeds of the table. A cell goes
on where it stopped, and a finished one is not run again. Processes that work in one folder share
its cells: each holds a lock on the cell that it runs, which ends with it.
"""

import contextlib
import dataclasses
import functools
import itertools
import json
import os
import pathlib
import signal
import subprocess
import sys
import time

from trainers.experiments import mode_records, mode_report, remedies
from trainers.experiments.mode_records import Cell
from trainers.program import say

VALIDATED = 2500  # samples, at most, of the scores while it trains
KEPT = 500  # points of a cell that the picture shows
MOSAIC = 25  # or pictures
PATIENCE = 2.0  # seconds between looks for tuning that another process runs


def run(run_dir, *, worlds, methods, seeds, budget, jobs, report, data_dir, download):
    """Runs the chosen cells that are not finished, then writes the report of all that are.

    Args:
        run_dir: folder of the experiment.
        worlds, methods: names; none are all.
        seeds: how many the table has: 0, 1, ...
        budget: "default" or "smoke".
        jobs: processes that run cells side by side.
        report: whether to write it.
        data_dir, download: for the digits of stacked MNIST.

    Raises:
        RunError, DataError: for what a user can mend.
    """
    from tfgan_zoo.export import places
    from tfgan_zoo.training.run_directory import usable

    # Before the processes start, each of which would say it.
    usable(places.check_name, run_dir, "--run_dir")
    usable(places.check_writable, run_dir, "--run_dir")
    folder, settings = pathlib.Path(run_dir), remedies.worlds(budget)
    cells = cells_of(chosen(worlds, settings), chosen(methods, remedies.REMEDIES), seeds, settings)
    check(folder, cells, settings)
    if jobs > 1:
        side_by_side(jobs)
    else:
        one_after_another(folder, cells, settings, data_dir, download)
    if report:
        mode_report.write(folder, settings)
        say(f"\n{(folder / 'table.md').read_text()}\nPage: {folder / 'index.html'}")


def cells_of(worlds, methods, seeds, settings):
    """The cells in the order in which they run: tuning, then the first seed of all, so that there
    is a whole table early.

    Raises:
        RunError: if the seed of tuning were among those of the table.
    """
    from tfgan_zoo.training.run_directory import RunError

    if seeds > remedies.TUNING_SEED:
        raise RunError(
            f"--seeds={seeds} would report seed {remedies.TUNING_SEED}, on which settings are "
            f"chosen; at most {remedies.TUNING_SEED}."
        )
    arms = list(itertools.product(worlds, methods))
    tuning = [
        Cell(world, remedy, remedies.TUNING_SEED, tried)
        for world, remedy in arms
        for tried in range(len(remedies.settings_of(remedy, settings[world])))
    ]
    return tuning + [Cell(*arm, seed) for seed in range(seeds) for arm in arms]


def check(folder, cells, settings):
    """Refuses a folder whose finished cells are of another protocol: they would neither be run
    again nor belong in the table.

    Raises:
        RunError: with what differs.
    """
    from tfgan_zoo.training.run_directory import RunError

    for cell in cells:
        file = place(folder, cell) / "result.json"
        if not file.exists():
            continue
        wrong = mode_records.other_terms(json.loads(file.read_text()), settings)
        if wrong:
            raise RunError(
                f"{file.parent} was finished under another protocol ({wrong}); choose another "
                "--run_dir, and keep this one for its own table."
            )


def chosen(names, known):
    """`names`, or all that are known.

    Raises:
        RunError: for one that is not known.
    """
    from tfgan_zoo.training.run_directory import RunError

    for name in names:
        if name not in known:
            raise RunError(f"There is no '{name}'; choose from {', '.join(known)}.")
    return list(names or known)


def place(folder, cell):
    """The cell's folder."""
    return folder / cell.folder


def side_by_side(jobs):
    """Runs this program in `jobs` processes, which share the cells and stop with this one."""
    threads = str(max(1, (os.cpu_count() or 1) // jobs))
    environment = {"TF_NUM_INTRAOP_THREADS": threads, "OMP_NUM_THREADS": threads, **os.environ}
    command = [*sys.orig_argv, "--jobs=1", "--noreport"]
    workers = [subprocess.Popen(command, env=environment) for _ in range(jobs)]

    def stop(number, frame):
        for worker in workers:
            worker.send_signal(signal.SIGTERM)

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    failed = [worker.wait() for worker in workers]
    for number, handler in before.items():
        signal.signal(number, handler)
    if any(failed):
        sys.exit(max(map(abs, failed)))


def one_after_another(folder, cells, settings, data_dir, download):
    """Runs the cells that are not finished and that no other process runs. One whose tuning another
    process still runs is waited for.
    """
    # What a world lacks is said before the first cell runs.
    for name in {cell.world for cell in cells}:
        open_world(settings[name], data_dir, download)
    seconds, left = [], cells
    while left:
        waiting, busy = [], False
        for cell in left:
            setting = setting_of(folder, cell, settings)
            if setting is None:
                waiting.append(cell)
                continue
            began = time.monotonic()
            with held(place(folder, cell)) as own:
                if own is None or (own / "result.json").exists():
                    continue
                busy = True
                result = run_cell(own, cell, settings[cell.world], setting, data_dir, download)
            if result is None:
                say("Stopped; the same command goes on from the last checkpoint.")
                return
            seconds.append(time.monotonic() - began)
            say_progress(folder, cells, cell, result, seconds)
        left = waiting and [cell for cell in cells if not finished(folder, cell)]
        if left and not busy:
            time.sleep(PATIENCE)


@contextlib.contextmanager
def held(own):
    """The cell's folder, locked within the block; None if another process runs the cell."""
    import fcntl

    own.mkdir(parents=True, exist_ok=True)
    with (own / "cell.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            own = None
        yield own


def finished(folder, cell):
    """Whether the cell has its result."""
    return (place(folder, cell) / "result.json").exists()


def setting_of(folder, cell, settings):
    """What the cell runs with: the setting that is tried, or the one that the tuning chose; None as
    long as that is not finished.
    """
    world = settings[cell.world]
    tries = remedies.settings_of(cell.remedy, world)
    if cell.tried is not None:
        return tries[cell.tried]
    own = [
        place(folder, Cell(*cell[:2], remedies.TUNING_SEED, tried)) / "result.json"
        for tried in range(len(tries))
    ]
    tuning = [json.loads(file.read_text()) for file in own if file.exists()]
    return mode_records.choice(tuning, cell.remedy, world, cell.world)


def say_progress(folder, cells, cell, result, seconds):
    """A line for a finished cell: what it found, how many are left, and for how long."""
    from tfgan_zoo.training.callbacks import clock

    left = sum(not finished(folder, other) for other in cells)
    mean = sum(seconds) / len(seconds)
    say(
        f"{cell.folder.as_posix()}: {mode_report.sentence(result)}, {clock(seconds[-1])}. "
        f"{left} of {len(cells)} cells left, {clock(left * mean)} of one process's work."
    )


def run_cell(own, cell, world, setting, data_dir, download):
    """Trains one arm on one world, from where it stopped.

    Args:
        own: the cell's folder.
        cell: `Cell`.
        world: `remedies.World`.
        setting: of `remedies.settings_of`.
        data_dir, download: as for `run`.

    Returns:
        What is in result.json, or None if a signal stopped it. A run whose numbers are not finite
        any more is a result too, with the key `failed`.
    """
    import keras
    import numpy as np

    from tfgan_zoo.training.run import run
    from tfgan_zoo.training.run_directory import Diverged, RunDirectory, write_atomically
    from tfgan_zoo.training.settings import Settings

    steps = remedies.training_steps(world, setting)
    batch_size = world.batch_size * remedies.shares_of_a_step(setting)
    every = steps // world.validations
    settings = Settings(
        run_dir=str(own),
        steps=steps,
        batch_size=batch_size,
        seed=cell.seed,
        log_every=every,
        validate_every=every,
        checkpoint_every=every,
        keep_checkpoints=1,
        export=False,
    )

    examples, measure = open_world(world, data_dir, download)
    processor, codes = mode_records.Processor(own / "processor.json"), codes_of(own)
    keras.backend.clear_session()
    keras.utils.set_random_seed(cell.seed)
    shape = examples.fields["images"].shape
    model = remedies.build(cell.remedy, world, shape, cell.seed, setting)
    began, failed = time.monotonic(), {}
    # Beside others a bar would be unreadable; the log holds it.
    with (own / "log.txt").open("a") as log, contextlib.redirect_stderr(log):
        try:
            outcome = run(
                task_of(world, examples, measure, processor),
                model,
                settings,
                origin=origin_of(cell, world, setting),
                say=functools.partial(print, file=log),
            )
        except Diverged as error:
            failed = {"failed": str(error)}
    processor.keep()
    # The engine has added the seconds of a run that it brought to an end.
    seconds = RunDirectory(own).add_seconds(time.monotonic() - began if failed else 0.0)
    if not failed and outcome.stopped_at is not None:
        return None
    result = {
        **cell._asdict(),
        "setting": setting,
        "terms": remedies.terms_of(cell.remedy, world),
        "code": codes,
        "steps": int(model.step),
        "real_examples": int(model.step) * batch_size,
        "updates": remedies.updates(model),
        "parameters": remedies.parameters(model),
        "seconds": round(seconds),
        "processor_seconds": round(processor.seconds, 1),
        **failed,
    }
    if not failed:
        samples = draw(model, world.drawn)
        result |= measure(samples)
        kept = KEPT if world.nets == "points" else MOSAIC
        np.save(own / "samples.npy", in_units_of_the_world(samples[:kept], world))
    write_atomically(own / "result.json", json.dumps(result, indent=2, sort_keys=True) + "\n")
    return result


def codes_of(own):
    """What code the cell has run by, the code of now included, and writes it down."""
    from tfgan_zoo.training.run_directory import write_atomically

    file = own / "code.json"
    before = json.loads(file.read_text()) if file.exists() else []
    codes = list(dict.fromkeys([*before, mode_records.code()]))
    write_atomically(file, json.dumps(codes) + "\n")
    return codes


def task_of(world, examples, measure, processor):
    """The `Task` of a world's cells: modes are counted, nothing is drawn or exported.

    Args:
        world: `remedies.World`.
        examples, measure: of `open_world`.
        processor: `mode_records.Processor`, which counts no measuring.
    """
    import numpy as np

    from tfgan_zoo.training.run_directory import Diverged
    from tfgan_zoo.training.task import Splits, Task, Validation

    def validation(model, splits):
        def measured(model):
            processor.keep()
            with processor.paused():
                samples = draw(model, min(world.drawn, VALIDATED))
                if not np.isfinite(samples).all():
                    raise Diverged(f"Step {int(model.step)} draws numbers that are not finite.")
                return measure(samples)

        return Validation(measured)

    return Task(
        open=lambda directory: Splits(examples),
        validation=validation,
        unit="points" if world.nets == "points" else "images",
    )


def origin_of(cell, world, setting):
    """What is recorded of a cell, so that it is not gone on with under other settings."""
    from tfgan_zoo.training.exporting import Origin

    settings = dataclasses.asdict(world) | cell._asdict() | setting
    fields = dataclasses.fields(world)
    return Origin(
        flags={key: f"--{key}={value}" for key, value in settings.items()},
        command="",
        values=settings,
        at_default=tuple(f.name for f in fields if f.default == settings[f.name]),
    )


def draw(model, count):
    """float32 `[count, ...]` from fixed latents, as the nets see examples."""
    import numpy as np

    latents = model.prior.sample(count, seed=[0, 2])
    return np.concatenate([model(latents[i : i + 512]) for i in range(0, count, 512)])


def in_units_of_the_world(samples, world):
    """What the nets drew as points of the world; pictures as they are."""
    return samples * world.unit + world.origin if world.nets == "points" else samples


@functools.cache
def open_world(world, data_dir, download):
    """(training examples as the nets see them, samples -> their scores by name)."""
    from tfgan_zoo.data import sources, worlds
    from tfgan_zoo.data.examples import Examples
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.kinds.image import to_uint8
    from tfgan_zoo.metrics import extractors, modes

    if world.nets == "points":
        truth, table = worlds.find(world.data), worlds.open_points(world.data, "train")
        points = (table.fetch(range(len(table)))["points"] - world.origin) / world.unit
        kinds = {"images": table.fields["points"]}  # the name under which models take them
        examples = Examples.from_arrays({"images": points}, kinds, table.names, table.info)

        def measure(samples):
            points = in_units_of_the_world(samples, world)
            found = modes.mode_coverage(points, truth.centres, truth.stds, weights=truth.weights)
            found["overlap"] = mode_records.overlap_of_points(points, truth)
            return {name: float(found[name]) for name in ("modes", "high_quality", "kl", "overlap")}

        return examples, measure

    request = Request(image_size=(28, 28), data_dir=data_dir, download=download)
    examples = sources.open_images(world.data, "train", request)
    classify = extractors.find("mnist_cnn")

    def read(samples):
        import numpy as np

        planes = np.moveaxis(to_uint8(samples), -1, 1).reshape(-1, 28, 28, 1)
        parts = [classify(planes[i : i + 500])[1] for i in range(0, len(planes), 500)]
        probabilities = np.concatenate(parts).reshape(-1, 3, 10)
        found = modes.stacked_modes(probabilities)
        found["overlap"] = mode_records.overlap_of_digits(probabilities)
        return {name: float(found[name]) for name in ("modes", "kl", "overlap")}

    return examples, read
