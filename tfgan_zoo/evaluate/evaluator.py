"""What an evaluator is, and what several of them say together.

An evaluator scores whatever answers as the interface of a model does: the model itself at a
validation, the SavedModel when it is exported, a file from the scoring command. It never asks
which.
"""

import dataclasses
import math
from collections.abc import Callable, Mapping

import numpy as np

ALIKE = 1e-9  # a spread under it is the rounding of one that is zero


@dataclasses.dataclass(frozen=True)
class Evaluator:
    """Scores of one kind, and how they are taken.

    Building one costs next to nothing: data is read and baselines are computed when they are asked
    for.

    Attributes:
        name: one word or two, for messages.
        protocol: a sentence or two that a stranger can repeat the scores by; empty where the names
            of the scores say it.
        measure: served -> floats by name. `served(**inputs)` takes the inputs of the interface by
            their names, arrays `[B, ...]`, and returns its outputs by their names, NumPy
            `[B, ...]`.
        baselines: () -> floats by name, by the name of what is scored in place of the model.
        training: True if it is asked at each validation, False if of the exported model.
        better: () -> what is better, `higher`, `lower` or `neither`, by the name of each score of
            `measure`, in its order; of those that are asked at validations, so that a checkpoint
            can be chosen by one.
        findings: () -> a sentence that the protocol ends in, where it tells something that only
            the trained model shows; empty otherwise. Asked after `measure`.
        needs: score -> what the data must have for it. Where they have not, the score is NaN or
            infinite; `taken` leaves it out and says why.
    """

    name: str
    protocol: str
    measure: Callable[[Callable], dict[str, float]]
    baselines: Callable[[], dict[str, dict[str, float]]] = dict
    training: bool = False
    better: Callable[[], dict[str, str]] = dict
    findings: Callable[[], str] = str
    needs: Mapping[str, str] = dataclasses.field(default_factory=dict)


def served_by(call):
    """`served` of a function `call(**inputs) -> tensors by name`, such as `Interface.call`."""

    def served(**inputs):
        return {name: np.asarray(value) for name, value in call(**inputs).items()}

    return served


def bound(evaluator, served):
    """The evaluator of one certain `served`, whatever it is handed: for a model with several
    interfaces, of which an evaluator scores one.
    """
    return dataclasses.replace(evaluator, measure=lambda _: evaluator.measure(served))


def at_validation(evaluators):
    """Those that are asked at each validation."""
    return [evaluator for evaluator in evaluators if evaluator.training]


def at_export(evaluators):
    """Those that are asked of the exported model."""
    return [evaluator for evaluator in evaluators if not evaluator.training]


def measure(evaluators, served):
    """The scores of all evaluators by name, in their order.

    Raises:
        ValueError: if two of them call a score by one name.
    """
    scores = {}
    for evaluator in evaluators:
        found = evaluator.measure(served)
        twice = sorted(set(found) & set(scores))
        if twice:
            raise ValueError(
                f"The evaluator {evaluator.name} gives {', '.join(twice)} once more: name the "
                "scores of two evaluators apart."
            )
        scores |= found
    return scores


def better(evaluators):
    """What is better of each score of all evaluators, by its name."""
    return {name: word for own in evaluators for name, word in own.better().items()}


def check_choice(choice, words):
    """Raises `ValueError`, in one sentence, for a score that no checkpoint can be chosen by.

    Args:
        choice: name of a score, '-' before it if lower is better.
        words: as `better` gives.
    """
    name = choice.removeprefix("-")
    signs = {"lower": "-"}
    if name not in words:
        known = ", ".join(f"{signs.get(word, '')}{name}" for name, word in words.items())
        raise ValueError(
            f"--best_metric={choice} is not measured here; choose one of {known}, with the leading "
            "'-' where lower is better."
        )
    if words[name] != "neither" and choice != f"{signs.get(words[name], '')}{name}":
        raise ValueError(
            f"--best_metric={choice} would keep the worst checkpoint, because {words[name]} is "
            f"better: give --best_metric={signs.get(words[name], '')}{name}."
        )


def baselines(evaluators):
    """The baselines of all evaluators: floats by name, by the name of what was scored."""
    found = {}
    for evaluator in evaluators:
        for name, scores in evaluator.baselines().items():
            found.setdefault(name, {}).update(scores)
    return found


def protocol(evaluators):
    """The protocols and findings of all evaluators, a paragraph."""
    sentences = [s for e in evaluators for s in (e.protocol, e.findings())]
    return " ".join(sentence.strip() for sentence in sentences if sentence.strip())


def taken(evaluators, served):
    """What several evaluators say of an exported model, in finite numbers.

    A score that the data are too few or too much alike for is left out, and the protocol ends in a
    sentence on it.

    Returns:
        (scores of the model, scores of the baselines by their names, protocol).
    """
    rows = {"the model": measure(evaluators, served), **baselines(evaluators)}
    finite, lost = {}, {}
    for row, scores in rows.items():
        finite[row] = {name: value for name, value in scores.items() if math.isfinite(value)}
        for name in scores:
            if name not in finite[row]:
                lost.setdefault(name, []).append(row)
    needs = {name: need for evaluator in evaluators for name, need in evaluator.needs.items()}
    reasons = {}
    for name, without in lost.items():
        need = needs.get(name, "it is no finite number on these data")
        reasons.setdefault((need, ", ".join(without)), []).append(name)
    sentences = [protocol(evaluators)]
    for (need, without), names in reasons.items():
        sentences.append(f"Not scored, since {need}: {'; '.join(names)} (of {without}).")
    model = finite.pop("the model")
    found = {name: scores for name, scores in finite.items() if scores}
    return model, found, " ".join(filter(None, sentences))


def share(part, whole):
    """How large a spread is beside another; NaN where that one is zero."""
    return part / whole if whole > ALIKE else math.nan


def in_batches(served, output, size, inputs: Mapping):
    """One output for many inputs, `size` at a time.

    Args:
        served: as for `Evaluator.measure`.
        output: name of the output.
        size: inputs in one call.
        inputs: arrays `[N, ...]` by the name of the input.

    Returns:
        NumPy array `[N, ...]`.
    """
    count = len(next(iter(inputs.values())))
    return np.concatenate(
        [
            served(**{name: values[i : i + size] for name, values in inputs.items()})[output]
            for i in range(0, count, size)
        ]
    )
