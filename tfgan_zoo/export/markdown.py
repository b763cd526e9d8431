"""Pieces of Markdown that cards are written with."""

from collections.abc import Sequence

WIDTH = 100  # of a line of Python, as the formatter has it


def block(language: str, text: str) -> str:
    """A block of code; `language` may be empty."""
    return f"```{language}\n{text}\n```"


def call(function: str, arguments: Sequence[str]) -> list[str]:
    """Lines of Python that keep what the function gives as `found`, broken where they are long."""
    line = f"found = {function}({', '.join(arguments)})"
    if len(line) <= WIDTH:
        return [line]
    inner = f"    {', '.join(arguments)}"
    broken = [inner] if len(inner) <= WIDTH else [f"    {argument}," for argument in arguments]
    return [f"found = {function}(", *broken, ")"]


def table(head: list[str], rows: list[list[str]]) -> str:
    """A table; bars within cells are escaped."""
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(c.replace('|', chr(92) + '|') for c in r)} |" for r in lines)


def number(value) -> str:
    """Four digits of a number; nothing of None."""
    return "" if value is None else f"{value:.4g}"


def duration(seconds: float) -> str:
    """A time in words: seconds below a minute, then minutes, then hours and minutes."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return f"{seconds:.0f} s"
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"
