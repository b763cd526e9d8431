"""What every variant holds, checked on `tests/models/tiny_variants.py` in one process.

`hold` makes a variant three times at the size of a test and takes half a dozen of its steps without
a graph, whose tracing would take longer than all else. A graph is traced once: by the variant's
trainer (`runs`), or by `fits` for an arm that no tiny flagfile trains.
"""

import inspect
import json

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.export import card
from tfgan_zoo.optimizers.adam import Adam

RATE = 0.01
HEADER = ("What a shortcut would miss", "Departures")


def hold(tiny, folder):
    """Holds one variant to the contract.

    Args:
        tiny: `tests.models.tiny_variants.Tiny`.
        folder: `pathlib.Path` for its `.keras` file.

    Yields:
        What was found to hold, a phrase each, as soon as it was.

    Raises:
        AssertionError: for what does not hold.
    """
    says_what_it_is(tiny)
    yield "the header cites the paper"

    model, built, first, second = learns(tiny)
    yield "every player learns, with finite losses"

    draws_each_by_itself(tiny.build())
    yield "no two weights begin with the same draws"

    file = folder / "model.keras"
    repeats(tiny, built, first, file)
    yield "the same seed gives the same bits"

    tells_its_configuration(tiny, model)
    yield "get_config tells what __init__ got"

    goes_on(tiny, file, model.get_config(), second)
    yield "a .keras file brings back all that the future depends on"

    for player in model.players:
        stands_still(tiny, model, player)
    yield "a player without a rate stays, the others move"


def compiled(tiny, seed=0):
    """The variant with an Adam for each player."""
    keras.utils.set_random_seed(seed)
    model = tiny.build(seed)
    model.compile(**{player: Adam(RATE, beta_1=0.5, name=player) for player in model.players})
    return model


def batch(tiny, number):
    """The batch of this number, as tensors by name."""
    drawn = tiny.batch(np.random.default_rng(number))
    return {name: tf.constant(values) for name, values in drawn.items()}


def step(tiny, model, number):
    """Takes one step of each phase, on the batch of this number; returns their numbers by name."""
    logs = {}
    for method in tiny.methods:
        found = getattr(model, method)(batch(tiny, number))
        logs |= {f"{method} {name}": float(value) for name, value in found.items()}
    return logs


def weights(model):
    """Player -> its variables as arrays."""
    return {p: [v.numpy() for v in model.trained_variables(p)] for p in model.players}


def state(model):
    """Every number that the future of a run depends on: name -> array."""
    means = {id(variable) for metric in model.metrics for variable in metric.variables}
    own = [variable for variable in model.variables if id(variable) not in means]
    found = {f"{number} {v.path}": v.numpy() for number, v in enumerate(own)}
    for player, optimizer in model.optimizers.items():
        found |= {f"{player} {n} {v.path}": v.numpy() for n, v in enumerate(optimizer.variables)}
    return found | {"step": model.step.numpy(), "skipped": model.skipped.numpy()}


def moved(before, after):
    """Whether any of two lists of arrays differs in a bit."""
    return any(not np.array_equal(a, b) for a, b in zip(before, after, strict=True))


def assert_same(expected, found, when):
    """Asserts that two states hold the same bits."""
    other = [
        f"{name} / {own}"
        for (name, value), (own, own_value) in zip(expected.items(), found.items(), strict=True)
        if not np.array_equal(value, own_value)
    ]
    assert not other, f"{len(other)} of {len(expected)} differ {when}: {', '.join(other[:5])}"


def says_what_it_is(tiny):
    """The header of the file cites the paper of the class, and has the sections of a header."""
    header, paper = inspect.getdoc(tiny.module), tiny.type.paper
    card.check("paper", paper)
    assert (paper["arxiv"] or "no arXiv number") in header
    for words in HEADER:
        assert words in header, f"the header does not say '{words}'"


def learns(tiny):
    """Two steps from the start; returns the model, its weights as built and both states after."""
    model = compiled(tiny)
    built, states = weights(model), []
    for number in range(2):
        for name, value in step(tiny, model, number).items():
            assert np.isfinite(value), f"{name} is {value} in step {number}"
        states.append(state(model))
    assert int(model.step) == 2 * len(tiny.methods) and not int(model.skipped)
    for player, after in weights(model).items():
        assert after, f"{player} has no weights"
        assert moved(built[player], after), f"{player} does not move"
    return model, built, *states


