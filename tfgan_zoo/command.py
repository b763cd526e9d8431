"""What every command does around its work: reads its words, answers --help, ends in one sentence.

Imports nothing that is slow.
"""

import contextlib
import pathlib
import signal
import sys
import textwrap
import threading

from absl import flags

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
        rest = values([sys.argv[0], *expanded(words)])
        with interruptible("Interrupted; nothing was written."):
            main(rest)
    except (flags.Error, UsageError) as error:
        print(f"error: {error} (--help lists all flags.)", file=sys.stderr)
        sys.exit(2)


def listed(values):
    """The flags that a command itself defines, with their help and defaults."""
    lines = []
    for module, own in sorted(values.flags_by_module_dict().items()):
        if module.startswith("absl"):
            continue
        for flag in own:
            lines.append(f"  --{'[no]' if flag.boolean else ''}{flag.name}:")
            default = "" if flag.default in (None, "", []) else f" Default {flag.default_as_str}."
            text = f"{flag.help}{default}"
            lines.extend(textwrap.wrap(text, 92, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines)


def expanded(words, inside=()):
    """The words of a command line, with those of each --flagfile in its place.

    A flagfile that another one names lies beside that one, or where the command runs. It is UTF-8,
    with or without a mark; blank lines and those that begin with # or // say nothing.

    Args:
        words: of a command line, or of a flagfile.
        inside: the flagfiles that these words stand in, the innermost last.

    Raises:
        absl.flags.Error: for a file that cannot be read, or that names itself.
    """
    found, left = [], list(words)
    while left:
        word = left.pop(0)
        if word == "--":
            return [*found, word, *left]
        name, separator, path = word.partition("=")
        if name not in ("--flagfile", "-flagfile"):
            found.append(word)
            continue
        if not separator:
            if not left:
                raise flags.Error("--flagfile names no file.")
            path = left.pop(0)
        file = _place(path.strip(), inside)
        found += expanded(_lines(file), (*inside, file))
    return found


def _place(path, inside):
    """The flagfile that `path` names."""
    here = pathlib.Path(path).expanduser()
    beside = [inside[-1].parent / here] if inside else []
    for file in (*beside, here):
        if file.exists():
            if file.resolve() in [other.resolve() for other in inside]:
                raise flags.Error(f"The flagfile {file} names itself.")
            return file
    named = f", which {inside[-1]} names," if inside else ""
    raise flags.Error(f"--flagfile={path}{named} does not exist.")


def _lines(file):
    """The words of a flagfile, one a line."""
    try:
        content = file.read_bytes()
    except OSError as error:
        raise flags.Error(f"The flagfile {file} cannot be read: {error.strerror}.") from error
    lines = []
    for number, line in enumerate(content.removeprefix(b"\xef\xbb\xbf").split(b"\n"), 1):
        try:
            lines.append(line.decode("utf-8").strip())
        except UnicodeDecodeError as error:
            raise flags.Error(
                f"The flagfile {file} is no UTF-8 text in line {number}: save it as UTF-8."
            ) from error
    return [line for line in lines if line and not line.startswith(("#", "//"))]


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
