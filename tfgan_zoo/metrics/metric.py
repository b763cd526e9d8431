"""What a metric of the scoring command is, what it takes and what it gives."""

import dataclasses
from collections.abc import Callable

import numpy as np


@dataclasses.dataclass(frozen=True)
class Score:
    """One number.

    Attributes:
        key: one word, for programs, such as `frechet_distance`.
        label: what a table calls it; it names the extractor that it depends on.
        value: a finite number, or None where there is none, which a caveat then explains.
        estimator: which formula, with its settings.
        better: `lower`, `higher`, `0.5` (the ideal), `real` (that of real pictures is the ideal),
            or `neither`, of a spread.
        caveats: sentences.
    """

    key: str
    label: str
    value: float | None
    estimator: str
    better: str
    caveats: tuple[str, ...] = ()


def setting(default, help, lower, upper=None):
    """A field of a metric's settings, an integer, which is a flag of the scoring command too.

    Args:
        default: its value if nothing is said.
        help: a phrase that a stranger understands, with the unit.
        lower, upper: bounds, both allowed; None bounds nothing.
    """
    return dataclasses.field(
        default=default, metadata={"help": help, "lower": lower, "upper": upper}
    )


@dataclasses.dataclass(frozen=True)
class NoSettings:
    """What a metric takes that needs nothing beside the pictures."""


@dataclasses.dataclass(frozen=True)
class Seeded:
    """What a metric takes that draws at random."""

    seed: int = setting(
        0,
        "Of the latents, of the choice where only some pictures are taken, and of estimators.",
        0,
        2**31 - 1,
    )


@dataclasses.dataclass(frozen=True)
class Metric:
    """A name of `--metrics`.

    Attributes:
        name: as users type it.
        summary: a line for `--list_metrics`.
        compute: (real, fake, train, extractor name, settings) -> list of `Score`, of `suite.Side`s
            and an instance of `settings`; `train` is None unless needed.
        needs: of `moments`, `features`, `probabilities`, `pictures`.
        settings: dataclass of what it takes beside the pictures, each field a `setting`. Metrics
            whose settings share a name share the setting.
        needs_real: whether it looks at the real pictures.
        needs_train: whether it needs the training pictures too.
        smallest: (settings, K of the extractor) -> pictures that each side must have.
        lowered: how a user lowers that, if it can be.
        side: settings -> pixels that the shorter side of the pictures must have.
        largest: pictures that it refuses to exceed, and what to take instead.
        equal: whether both sides must have as many.
        paired: whether picture i is compared with picture i.
    """

    name: str
    summary: str
    compute: Callable
    needs: tuple[str, ...]
    settings: type = NoSettings
    needs_real: bool = True
    needs_train: bool = False
    smallest: Callable = lambda settings, classes: 2
    lowered: str | None = None
    side: Callable = lambda settings: 1
    largest: tuple[int, str] | None = None
    equal: bool = False
    paired: bool = False


def mean_over_pairs(key, label, values, estimator, better):
    """The `Score` of the mean of `values [N]`, one of each pair; without a value where one is
    infinite, since a picture equals the truth.
    """
    finite = np.isfinite(values)
    caveats = ()
    if not finite.all():
        caveats = (f"{(~finite).sum()} pictures equal the truth: their value is infinite.",)
    value = float(values.mean()) if finite.all() else None
    return Score(key, label, value, f"mean over {len(values)} pairs; {estimator}", better, caveats)
