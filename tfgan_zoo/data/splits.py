"""Which examples are train, validation and test where the data itself does not say so."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from tfgan_zoo.data.errors import DataError, IdleCount

NAMES = ("train", "validation", "test")
ALIASES = {"val": "validation", "valid": "validation", "dev": "validation"}


def canonical(split: str) -> str:
    """The split's name among `NAMES`; a name that is none of them is returned as it is."""
    return ALIASES.get(split, split)


@dataclasses.dataclass(frozen=True)
class HoldOut:
    """How many examples are kept back from training.

    A count wins over a share. A share above zero keeps back at least one example of a set of three
    or more.
    """

    val_count: int | None = None
    test_count: int | None = None
    val_share: float = 0.05
    test_share: float = 0.1

    def __post_init__(self):
        for name in ("val_count", "test_count"):
            value = getattr(self, name)
            if value is not None and value < 0:
                raise DataError(f"{name}={value}: give zero or more examples.")
        if min(self.val_share, self.test_share) < 0 or self.val_share + self.test_share >= 1:
            raise DataError(
                f"val_share={self.val_share} and test_share={self.test_share}: "
                "give shares of at least 0 that leave something for training."
            )

    def ranges(self, total: int, missing=("validation", "test")) -> dict[str, tuple[int, int]]:
        """Cuts `total` ordered examples: first train, then validation, then test at the end.

        Args:
            total: number of examples.
            missing: the splits to cut off from training.

        Returns:
            `{split: (start, stop)}` for `train` and the splits in `missing`.

        Raises:
            DataError: if nothing is left for training, or as `refuse_idle` does.
        """
        self.refuse_idle(missing)
        sizes = {
            "validation": _size(total, self.val_count, self.val_share),
            "test": _size(total, self.test_count, self.test_share),
        }
        sizes = {name: sizes[name] if name in missing else 0 for name in sizes}
        train = total - sum(sizes.values())
        if train < 1:
            raise DataError(
                f"Of {total} examples, {sizes['validation']} for validation and {sizes['test']} "
                "for test leave none for training: hold out fewer."
            )
        middle = train + sizes["validation"]
        ranges = {"train": (0, train), "validation": (train, middle), "test": (middle, total)}
        return {name: ranges[name] for name in NAMES if name == "train" or name in missing}

    def cut(self, parts: dict[str, Sequence]) -> tuple[dict[str, Sequence], str]:
        """All splits of data that has some: what is missing comes from the end of training.

        Args:
            parts: `{split: examples}`; under "" are those of data without splits.

        Returns:
            `{split: examples}` in the order of `NAMES`, and what was cut as words to append to how
            the others came about: "" where nothing was.

        Raises:
            DataError: without examples for training, and as `ranges`.
        """
        if "" in parts:
            parts = {"train": parts[""]}
        missing = [name for name in NAMES if name not in parts]
        self.refuse_idle(missing)
        if "train" in missing:
            raise DataError(
                f"The data has no split for training; it has {', '.join(parts) or 'none at all'}."
            )
        if missing:
            whole = parts["train"]
            ranges = self.ranges(len(whole), missing)
            parts = {**parts, **{name: whole[start:stop] for name, (start, stop) in ranges.items()}}
        words = f"; {' and '.join(missing)} from the end of train" if missing else ""
        return {name: parts[name] for name in NAMES}, words

    def refuse_idle(self, missing):
        """Raises `IdleCount` for a count of a split that is not cut from training.

        Args:
            missing: the splits that are.
        """
        for split, field in (("validation", "val_count"), ("test", "test_count")):
            count = getattr(self, field)
            if count and split not in missing:
                raise IdleCount(
                    f"--{split}_count={count} says nothing: the data has a {split} split of its "
                    "own, which is used whole. Leave the flag out.",
                    field,
                )


def _size(total, count, share):
    if count is not None:
        return count
    return max(int(share * total), 1 if share and total > 2 else 0)
