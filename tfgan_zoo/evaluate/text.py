"""Sequences of tokens: how likely an oracle finds them, how likely the model finds real ones, and
how much of real text's wording they have.

Neither likelihood says enough alone. `NLL_oracle`, of the model's samples under the oracle, falls
when a model draws only what is likeliest, down to one sentence over and over; `NLL_test`, of real
sequences under the model, hardly rises with it and does not see samples that make no sense. A lower
temperature buys the one with the other, without any training, so that a model is worth something if
its point (NLL_oracle, NLL_test) lies off the curve of another's temperatures (the argument of
Caccia et al. 2018, arXiv 1811.02549). All are nats per token.

An interface that is scored here takes `num`, `seed` and `temperature` and gives `tokens`; a
likelihood takes `tokens` and `temperature` and gives `log_probability` `[B, T]`.
"""

import dataclasses
import functools
import io
import math

import numpy as np
from matplotlib.figure import Figure
from PIL import Image

from tfgan_zoo.evaluate.evaluator import Evaluator
from tfgan_zoo.metrics import bleu, self_bleu

SAMPLES = 5000
VALIDATED = 2000  # samples of a validation
SENTENCES = 1000  # for BLEU, which takes time
SEED = 1
BATCH = 1000
STYLES = ("-", "--", ":")  # of a group's curves
AROUND = 0.15  # nats of NLL_oracle on either side of a star that its panel shows
TEMPERATURES = (1.1, 1.05, 1.0, 0.95, 0.9, 0.85, 0.8, 0.75, 0.7)


@dataclasses.dataclass(frozen=True)
class Point:
    """What two likelihoods say of one model at one temperature, nats per token.

    Attributes:
        temperature: that the logits are divided by.
        nll_oracle: mean -log p of the model's samples under the oracle.
        nll_test: mean -log p of real sequences under the model, at the same temperature.
        distinct: number of distinct samples, as a share of all.
    """

    temperature: float
    nll_oracle: float
    nll_test: float
    distinct: float


def drawn(served, count, temperature=1.0, seed=SEED):
    """Tokens int32 `[count, T]` of an interface, in batches.

    Args:
        served: as for `Evaluator.measure`.
        count: how many sequences.
        temperature: above 0.
        seed: of all; batch b has the seed `1000 * seed + b`.
    """
    batches = []
    for number, first in enumerate(range(0, count, BATCH)):
        asked = {"num": min(BATCH, count - first), "seed": 1000 * seed + number}
        inputs = {name: np.int32(value) for name, value in asked.items()}
        batches.append(served(**inputs, temperature=np.float32(temperature))["tokens"])
    return np.concatenate(batches)


def nll_under(likelihood, tokens, temperature=1.0):
    """Mean -log p in nats per token of sequences int32 `[N, T]` under a likelihood.

    Args:
        likelihood: as for `Evaluator.measure`.
        temperature: above 0.
    """
    total = 0.0
    for first in range(0, len(tokens), BATCH):
        batch = tokens[first : first + BATCH]
        found = likelihood(tokens=batch, temperature=np.float32(temperature))
        total -= found["log_probability"].sum(dtype=np.float64)
    return float(total / tokens.size)


def point(served, likelihood, oracle, test_tokens, temperature=1.0, count=SAMPLES, seed=SEED):
    """The `Point` of a model.

    Args:
        served, likelihood: as for `Evaluator.measure`.
        oracle: has `negative_log_likelihood(tokens [N, T])` -> `[N]`; see `data.oracle`.
        test_tokens: int32 `[N, T]`, drawn from the oracle and not trained on.
        temperature: above 0.
        count, seed: of samples.
    """
    samples = drawn(served, count, temperature, seed)
    return Point(
        temperature,
        float(np.mean(oracle.negative_log_likelihood(samples))),
        nll_under(likelihood, test_tokens, temperature),
        share_distinct(samples),
    )


def curve(served, likelihood, oracle, test_tokens, temperatures=TEMPERATURES, **options):
    """The `Point`s of one model at several temperatures; arguments as for `point`."""
    return [
        point(served, likelihood, oracle, test_tokens, temperature, **options)
        for temperature in temperatures
    ]


