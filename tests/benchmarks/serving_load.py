"""A server of exported generators under load: right requests and wrong ones from many clients.

python -m tests.benchmarks.serving_load --requests=10000 --clients=16 --replicas=2

It starts `python -m tfgan_zoo.serving` (pip install 'tfgan_zoo[ray]') with CGAN and pix2pix on this
computer, sends the requests, of batch sizes 1 to 8 and a fifth of them wrong, and prints rate,
latency, what became of each kind, and how the server's processes grew. Every wrong request must get
a 4xx and a sentence, a sample of the right ones is compared with what the SavedModel itself
answers, and no process may have died; else it exits with 1. Memory is read with psutil.
"""

import argparse
import collections
import dataclasses
import http.client
import itertools
import json
import pathlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

import numpy as np
import psutil

from tests.benchmarks import race, serving_cases

ROOT = pathlib.Path(__file__).resolve().parents[2]
WRONG = 0.2  # of all requests
COMPARED = 5  # one of so many right answers is compared
PATIENCE = 120  # seconds for one answer
START = 300  # seconds for the server to come up
SERVING = ("ServeReplica", "ProxyActor", "ServeController")  # Ray ends others when they are idle
TOO_LARGE = 3  # of these 64 MB, however many requests there are
# The translation takes a hundred times as long as a batch of CGAN.
SHARES = {"cgan columns": 40, "cgan rows": 20, "cgan files": 30, "cgan latents": 8}
SHARES["pix2pix files"] = 2


@dataclasses.dataclass(frozen=True)
class Outcome:
    """What became of one request: `status` None without an answer, `problem` None if all is well,
    `difference` as a part of what is allowed, None where it was not compared.
    """

    case: serving_cases.Case
    status: int | None
    seconds: float
    problem: str | None
    difference: float | None


