"""The task of sequences: what it asks of a generator, and how long it trains one."""

import types

import pytest

from tfgan_zoo.networks.token_lstm import TokenLSTM
from tfgan_zoo.training.task import Phase
from trainers import flags
from trainers.tasks import text


def test_a_generator_that_lacks_something_is_told_before_training():
    whole = types.SimpleNamespace(name="whole", generator=TokenLSTM(5, 3, units=2))
    text.check(whole, None)
    part = types.SimpleNamespace(vocabulary=5, length=3, sample=1, log_probabilities=1, read=1)
    with pytest.raises(ValueError, match="of markov lacks units, first_state, logits_of: trainers"):
        text.check(types.SimpleNamespace(name="markov", generator=part), None)


def test_the_generator_of_the_task_is_what_its_docstring_lists():
    assert all(f"`{name}" in text.__doc__ for name in text.GENERATOR)


def test_a_model_of_one_stage_needs_no_phases():
    values = flags.chosen(text.KNOBS, data="captions")
    assert text.task(values).phases(7) == [Phase("training", 7)]
