"""Sends damaged picture files of every format to an export and counts how often its process dies.

python -m tests.benchmarks.fuzz_encoded --model=saved_models/pix2pix/1 --files=20000

The export is served by a process of its own, which is started again after each death; the files
that killed it are kept in --keep. It exits with 1 if there was any.
"""

import argparse
import pathlib
import subprocess
import sys
import time

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
# Bytes that lengths, counts and flags are made of.
_BOUNDS = (0, 1, 2, 0x7F, 0x80, 0xFE, 0xFF)


def mutated(count: int, seed: int = 0):
    """Yields `count` files: whole ones of every kind, each damaged in one to four ways."""
    from tests.export import picture_kinds

    chance = np.random.default_rng(seed)
    whole = list(picture_kinds.kinds().values())
    for number in range(count):
        content = bytearray(whole[number % len(whole)])
        for _ in range(chance.integers(1, 5)):
            content = _WAYS[chance.integers(len(_WAYS))](content, whole, chance)
        yield bytes(content)


def _flip(content, whole, chance):
    for _ in range(chance.integers(1, 9)):
        if content:
            content[chance.integers(len(content))] ^= 1 << chance.integers(8)
    return content


def _header(content, whole, chance):
    """A byte among the first hundred, where sizes and kinds stand."""
    if content:
        content[chance.integers(min(len(content), 100))] = _BOUNDS[chance.integers(len(_BOUNDS))]
    return content


def _cut(content, whole, chance):
    return content[: chance.integers(len(content) + 1)]


def _leave_out(content, whole, chance):
    start = chance.integers(len(content) + 1)
    return content[:start] + content[start + chance.integers(1, 65) :]


def _repeat(content, whole, chance):
    start = chance.integers(len(content) + 1)
    return content[:start] + content[start : start + chance.integers(1, 200)] + content[start:]


def _splice(content, whole, chance):
    """The beginning of one file and the end of another."""
    other = whole[chance.integers(len(whole))]
    return content[: chance.integers(len(content) + 1)] + other[chance.integers(len(other)) :]


def _mended(content, whole, chance):
    """A PNG whose checksums are right again, so that the damage reaches further."""
    import struct
    import zlib

    place = 8
    while content[:4] == b"\x89PNG" and place + 12 <= len(content):
        (length,) = struct.unpack_from(">I", content, place)
        end = place + 8 + length
        if end + 4 > len(content):
            break
        content[end : end + 4] = struct.pack(">I", zlib.crc32(content[place + 4 : end]))
        place = end + 4
    return content


_WAYS = (_flip, _flip, _header, _header, _cut, _leave_out, _repeat, _splice, _mended, _mended)


def serve(model: str):
    """Answers each file of standard input, behind its length, with a letter: drawn or refused."""
    import tensorflow as tf

    loaded = tf.saved_model.load(model)
    encoded = loaded.signatures["encoded"]
    print("ready", flush=True)
    while length := sys.stdin.buffer.read(4):
        content = sys.stdin.buffer.read(int.from_bytes(length, "little"))
        try:
            encoded(image_bytes=tf.constant([content]))
            answer = "d"
        except tf.errors.InvalidArgumentError:
            answer = "r"
        sys.stdout.write(answer)
        sys.stdout.flush()


class Server:
    """The process that serves."""

    def __init__(self, model):
        self._run = subprocess.Popen(
            [sys.executable, "-m", "tests.benchmarks.fuzz_encoded", f"--serve={model}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            cwd=ROOT,
        )
        while b"ready" not in (line := self._run.stdout.readline()):
            if not line:
                raise RuntimeError(f"{model} cannot be served.")

    def ask(self, content) -> str | None:
        """The letter of the answer, or None where the process died of it."""
        try:
            self._run.stdin.write(len(content).to_bytes(4, "little") + content)
            self._run.stdin.flush()
        except BrokenPipeError:
            return None
        return self._run.stdout.read(1).decode() or None

    def end(self):
        self._run.stdin.close()
        self._run.wait()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--model", default="saved_models/pix2pix/1", help="A SavedModel's folder.")
    parser.add_argument("--files", type=int, default=20000, help="How many are sent.")
    parser.add_argument("--seed", type=int, default=0, help="Of the damages.")
    parser.add_argument("--keep", type=pathlib.Path, help="Folder for the files that killed it.")
    parser.add_argument("--serve", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.serve:
        serve(arguments.serve)
        return
    began, answers, deaths = time.monotonic(), {"d": 0, "r": 0}, 0
    server = Server(arguments.model)
    for number, content in enumerate(mutated(arguments.files, arguments.seed)):
        answer = server.ask(content)
        if answer:
            answers[answer] += 1
            continue
        deaths += 1
        print(f"file {number} of {len(content)} bytes killed the process", flush=True)
        if arguments.keep:
            arguments.keep.mkdir(parents=True, exist_ok=True)
            (arguments.keep / f"{number}.bin").write_bytes(content)
        server = Server(arguments.model)
    server.end()
    print(
        f"{arguments.files} files: {answers['d']} drawn, {answers['r']} refused, {deaths} deaths, "
        f"in {time.monotonic() - began:.0f} s"
    )
    sys.exit(1 if deaths else 0)


if __name__ == "__main__":
    main()
