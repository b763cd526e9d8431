"""Sequences of tokens, text or an oracle's, from a generator that draws one after the other.

The model's `generator` has what `networks.token_lstm.TokenLSTM` has of these; its docstrings say
what each is:

- `vocabulary`, `length`, `units`: number of tokens, T, and the size of each half of the state;
- `sample(count, seed, temperature)` and `log_probabilities(tokens, temperature)`, from which the
  previews, the scores and the two exports come;
- `first_state(count)`, `read(tokens, state)` and `logits_of(state)`, one step of the loop that a
  phone runs. The state is two arrays `[B, units]`, as an LSTM's; a generator that remembers less
  fills the second with zeros.
"""

import numpy as np

from tfgan_zoo.data.request import Request
from trainers import flags

KNOBS = flags.of(Request, family="text")
SHOWN = 16  # lines of the preview
SPREAD = 256  # sequences that the collapse watchdog compares
GENERATOR = (
    *("vocabulary", "length", "units", "sample", "log_probabilities"),
    *("first_state", "read", "logits_of"),
)
NOTE = (
    "A phone loops over this one step. Start with the token {start} and with zeros for both "
    "states; divide the logits by the temperature, draw a token from their softmax, and hand it "
    "back with the next states, {length} times{end}."
)


def task(values, phases=None):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        phases: as in `Task`; None is one phase of `train_step`.
    """
    from tfgan_zoo.data import captions
    from tfgan_zoo.evaluate import evaluator, text
    from tfgan_zoo.training.task import Export, Preview, Task, Validation

    oracle = oracle_of(values)
    built_in = values.data == "captions"

    def kind_of(splits):
        return splits.train.fields["tokens"]

    def of_truth(kind, count, training=False):
        """The evaluators of data whose every sequence is known to be right or wrong."""
        if oracle:
            return [text.oracle_evaluator(oracle, count, training)]
        if built_in:
            return [text.grammar_evaluator(kind, captions.all_sentences(), count, training)]
        return []

    def preview(model, splits):
        kind = kind_of(splits)
        samples = model.generator.sample(SPREAD, [0, 0]).numpy()
        lines = "".join(f"{line}\n" for line in kind.lines(samples[:SHOWN]))
        real = splits.test.fetch(np.arange(min(SPREAD, len(splits.test))))["tokens"]
        return Preview(
            kind.preview(samples[:SHOWN]),
            samples,
            real,
            kind.spread,
            real_picture=lambda: kind.preview(real[:SHOWN]),
            files={".txt": lines.encode("utf-8")},
        )

    def validation(model, splits):
        likely = text.likelihood_evaluator(splits.validation, training=True)
        judged = of_truth(kind_of(splits), text.VALIDATED, training=True)

        def measure(model):
            served = evaluator.served_by(sampling(model, kind_of(splits)))
            found = likely.measure(evaluator.served_by(likelihood(model)))
            return found | evaluator.measure(judged, served)

        return Validation(measure, lambda: evaluator.better([likely, *judged]))

    def exports(model, splits):
        kind = kind_of(splits)
        wording = [] if oracle else [text.wording_evaluator(splits.train, splits.test)]
        rows = splits.train.fetch(np.arange(min(100, len(splits.train))))["tokens"]
        steps = step_examples(model, rows)
        what = f"{len(kind.vocabulary)} tokens, {kind.length} in a sequence"
        return [
            Export(
                sampling(model, kind),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws sequences of tokens at a temperature: {what}.",
                examples={"num": np.int32(8), "seed": np.int32(0), "temperature": np.float32(1)},
                evaluators=[*of_truth(kind, text.SAMPLES), *wording],
                picture=lambda served: kind.preview(text.drawn(served, SHOWN)),
                calibration=steps,
                step_examples={name: value[:8] for name, value in steps.items()},
            ),
            Export(
                likelihood(model),
                title=f"{model.name} on {splits.info['name']}, likelihood",
                summary=f"Says how likely its generator finds a sequence: {what}.",
                examples={"tokens": rows[:8], "temperature": np.float32(1)},
                evaluators=[text.likelihood_evaluator(splits.test)],
                picture=lambda served: kind.preview(rows[:SHOWN]),
                calibration={"tokens": rows, "temperature": np.float32(1)},
            ),
        ]

    return Task(
        open=opened(values),
        preview=preview,
        exports=exports,
        validation=validation,
        phases=phases or Task.phases,
        check=check,
        unit="sequences",
    )


def check(model, splits):
    """Raises `ValueError` for a generator that lacks what is drawn, scored and exported with."""
    missing = [name for name in GENERATOR if name not in dir(model.generator)]
    if missing:
        raise ValueError(
            f"The generator of {model.name} lacks {', '.join(missing)}: trainers/tasks/text.py "
            "says what each must be."
        )


def oracle_of(values):
    """The `Oracle` that --data names, or None."""
    from tfgan_zoo.data import oracle

    return oracle.find(values.data) if oracle.is_oracle(values.data) else None


def opened(values):
    """directory -> the three splits of --data."""
    from tfgan_zoo.data.oracle import is_oracle, open_oracle
    from tfgan_zoo.data.text import open_text
    from tfgan_zoo.training.task import Splits

    drawn = is_oracle(values.data)
    request = Request() if drawn else values.filled(Request, "text")

    def open_splits(directory):
        door = open_oracle if drawn else open_text
        names = ("train", "test", "validation")
        return Splits(*(door(values.data, split, request) for split in names))

    return open_splits


def sampling(model, kind):
    """The `Interface` that draws: `num`, `seed`, `temperature` -> `tokens`, and their text."""
    import tensorflow as tf

    from tfgan_zoo.export import interface

    known = kind.vocabulary
    unseen = () if known.end is None else (known.pad, known.start)
    words = ["" if i in unseen else word for i, word in enumerate(known.words)]
    end = "" if known.end is None else f" or until {known.end}, the token of the end"

    def call(num, seed, temperature):
        return model.generator.sample(num, tf.stack([seed, 0]), temperature)

    return interface.Interface(
        model.name,
        (interface.count(), interface.seed(), interface.number("temperature", 1.0)),
        (interface.tokens(kind.length, words, separator=known.separator, end=known.end),),
        call=call,
        networks=(model.generator,),
        lite=step(model),
        lite_note=NOTE.format(start=known.start, length=kind.length, end=end),
    )


def step(model):
    """The `Interface` of one step: a token and the states -> logits of the next, and the states."""
    from tfgan_zoo.export.interface import Input, Interface, Output, vector

    units = model.generator.units

    def call(token, hidden, cell):
        state = model.generator.read(token, (hidden, cell))
        return {
            "logits": model.generator.logits_of(state),
            "next_hidden": state[0],
            "next_cell": state[1],
        }

    return Interface(
        model.name,
        (
            Input("token", "tokens", (), "int32"),
            Input("hidden", "state", (units,)),
            Input("cell", "state", (units,)),
        ),
        (
            vector("logits", model.generator.vocabulary),
            Output("next_hidden", "state", (units,)),
            Output("next_cell", "state", (units,)),
        ),
        call=call,
        networks=(model.generator,),
    )


def likelihood(model):
    """The `Interface` that judges: `tokens`, `temperature` -> `log_probability` of each."""
    from tfgan_zoo.export.interface import Input, Interface, number, vector

    length = model.generator.length
    return Interface(
        f"{model.name}_likelihood",
        (Input("tokens", "tokens", (length,), "int32"), number("temperature", 1.0)),
        (vector("log_probability", length),),
        call=lambda tokens, temperature: model.generator.log_probabilities(tokens, temperature),
        networks=(model.generator,),
        part="likelihood",
    )


def step_examples(model, rows):
    """Inputs of `step`, the first tokens of `rows` [N, T] after no, one, two ... tokens in turn."""
    found = {"token": [], "hidden": [], "cell": []}
    for number, row in enumerate(rows):
        state = model.generator.first_state(1)
        for token in row[: number % model.generator.length]:
            state = model.generator.read(np.array([token]), state)
        found["token"].append(row[number % model.generator.length])
        found["hidden"].append(state[0][0])
        found["cell"].append(state[1][0])
    return {
        "token": np.array(found["token"], np.int32),
        "hidden": np.array(found["hidden"], np.float32),
        "cell": np.array(found["cell"], np.float32),
    }