def gain(found, tempered):
    """How far a point lies off a curve, in nats of NLL_test: what another model, tempered to the
    same NLL_oracle, has more of it. Above 0 is better than the curve.

    Args:
        found: a `Point`.
        tempered: `Point`s of the other model, at two temperatures or more.

    Returns:
        None where the curve does not reach the point's NLL_oracle.
    """
    along = sorted((p.nll_oracle, p.nll_test) for p in tempered)
    oracle, test = (np.array(values) for values in zip(*along, strict=True))
    if not oracle[0] <= found.nll_oracle <= oracle[-1]:
        return None
    return float(np.interp(found.nll_oracle, oracle, test) - found.nll_test)


def share_distinct(tokens):
    """Number of distinct sequences among `[N, T]`, as a share of N."""
    return len(np.unique(tokens, axis=0)) / len(tokens)


def collapse(nll_oracle, own):
    """A sentence where samples are likelier than the oracle's own, which is no merit; else ''.

    Args:
        nll_oracle: of the samples.
        own: of the oracle's samples.
    """
    if nll_oracle >= own:
        return ""
    return (
        f"Collapsed: the oracle finds the samples likelier ({nll_oracle:.3f} nats per token) than "
        f"its own ({own:.3f}), so that they leave out much of what it says."
    )


def oracle_evaluator(oracle, count=SAMPLES, training=False):
    """The scores of samples under the oracle: `NLL_oracle` and `distinct`, beside the oracle's own
    samples and tokens drawn uniformly.

    Args:
        oracle: of `data.oracle`.
        count: of samples.
        training: whether it is asked at each validation.

    Returns:
        `Evaluator` of an interface. Its findings report a collapse.
    """
    found = {}

    def scores_of(tokens):
        nll = float(np.mean(oracle.negative_log_likelihood(tokens)))
        return {"NLL_oracle": nll, "distinct": share_distinct(tokens)}

    @functools.cache
    def baselines():
        shape = (count, oracle.length)
        uniform = np.random.default_rng(SEED).integers(oracle.vocabulary, size=shape)
        return {
            "the oracle itself": scores_of(oracle.sample(count, [SEED, 3])),
            "uniform tokens": scores_of(uniform),
        }

    def measure(served):
        found.update(scores_of(drawn(served, count)))
        return dict(found)

    def findings():
        if not found:
            return ""
        return collapse(found["NLL_oracle"], baselines()["the oracle itself"]["NLL_oracle"])

    protocol = (
        f"NLL_oracle: mean -log p under the oracle of {count} fresh samples at temperature 1, in "
        "nats per token; below the oracle's own it means collapse. distinct: number of distinct "
        "samples, as a share of all."
    )
    return Evaluator(
        *("oracle", protocol, measure, baselines, training),
        better=lambda: {"NLL_oracle": "lower", "distinct": "higher"},
        findings=findings,
    )


def likelihood_evaluator(examples, training=False):
    """The score of real sequences under a model: `NLL_test`, in training `NLL_validation`.

    Args:
        examples: of the split that the score is named after; `Examples` with the field `tokens`.
        training: whether it is asked at each validation.

    Returns:
        `Evaluator` of a likelihood; bind it (`evaluator.bound`) where samples are what is served.
    """
    name = "NLL_validation" if training else "NLL_test"

    def measure(likelihood):
        return {name: nll_under(likelihood, _tokens(examples))}

    protocol = (
        f"{name}: mean -log p under the model of the {len(examples)} sequences of the split "
        f"'{examples.info['split']}', in nats per token, padding counted."
    )
    return Evaluator(
        "likelihood", protocol, measure, training=training, better=lambda: {name: "lower"}
    )


def wording_evaluator(train, test, count=SENTENCES):
    """The scores of an exported model of text: BLEU of orders 2 to 5 against the test split,
    self-BLEU, and the shares of distinct samples and of those that are none of training's lines;
    beside as many lines of the training split.

    Args:
        train, test: `Examples` with the field `tokens`.
        count: of samples that are scored.

    Returns:
        `Evaluator` of an interface.
    """
    kind = test.fields["tokens"]

    def scores_of(lines):
        words = [kind.vocabulary.split(line) for line in lines]
        references = [kind.vocabulary.split(line) for line in kind.lines(_tokens(test))]
        distinct = {"distinct": len(set(lines)) / len(lines)}
        return bleu.bleu(words, references) | _self_bleu(words) | distinct

    def measure(served):
        lines = kind.lines(drawn(served, count))
        known = set(kind.lines(_tokens(train)))
        new = sum(line not in known for line in lines)
        return {**scores_of(lines), "new": new / len(lines)}

    def baselines():
        return {"training lines": scores_of(kind.lines(_tokens(train))[:count])}

    protocol = (
        f"Of {count} samples at temperature 1: bleu_n against all {len(test)} lines of the split "
        f"'{test.info['split']}', self_bleu_n among each other. {bleu.PROTOCOL} distinct: number "
        "of distinct samples, as a share of all; new: share that is no line of training."
    )
    needs = dict.fromkeys(_self_bleu([]), "it compares two lines or more")
    return Evaluator("wording", protocol, measure, baselines, needs=needs)


