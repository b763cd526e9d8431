"""What a card tells of a command line: all of it, but for the places of one machine.

A place stands under the name of its flag, `--data=DATA`, and a flag has one form, `--name=value`,
however it was given.
"""

import os
import pathlib
import shlex

# Folders of one machine: no card names them.
PRIVATE = ("run_dir", "export_dir", "data_dir", "cache_dir", "init_from", "generated")
# What may be a place, or something built in.
PERHAPS = ("data", "beside", "extractor", "features", "benchmarks")
FLAGFILES = pathlib.Path(__file__).parent / "flagfiles"


def command(name, arguments, knobs):
    """The command line for the card.

    Args:
        name: of the trainer's module.
        arguments: the words that it was given, such as absl takes.
        knobs: `flags.Knob`s of the trainer.
    """
    kinds = {item.name: item.kind for item in knobs}
    names = {item.name: item.alias or item.name for item in knobs}
    words, left = ["python", "-m", f"trainers.{name}"], list(arguments)
    while left:
        flag, separator, text = left.pop(0).lstrip("-").partition("=")
        if not separator:
            switch = flag if flag in kinds else flag.removeprefix("no")
            if kinds.get(switch) == "bool":
                words.append(f"--{flag}")
                continue
            text = left.pop(0)
        told = flagfile(text) if flag == "flagfile" else value(names.get(flag, flag), text)
        words.append(f"--{flag}={told}")
    return shlex.join(words)


def flagfile(text):
    """A flagfile of the zoo by its path there; of another its flags are listed beside anyway."""
    path = pathlib.Path(text).expanduser().resolve()
    if path.parent == FLAGFILES.resolve() and path.is_file():
        return f"trainers/flagfiles/{path.name}"
    return "FLAGFILE"


def value(name, given):
    """The value of a flag without the places in it.

    Args:
        name: of the flag.
        given: its value; what is no text names no place.
    """
    if isinstance(given, list) and name in PERHAPS:
        return value(name, ",".join(given)).split(",")
    if not isinstance(given, str):
        return given
    if name not in PERHAPS:
        return name.upper() if name in PRIVATE or given.startswith(("/", "~")) else given
    pieces = [piece.strip() for piece in given.split(",")]
    if not any(map(_is_place, (given, *pieces))):
        return given
    if os.path.exists(given) or len(pieces) != 2:
        return name.upper()
    told = zip("AB", pieces, strict=True)
    return ",".join(f"{name.upper()}_{end}" if _is_place(p) else p for end, p in told)


def _is_place(text):
    """Whether it names a folder or file, there or not."""
    text = text.removeprefix("stacked:").removeprefix("coloured:")
    if os.path.exists(text) or text.startswith(("/", "~", ".")):
        return True
    return os.sep in text and ":" not in text.split(os.sep)[0]  # unlike tfds:NAME/CONFIG