def draws_each_by_itself(model):
    """No weight begins with another's numbers, in whatever scale: one initializer object gives the
    same draws to all that it is given to.
    """
    own = {id(v): v.numpy() for player in model.players for v in model.trained_variables(player)}
    heads = []
    for array in own.values():
        head = np.asarray(array, np.float64).ravel()[:6]
        if len(head) < 6 or np.ptp(head) == 0.0:  # too short to tell, or not drawn
            continue
        head /= np.linalg.norm(head)
        alike = [shape for shape, other in heads if np.allclose(other, head, atol=1e-5)]
        assert not alike, f"weights of {alike[0]} and {array.shape} begin with the same draws"
        heads.append((array.shape, head))


def repeats(tiny, built, first, file):
    """The first step again, of a new model under the same seed, which is then saved."""
    model = compiled(tiny)
    for player, before in weights(model).items():
        assert not moved(built[player], before), f"{player} begins otherwise under the same seed"
    step(tiny, model, 0)
    assert_same(first, state(model), "after a step under the same seed")
    model.save(file)


def tells_its_configuration(tiny, model):
    """`get_config` has each argument of `__init__`, with the value that was given; a model that is
    made from it has the same weights in kind.
    """
    config = model.get_config()
    parameters = [name for name in inspect.signature(tiny.type.__init__).parameters][1:]
    assert sorted(config) == sorted(parameters)
    for name, value in tiny.arguments.items():
        assert is_serialised(config[name]) or plain(config[name]) == plain(value), name
    again = tiny.type.from_config(config)
    shapes = [
        {p: [tuple(v.shape) for v in one.trained_variables(p)] for p in one.players}
        for one in (model, again)
    ]
    assert shapes[0] == shapes[1]


def goes_on(tiny, file, config, second):
    """The second step of a model that was saved after the first."""
    keras.utils.set_random_seed(1)  # what a file does not hold must not come from here
    model = keras.models.load_model(file)
    assert type(model) is tiny.type and plain(model.get_config()) == plain(config)
    step(tiny, model, 1)
    assert_same(second, state(model), "one step after loading")


def plain(value):
    """Nested lists in place of tuples and arrays, which a file does not tell apart."""
    if isinstance(value, dict):
        return {name: plain(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [plain(part) for part in value]
    return value.tolist() if isinstance(value, np.ndarray) else value


def is_serialised(value):
    """Whether a value of a configuration is a net in Keras' form."""
    return isinstance(value, dict) and "class_name" in value


def stands_still(tiny, model, player):
    """A step in which `player` has the rate 0, and so has every other that moves its variables, and
    who moves theirs, on the model as it is.
    """
    before = weights(model)
    own = {p: set(map(id, model.trained_variables(p))) for p in model.players}
    still = [player]
    for name in still:
        still += [p for p in model.players if own[p] & own[name] and p not in still]
    for name in still:
        model.optimizers[name].learning_rate.assign(0.0)
    step(tiny, model, 2)
    for name in still:
        model.optimizers[name].learning_rate.assign(RATE)
    for other, after in weights(model).items():
        if other in still:
            assert not moved(before[other], after), f"{other} moves without a rate"
        else:
            assert moved(before[other], after), f"{other} stays while {player} has no rate"


def fits(tiny):
    """Two steps of `fit` for each phase, as a graph, on a `tf.data` set."""
    model = compiled(tiny)
    before = weights(model)
    dataset = tf.data.Dataset.from_tensors(tiny.batch(np.random.default_rng(3))).repeat(2)
    for method in tiny.methods:
        model.take_steps_by(method)
        model.fit(dataset, verbose=0, shuffle=False)
    assert int(model.step) == 2 * len(tiny.methods) and not int(model.skipped)
    for player, after in weights(model).items():
        assert moved(before[player], after), f"{player} does not move in fit"


def runs(trainer, arguments, folder):
    """The trainer's own run under its flags, without the export.

    Args:
        trainer: `trainers.trainer.Trainer`.
        arguments: its command line, without the folders.
        folder: `pathlib.Path` of the run.

    Returns:
        The rows of its history.
    """
    values = trainer.parse([*arguments, f"--run_dir={folder}", "--noexport"])
    said = []
    return ran(trainer.run(values, say=said.append), said)


def ran(outcome, said):
    """A run of all its steps, and what it said: finite numbers, and samples.

    Args:
        outcome: `tfgan_zoo.training.run.Outcome`.
        said: list of lines.

    Returns:
        The rows of its history.
    """
    assert outcome.stopped_at is None and said[0].startswith("Data: ")
    rows = [json.loads(line) for line in outcome.directory.history.read_text().splitlines()]
    assert rows[-1]["step"] == int(outcome.model.step) > 1 and not int(outcome.model.skipped)
    for row in rows:
        wrong = [name for name, value in row.items() if value is None or not np.isfinite(value)]
        assert not wrong, f"{wrong[0]} is not finite in step {row['step']}"
    assert list(outcome.directory.samples.glob("*.png")), "nothing was drawn"
    return rows