def grammar_evaluator(kind, sentences, count=SAMPLES, training=False):
    """The score of samples in a language all of whose sentences are known: `grammatical`, the share
    of samples that are such sentences.

    Args:
        kind: `kinds.tokens.Tokens` of the samples.
        sentences: all sentences of the language.
        count: of samples.
        training: whether it is asked at each validation.

    Returns:
        `Evaluator` of an interface.
    """
    known = frozenset(sentences)

    def measure(served):
        lines = kind.lines(drawn(served, count))
        return {"grammatical": sum(line in known for line in lines) / len(lines)}

    protocol = (
        f"grammatical: share of {count} samples at temperature 1 that are among the {len(known)} "
        "sentences of the grammar."
    )
    return Evaluator(
        "grammar", protocol, measure, training=training, better=lambda: {"grammatical": "higher"}
    )


def _self_bleu(sentences):
    """`self_bleu.self_bleu`; NaN of a single sentence, beside which there is none."""
    if len(sentences) < 2:
        return {f"self_bleu_{n}": math.nan for n in bleu.ORDERS}
    return self_bleu.self_bleu(sentences)


def _tokens(examples):
    return examples.fetch(np.arange(len(examples)))["tokens"]


def plane(groups, own=0.0):
    """The plane (NLL_oracle, NLL_test) as an RGB `PIL.Image`: all groups in one panel, then each in
    a panel of its own, where it is looked at around its star.

    Args:
        groups: label -> (label -> `Point`s of a model at several temperatures, drawn as a line; one
            `Point`, drawn as a star). A group has a colour, and its lines have styles.
        own: NLL_oracle of the oracle's own samples, left of which is collapse.
    """
    figure = Figure((3.4 * (1 + len(groups)), 3.6), dpi=100, layout="constrained")
    whole, *others = figure.subplots(1, 1 + len(groups), squeeze=False)[0]
    whole.axvline(own, color="grey", lw=1, ls=":", label="the oracle's own")
    whole.set_ylabel("NLL_test, nats per token (down: more is covered)", fontsize=8)
    for number, (panel, (name, (curves, star))) in enumerate(
        zip(others, groups.items(), strict=True)
    ):
        colour = f"C{number}"
        for axes in (whole, panel):
            for style, (label, line) in zip(STYLES, curves.items(), strict=False):
                shown = label if axes is panel else None
                axes.plot(*_coordinates(line), marker=".", lw=1, ls=style, c=colour, label=shown)
            place = (star.nll_oracle, star.nll_test)
            axes.scatter(*place, s=60, marker="*", color=colour, edgecolor="black", label=name)
        _look_around(panel, star, list(curves.values()))
    for axes in (whole, *others):
        axes.set_xlabel("NLL_oracle of samples, nats per token", fontsize=8)
        axes.tick_params(labelsize=7)
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    with Image.open(content) as picture:
        return picture.convert("RGB")


def _look_around(panel, star, curves):
    """Limits the panel to the neighbourhood of the star, and names the temperatures in it."""
    low, high = star.nll_oracle - AROUND, star.nll_oracle + AROUND
    near = [p for line in curves for p in line if low < p.nll_oracle < high]
    heights = [p.nll_test for p in (star, *near)]
    margin = 0.1 * (max(heights) - min(heights)) + 1e-3
    panel.set_xlim(low, high)
    panel.set_ylim(min(heights) - margin, max(heights) + 2 * margin)
    for p in near:
        panel.annotate(f"{p.temperature:g}", (p.nll_oracle, p.nll_test), fontsize=7, alpha=0.7)


def _coordinates(points):
    return [p.nll_oracle for p in points], [p.nll_test for p in points]
