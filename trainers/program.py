"""A program: its flags, and around what it does the words that a person reads.

Nothing here imports TensorFlow before the flags are parsed, since that takes seconds.
"""

import dataclasses
import os
import sys
from collections.abc import Callable

from absl import flags as absl_flags
from absl import logging

from tfgan_zoo import backend, command
from trainers import flags

INTERRUPTED = (
    "Interrupted. The same command goes on from the last checkpoint; where the run is trained, it "
    "begins the export again."
)


@dataclasses.dataclass(frozen=True)
class Program:
    """One command of `trainers/`.

    Attributes:
        name: of the module.
        about: what it does and its command, for `--help`; the module's docstring.
        knobs: its flags.
        needs: flag that must be given -> what a person should give it.
        act: (values, words of the command line) -> exit status; None is 0.
    """

    name: str
    about: str
    knobs: tuple
    needs: dict
    act: Callable

    def parse(self, arguments):
        """The flags' values.

        Args:
            arguments: the words of a command line, without the program's name.

        Raises:
            absl.flags.Error: for a flag that does not exist or cannot be read.
        """
        parsed = flags.define(self.knobs)
        rest = command.read(parsed, self.name, arguments)[1:]
        if rest:
            raise absl_flags.Error(
                f"Unexpected argument '{rest[0]}'; every option is a --flag=value."
            )
        flags.put_homes(parsed, self.knobs)
        return flags.Values(self.knobs, parsed)

    def main(self, arguments=None):
        """Runs the command; what a user can mend ends in one sentence, not a traceback."""
        arguments = sys.argv[1:] if arguments is None else arguments
        for stream in (sys.stdout, sys.stderr):  # names on a terminal that cannot write them
            stream.reconfigure(errors="backslashreplace")
        if command.HELP & set(arguments):
            print(f"{self.about.strip()}\n\nFlags:\n{flags.usage(self.knobs)}")
            return
        checking = "--only_check_args" in arguments
        arguments = [word for word in arguments if word != "--only_check_args"]
        try:
            values = self.parse(arguments)
        except absl_flags.Error as error:
            fail(f"{error} (--help lists all flags.)")
        if checking:
            return
        for name, wanted in self.needs.items():
            if not getattr(values, name):
                fail(f"--{name} is missing: {wanted}.")
        told = backend.complaint()
        if told:
            fail(told)
        # TensorFlow reports every file that it writes and each processor feature; a user looks for
        # warnings.
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
        from tfgan_zoo.data.errors import DataError
        from tfgan_zoo.training.run_directory import RunError

        logging.set_verbosity(logging.WARNING)
        try:
            with command.interruptible(INTERRUPTED):
                status = self.act(values, arguments)
        except (DataError, RunError) as error:
            fail(error)
        if status:
            sys.exit(status)


def say(text):
    """Prints a line for the person who runs the program."""
    print(text, flush=True)


def fail(error):
    """Ends the program with one sentence."""
    say(f"\nerror: {error}")
    sys.exit(2)