def plan(good, wrong, count, seed=0):
    """`count` cases in the order in which they are sent."""
    chance = np.random.default_rng(seed)
    shares = np.array([SHARES[kind] for kind in good], float)
    rights, wrongs = list(good), [kind for kind in wrong if kind != "too large"]
    cases, turn = [], 0
    for _ in range(count):
        if chance.random() < WRONG:
            options = wrong[wrongs[turn % len(wrongs)]]
            turn += 1
        else:
            options = good[rights[chance.choice(len(rights), p=shares / shares.sum())]]
        cases.append(options[chance.integers(len(options))])
    for number in range(min(TOO_LARGE, count // 100)):
        cases[(number + 1) * count // (TOO_LARGE + 1)] = wrong["too large"][0]
    return cases


def drive(port, cases, clients, seconds):
    """Sends the cases from so many clients, for no longer than that; returns the outcomes."""
    end, outcomes, lock = time.monotonic() + seconds, [], threading.Lock()
    waiting = collections.deque(enumerate(cases))

    def client():
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        while time.monotonic() < end:
            with lock:
                if not waiting:
                    break
                number, case = waiting.popleft()
            outcome = ask(connection, case, number % COMPARED == 0)
            with lock:
                outcomes.append(outcome)
        connection.close()

    threads = [threading.Thread(target=client) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def ask(connection, case, compared):
    """The Outcome of one request."""
    began = time.monotonic()
    try:
        if case.body is None:
            hang_up(connection.port, case.path)
            return Outcome(case, None, time.monotonic() - began, None, None)
        connection.request(case.method, case.path, case.body)
        answer = connection.getresponse()
        content, status = answer.read(), answer.status
    except (OSError, http.client.HTTPException) as error:
        connection.close()
        problem = f"no answer: {type(error).__name__} {error}"
        return Outcome(case, None, time.monotonic() - began, problem, None)
    spent = time.monotonic() - began
    if status not in case.statuses:
        problem = f"status {status}, not {case.statuses}: {content[:200]!r}"
        return Outcome(case, status, spent, problem, None)
    try:
        if case.difference is None:
            return Outcome(case, status, spent, unlike_a_sentence(json.loads(content)), None)
        if not compared:
            return Outcome(case, status, spent, None, None)
        difference = case.difference(json.loads(content))
    except (ValueError, KeyError, TypeError) as error:
        problem = f"the answer cannot be read ({error}): {content[:200]!r}"
        return Outcome(case, status, spent, problem, None)
    problem = None if difference <= 1 else "the answer is not that of the SavedModel"
    return Outcome(case, status, spent, problem, difference)


def unlike_a_sentence(answer):
    """What is wrong with the answer to a wrong request, or None."""
    said = answer["error"]
    if (
        len(said) in range(20, 300)
        and said.endswith(".")
        and not any(mark in said for mark in ("\n", "{{", "Error", "node ", "Traceback"))
    ):
        return None
    return f"no sentence: {said!r}"


def hang_up(port, path):
    """A client that goes in the middle of its request."""
    with socket.create_connection(("127.0.0.1", port), timeout=PATIENCE) as connection:
        head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100000\r\n\r\n"
        connection.sendall(head.encode() + b'{"inputs": ')


class Server:
    """The server as a process of its own; use as a context.

    Raises RuntimeError, with what it printed last, if it does not come up.
    """

    def __init__(self, models, replicas):
        self.port = free_port()
        self._folder = tempfile.TemporaryDirectory()
        self._log = pathlib.Path(self._folder.name, "log")
        words = [f"--model={model}" for model in models]
        words += [f"--replicas={replicas}", f"--port={self.port}"]
        with self._log.open("w") as log:
            self._run = subprocess.Popen(
                [sys.executable, "-m", "tfgan_zoo.serving", *words],
                cwd=ROOT,
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.process = psutil.Process(self._run.pid)

    def __enter__(self):
        end = time.monotonic() + START
        while "Serving at" not in self.printed():
            if self._run.poll() is not None or time.monotonic() > end:
                printed = self.printed()
                self.__exit__()
                raise RuntimeError(f"The server did not come up:\n{printed[-3000:]}")
            time.sleep(1)
        return self

    def printed(self):
        return self._log.read_text(errors="replace")

    def __exit__(self, *_):
        """As Ctrl-C does; what is left after a minute is killed."""
        parts = [self.process, *self.process.children(recursive=True)] if self.alive() else []
        if parts:
            self._run.send_signal(signal.SIGINT)
        for left in psutil.wait_procs(parts, timeout=60)[1]:
            left.kill()
        self._run.wait()
        self._folder.cleanup()

    def alive(self):
        return self._run.poll() is None

    def memory(self):
        """Resident bytes of each process, by its number and role."""
        found = {}
        for process in [self.process, *self.process.children(recursive=True)]:
            try:
                role, size = process.cmdline()[0], process.memory_info().rss
            except (psutil.NoSuchProcess, IndexError):
                continue
            role = role.split(":")[2] if role.startswith("ray::") else "the rest of Ray"
            found[process.pid, role.split(".")[0]] = size
        return found


def free_port():
    with socket.socket() as place:
        place.bind(("127.0.0.1", 0))
        return place.getsockname()[1]


def table(outcomes, seconds):
    """What is printed of the outcomes."""
    right = [outcome for outcome in outcomes if outcome.case.difference]
    pictures = sum(outcome.case.examples for outcome in right if outcome.status == 200)
    lines = [
        f"{len(outcomes)} requests in {seconds:.1f} s: {len(outcomes) / seconds:.1f} requests/s, "
        f"{pictures / seconds:.1f} examples/s",
        "",
        f"{'kind':22}{'number':>8}{'50 %':>9}{'95 %':>9}{'99 %':>9} ms   answers",
    ]
    kinds = collections.defaultdict(list)
    for outcome in outcomes:
        # A client that hangs up hears nothing.
        if outcome.case.body is not None:
            kinds["all right" if outcome.case.difference else "all wrong"].append(outcome)
        kinds[outcome.case.kind].append(outcome)
    for kind, own in kinds.items():
        spent = np.percentile([1e3 * outcome.seconds for outcome in own], (50, 95, 99))
        answers = collections.Counter(outcome.status or "none" for outcome in own)
        told = ", ".join(f"{status}: {number}" for status, number in answers.items())
        lines.append(
            f"{kind:22}{len(own):8}" + "".join(f"{x:9.1f}" for x in spent) + f"      {told}"
        )
    compared = [outcome.difference for outcome in right if outcome.difference is not None]
    problems = collections.Counter(f"{o.case.kind}: {o.problem}" for o in outcomes if o.problem)
    lines += [
        "",
        f"{len(compared)} answers compared with the SavedModel's own; the largest difference is "
        f"{max(compared, default=0):.3f} of what is allowed ({serving_cases.CLOSE:g}, in files one "
        "level of 256).",
        f"{sum(problems.values())} unexpected answers.",
        *(f"  {number} x {problem}" for problem, number in problems.most_common(10)),
    ]
    return "\n".join(lines)


def growth(times):
    """What is printed of the memory of the same processes at several times."""
    roles = collections.defaultdict(list)
    for pid, role in times[-1]:
        roles[role].append([memory.get((pid, role), 0) / 1e6 for memory in times])
    lines = []
    for role, sizes in roles.items():
        totals = np.sum(sizes, axis=0)
        named = f"{len(sizes)} x {role}"
        lines.append(f"{named:28}" + "".join(f"{total:9.1f}" for total in totals))
    return "\n".join(lines)


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--cgan", default="saved_models/cgan", help="Folder called cgan.")
    parser.add_argument("--pix2pix", default="saved_models/pix2pix", help="Folder called pix2pix.")
    parser.add_argument("--requests", type=int, default=10000, help="How many are sent.")
    parser.add_argument("--clients", type=int, default=16, help="How many send at once.")
    parser.add_argument("--replicas", type=int, default=2, help="How many processes answer.")
    parser.add_argument("--seconds", type=int, default=1200, help="After which none is sent.")
    parser.add_argument("--seed", type=int, default=0, help="Of the requests.")
    options = parser.parse_args(arguments)
    good, wrong = cases(options.cgan, options.pix2pix, options.seed)
    planned = plan(good, wrong, options.requests, options.seed)
    marks = [0, len(planned) // 10, len(planned) // 2, len(planned)]
    print(f"before: {race.conditions()}", flush=True)
    with Server([options.cgan, options.pix2pix], options.replicas) as server:
        outcomes, memory = [], [server.memory()]
        began = time.monotonic()
        for start, stop in itertools.pairwise(marks):
            left = options.seconds - (time.monotonic() - began)
            outcomes += drive(server.port, planned[start:stop], options.clients, left)
            memory.append(server.memory())
        seconds = time.monotonic() - began
        after = drive(server.port, [some[0] for some in good.values()], 1, PATIENCE)
        lives = {pid for pid, _ in server.memory()}
        died = [role for pid, role in memory[0] if role in SERVING and pid not in lives]
    print(f"after:  {race.conditions()}\n\n{table(outcomes, seconds)}\n")
    print("Resident MB before the first request, after a tenth, after half, and at the end:")
    print(growth(memory))
    failed = any(outcome.problem for outcome in outcomes + after) or len(after) < len(good)
    if len(outcomes) < len(planned):
        print(f"After {options.seconds} s {len(planned) - len(outcomes)} requests were not sent.")
    if died:
        print(f"Processes that ended meanwhile: {', '.join(died)}.")
    print("FAILED" if failed or died or len(outcomes) < len(planned) else "passed")
    return 1 if failed or died or len(outcomes) < len(planned) else 0


def cases(cgan, pix2pix, seed):
    """The right and the wrong cases of two exports, each in a folder with its versions."""
    import tensorflow as tf

    from tfgan_zoo.serving import predict, versions

    models = [tf.saved_model.load(path) for path in versions.found([cgan, pix2pix]).values()]
    return serving_cases.good(*models, seed=seed), serving_cases.wrong(predict.BODY, seed)


if __name__ == "__main__":
    sys.exit(main())
