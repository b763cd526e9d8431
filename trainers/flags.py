"""Flags of a trainer: knobs, written down once each, as an absl `FlagValues` of its own.

A knob is an entry of the engine's `Settings`, of the data room's `Request`, of a task or of the
trainer. `Values` are the parsed flags; they remember which of them were asked for, so that one that
says nothing under the others can be refused.
"""

import dataclasses
import re
import textwrap
from typing import Any

from absl import flags

from tfgan_zoo import command_line
from tfgan_zoo.training.settings import Settings, fault
from trainers import told

# Kind of a list -> what one of its words is read as.
NUMBERS = {"ints": int, "floats": float}
# Of a request for data: what may change when a run goes on.
_FREE_OF_DATA = ("data_dir", "download", "cache", "cache_dir")


@dataclasses.dataclass(frozen=True)
class Knob:
    """One flag.

    Attributes:
        name: without the dashes.
        default: its value where it is not given.
        help: a phrase that a stranger understands alone, with its unit.
        kind: `int`, `float`, `bool`, `str`, `list` (of words between commas), `ints` and `floats`
            (such lists of numbers) or `size` (a side in pixels, or HEIGHTxWIDTH).
        low, high: the least and the greatest value of a number, or of each of a list of numbers.
        above, below: bounds that it must not reach.
        choices: what it, or each of its words, may be.
        free: whether it may change when a run goes on.
        alias: the flag that this is another name of; None where it is none.
    """

    name: str
    default: Any
    help: str
    kind: str
    low: float | None = None
    high: float | None = None
    choices: tuple | None = None
    free: bool = False
    alias: str | None = None
    above: float | None = None
    below: float | None = None

    @property
    def may(self):
        """What `settings.fault` holds a value against."""
        return {name: getattr(self, name) for name in ("low", "high", "above", "below", "choices")}


def knob(name, default, text, *, kind=None, choices=None, **bounds):
    """A `Knob` whose kind is that of its default; `kind` says it where that is None.

    Args:
        name, default, text: of the flag.
        kind, choices, bounds: as for `Knob`.
    """
    named = kind or type(default).__name__
    if isinstance(default, list | tuple):
        named = f"{type(default[0]).__name__}s" if default else "list"
        named = named if named in NUMBERS else "list"
    return Knob(name, default, text, named, choices=choices and tuple(choices), **bounds)


def alias(name, other):
    """Another name of the knob `other`."""
    return Knob(name, None, f"Another name of --{other}.", "str", alias=other)


DATA = knob(
    "data",
    None,
    "Where the data comes from: built-in data, a folder or file, tfds:NAME; the table in "
    "docs/data.md says which.",
    kind="str",
)


FEATURES = knob(
    "features",
    "random",
    "Frozen network whose maps are compared: random (its weights are drawn), vgg19 (the paper's, "
    "once Keras has its weights), or the folder export/picture_cnn of a run of "
    "trainers.picture_cnn.",
)


def of(fields, family=None):
    """The knobs of a dataclass whose fields have `help` in their metadata.

    Args:
        fields: the dataclass.
        family: of a request for data: the front door whose fields are wanted.
    """
    knobs = []
    for field in _asked_of(fields, family):
        may = field.metadata
        name = may.get("flag", field.name)
        choices = may.get("choices")
        if isinstance(choices, dict):
            choices = choices[family]
        knobs.append(
            Knob(
                name,
                field.default,
                may["help"],
                _kind(str(field.type)),
                choices=choices,
                free=bool(may.get("free")) or (family is not None and field.name in _FREE_OF_DATA),
                **{bound: may.get(bound) for bound in ("low", "high", "above", "below")},
            )
        )
    return tuple(knobs)


def _asked_of(fields, family):
    """The fields that are flags, of this family where there are families."""
    return [
        field
        for field in dataclasses.fields(fields)
        if family in (field.metadata.get("families") or (family,))
        and field.metadata.get("flag", field.name) is not None
    ]


def _kind(annotation):
    """The kind of flag for a field's type."""
    if "tuple[int" in annotation:
        return "size"
    if "tuple[" in annotation:
        return "list"
    return next((k for k in ("bool", "int", "float") if k in annotation), "str")


def with_defaults(knobs, defaults):
    """The knobs with other defaults, by name."""
    names = {item.name for item in knobs}
    unknown = sorted(set(defaults) - names)
    if unknown:
        raise ValueError(f"There is no flag --{unknown[0]} to give another default.")
    return [
        dataclasses.replace(item, default=defaults[item.name]) if item.name in defaults else item
        for item in knobs
    ]


def size(text):
    """'256' or '256x512' as (height, width)."""
    sides = [int(side) for side in text.split("x")]
    return (sides[0], sides[-1])


def is_size(text):
    """Whether it is a size as `size` reads it, or None."""
    return text is None or bool(re.fullmatch(r"[1-9]\d*(x[1-9]\d*)?", text))


def define(knobs):
    """An absl `FlagValues` with these knobs."""
    found = flags.FlagValues()
    for item in knobs:
        if item.alias is not None:
            flags.DEFINE_alias(item.name, item.alias, flag_values=found)
            continue
        own = {"flag_values": found}
        default = item.default
        if item.kind == "bool":
            flags.DEFINE_bool(item.name, default, item.help, **own)
        elif item.kind == "int":
            flags.DEFINE_integer(item.name, default, item.help, **own)
        elif item.kind == "float":
            flags.DEFINE_float(item.name, default, item.help, **own)
        elif item.kind in ("list", *NUMBERS):
            flags.DEFINE_list(item.name, list(map(str, default)), item.help, **own)
        elif item.kind == "size":
            text = default if isinstance(default, str | None) else "x".join(map(str, default))
            flags.DEFINE_string(item.name, text, item.help, **own)
            message = "must be a side in pixels, such as 256, or HEIGHTxWIDTH"
            flags.register_validator(item.name, is_size, message, flag_values=found)
        elif item.choices:
            flags.DEFINE_enum(item.name, default, list(item.choices), item.help, **own)
        else:
            flags.DEFINE_string(item.name, default, item.help, **own)
        if item.kind not in ("bool", "size"):
            _bound(item, found)
    return found


