"""Contenders in processes of their own that take turns, and the table of their rates.

On a shared machine the rate of an hour ago says nothing about the rate now; the ratio of two runs
that alternate every few seconds does. A process each keeps one library's threads, memory allocator
and settings out of another's measurement.
"""

import dataclasses
import importlib
import multiprocessing
import os
import statistics
import time
import typing


class Time(typing.NamedTuple):
    """Seconds: on the clock, and of all cores together. Under load the second misleads less."""

    wall: float
    cpu: float


@dataclasses.dataclass(frozen=True)
class Contender:
    """What takes part.

    Attributes:
        name: in the table.
        build: "module:function"; called with `options` in the contender's process, it returns a
            callable that does one training step and returns when the step is done.
        options: keyword arguments of the function.
        repeat: calls that make one timed step, where a single one says little.
    """

    name: str
    build: str
    options: dict
    repeat: int = 1


def now():
    """The clocks of this process."""
    return Time(time.perf_counter(), time.process_time())


def since(began, steps=1):
    """`Time` of each of `steps` steps since `now()` returned `began`."""
    return Time(*((stop - start) / steps for start, stop in zip(began, now(), strict=True)))


def race(contenders, rounds, steps, warm_up=2):
    """Time per step (the median of a turn) as `{name: [Time, one for each round]}`.

    In each round every contender has one turn of `steps` steps while the others wait; who begins
    changes from round to round.

    Raises:
        RuntimeError: if a contender fails; its traceback is on stderr.
    """
    context = multiprocessing.get_context("spawn")
    workers = {}
    try:
        for contender in contenders:
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs, contender), daemon=True)
            process.start()
            theirs.close()
            ours.send(warm_up)
            workers[contender.name] = (process, ours)
        for name in workers:
            _answer(workers, name)
        times = {name: [] for name in workers}
        names = list(workers)
        for number in range(rounds):
            for position in range(len(names)):
                name = names[(number + position) % len(names)]
                turn = _turn(workers, name, steps)
                times[name].append(Time(*map(statistics.median, zip(*turn, strict=True))))
        return times
    finally:
        for process, connection in workers.values():
            connection.close()
            process.terminate()
            process.join()


def table(times, images, reference):
    """The rates as text.

    Args:
        times: what `race` returns.
        images: in a step.
        reference: name of the contender that the others are compared with.
    """
    lines = [
        f"{'':20}{'images/s':>10}{'ms/step':>10}{'CPU ms/step':>13}"
        f"   times {reference}, median (quartiles): rate, CPU"
    ]
    for name, turns in times.items():
        wall, cpu = (statistics.median(values) for values in zip(*turns, strict=True))
        pairs = list(zip(times[reference], turns, strict=True))
        by_wall = spread([theirs.wall / ours.wall for theirs, ours in pairs])
        by_cpu = spread([theirs.cpu / ours.cpu for theirs, ours in pairs])
        lines.append(
            f"{name:20}{images / wall:10.1f}{wall * 1e3:10.1f}{cpu * 1e3:13.1f}"
            f"   {by_wall}, {by_cpu}"
        )
    return "\n".join(lines)


def spread(values):
    """'median (first quartile to third)'."""
    low = high = values[0]
    if len(values) > 1:
        low, _, high = statistics.quantiles(values, n=4, method="inclusive")
    return f"{statistics.median(values):.2f} ({low:.2f} to {high:.2f})"


def conditions():
    """One line on the machine, without which a rate means nothing."""
    one, five, _ = os.getloadavg()
    return f"{os.cpu_count()} CPUs, load {one:.1f} over 1 min, {five:.1f} over 5 min"


def _turn(workers, name, steps):
    workers[name][1].send(steps)
    return _answer(workers, name)


def _answer(workers, name):
    process, connection = workers[name]
    try:
        return connection.recv()
    except (EOFError, ConnectionError) as error:
        process.join()
        raise RuntimeError(f"The contender '{name}' failed; see above.") from error


def _serve(connection, contender):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    module, function = contender.build.split(":")
    step = getattr(importlib.import_module(module), function)(**contender.options)
    while True:
        try:
            steps = connection.recv()
        except EOFError:
            return
        times = []
        for _ in range(steps):
            began = now()
            for _ in range(contender.repeat):
                step()
            times.append(since(began, contender.repeat))
        connection.send(times)
