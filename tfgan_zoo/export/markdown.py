"""Pieces of Markdown that cards are written with."""


def block(language: str, text: str) -> str:
    """A block of code; `language` may be empty."""
    return f"```{language}\n{text}\n```"


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