def _bound(item, found):
    """Lets a command line be refused for a value that the knob may not have."""

    def holds(value):
        listed = isinstance(value, list)
        for part in value if listed else [value]:
            try:
                wrong = fault(NUMBERS.get(item.kind, _same)(part), item.may)
            except ValueError:
                wrong = f"is no {'whole ' if item.kind == 'ints' else ''}number"
            if wrong:
                raise flags.ValidationError(f"'{part}' {wrong}" if listed else wrong)
        return True

    flags.register_validator(item.name, holds, flag_values=found)


def _same(value):
    return value


def put_homes(parsed, knobs):
    """Puts the home folder for a `~` at the beginning of a value; raises as
    `command_line.home` does.
    """
    for item in knobs:
        value = None if item.alias else parsed[item.name].value
        if isinstance(value, str):
            parsed[item.name].value = command_line.home(value, item.name)
        elif isinstance(value, list):
            parsed[item.name].value = [command_line.home(word, item.name) for word in value]


def chosen(knobs, **given):
    """`Values` without a command line, for a notebook.

    Args:
        knobs: of a task.
        given: name -> value of those that are not to have their default; --data and the engine's
            among them.

    Raises:
        ValueError: for a value that its knob may not have.
    """
    every = [DATA, *knobs, *of(Settings)]
    parsed = define(every)
    parsed(["notebook"])
    for name, value in given.items():
        parsed[name].value = value
    try:
        parsed.validate_all_flags()
    except flags.Error as error:
        raise ValueError(str(error)) from error
    return Values(every, parsed)


def usage(knobs):
    """What `--help` lists: each knob with its default, in the order of the knobs."""
    lines = []
    for item in knobs:
        default = item.default
        if isinstance(default, list | tuple):
            default = ("x" if item.kind == "size" else ",").join(map(str, default))
        said = f"; one of {', '.join(map(str, item.choices))}" if item.choices else ""
        known = "" if default in (None, "") else f" Default {str(default).lower()}{said}."
        name = f"--[no]{item.name}" if item.kind == "bool" else f"--{item.name}"
        lines.append(f"  {name}:{known if not item.help else ''}")
        text = f"{item.help}{known}"
        lines.extend(textwrap.wrap(text, 92, initial_indent=" " * 6, subsequent_indent=" " * 6))
    return "\n".join(lines)


class Values:
    """The values of a trainer's flags, by name, as attributes.

    Args:
        knobs: all of the trainer's.
        parsed: the `FlagValues` that has read a command line.
    """

    def __init__(self, knobs, parsed):
        self._knobs = {item.name: item for item in knobs if item.alias is None}
        self._parsed = parsed
        self._asked_for = set()

    def __getattr__(self, name):
        if name not in self._knobs:
            raise AttributeError(f"This trainer has no flag --{name}.")
        self._asked_for.add(name)
        value = self._parsed[name].value
        kind = self._knobs[name].kind
        if kind == "size" and value is not None:
            return size(value)
        return tuple(map(NUMBERS[kind], value)) if kind in NUMBERS else value

    def only(self, *names):
        """Name -> value of these flags."""
        return {name: getattr(self, name) for name in names}

    def heeded(self, names):
        """Those of these names that are flags which somebody has asked for."""
        return tuple(name for name in names if name in self._asked_for)

    def has(self, name):
        """Whether the trainer has this flag."""
        return name in self._knobs

    def filled(self, fields, family=None, **given):
        """The dataclass with the flags' values for those of its fields that `of` makes flags of.

        Args:
            fields, family: as for `of`.
            given: other fields.
        """
        values = {}
        for field in _asked_of(fields, family):
            name = field.metadata.get("flag", field.name)
            if name in self._knobs:
                value = getattr(self, name)
                values[field.name] = tuple(value) if isinstance(value, list) else value
        return fields(**{**values, **given})

    def check(self):
        """Raises `ValueError` for a flag that was given another value than its default and that
        nobody asked for.
        """
        idle = [
            self._parsed[name].serialize()
            for name in self._knobs
            if name not in self._asked_for
            and self._parsed[name].value != self._parsed[name].default
        ]
        if idle:
            raise ValueError(f"{', '.join(idle)} says nothing under the other flags: leave it out.")

    def lines(self):
        """Name -> '--name=value' of every flag; empty for one that is not set."""
        return {name: self._parsed[name].serialize() for name in self._knobs}

    def at_default(self):
        """Names of the flags that have their default."""
        return tuple(
            name for name in self._knobs if self._parsed[name].value == self._parsed[name].default
        )

    def free(self):
        """Names of the flags that may change when a run goes on."""
        return tuple(name for name, item in self._knobs.items() if item.free)

    def told(self):
        """Name -> value of the flags that a card lists: without the places of one machine."""
        found = {}
        for name in self._knobs.keys() - set(told.PRIVATE):
            value, default = self._parsed[name].value, self._parsed[name].default
            if value not in (None, "", []) or default not in (None, "", []):
                found[name] = told.value(name, value)
        return {name: found[name] for name in self._knobs if name in found}
