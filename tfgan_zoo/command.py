"""What every command does around its work: reads its words, answers --help, ends in one sentence.

Imports nothing that is slow.
"""

import contextlib
import signal
import sys
import textwrap
import threading

from absl import flags

from tfgan_zoo import command_line

HELP = {"--help", "-help", "-h", "--helpfull", "--helpshort"}
INTERRUPTED = 130  # exit status of a program that Ctrl-C ended


class UsageError(ValueError):
    """A command line that says too little or too much; the message says what to do."""


def run(main, about, values=flags.FLAGS):
    """Runs a command whose flags are absl's.

    Args:
        main: the words that are no flags, with the program's name -> None.
        about: what `--help` says before the flags; the module's docstring.
        values: absl `FlagValues`.
    """
    words = sys.argv[1:]
    if HELP & set(words):
        print(f"{about.strip()}\n\nFlags:\n{listed(values)}")
        return
    try:
        rest = read(values, sys.argv[0], words)
        with interruptible("Interrupted; nothing was written."):
            main(rest)
    except (flags.Error, UsageError) as error:
        print(f"error: {error} (--help lists all flags.)", file=sys.stderr)
        sys.exit(2)


def read(values, program, words):
    """Reads a command line into `values`; returns the words that are no flags, with the program's
    name. Raises `absl.flags.Error`, with the line of a flagfile where it is one's.
    """
    command_line.check_words(words)
    words, places = command_line.expanded(words)
    try:
        return values([program, *words])
    except flags.Error as error:
        raise flags.Error(command_line.placed(error, places)) from error


def listed(values):
    """The flags that a command itself defines, with their help and defaults."""
    lines = []
    for module, own in sorted(values.flags_by_module_dict().items()):
        if module.startswith("absl"):
            continue
        for flag in own:
            lines.append(f"  --{'[no]' if flag.boolean else ''}{flag.name}:")
            default = "" if flag.default in (None, "", []) else f" Default {flag.default_as_str}."
            text = " ".join(f"{flag.help}{default}".split())  # absl adds words behind spaces
            lines.extend(textwrap.wrap(text, 92, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines)


@contextlib.contextmanager
def interruptible(sentence):
    """Within the block, Ctrl-C ends the program with a sentence, wherever it comes.

    A library that it falls into may turn it into an error of its own.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    pressed = []

    def press(number, frame):
        pressed.append(number)
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGINT, press)
    try:
        yield
    except BaseException:
        if not pressed:
            raise
        print(f"\n{sentence}", file=sys.stderr)
        sys.exit(INTERRUPTED)
    finally:
        signal.signal(signal.SIGINT, before)
