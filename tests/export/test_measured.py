"""Parity in numbers and latency in turns; what is served, from a model and from its files."""

import numpy as np
import pytest

from tests.export.conftest import CLASSES, LATENT_DIM, pictures
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import measured, served

PICTURES = (interfaces.images((3, 3, 1)),)


def numbers(function, outputs=PICTURES):
    """A `Served` of one input, `x`, that NumPy answers."""
    names = [output.name for output in outputs]
    inputs = (interfaces.Input("x", "latents", (1,)),)
    made = interfaces.Interface("numbers", inputs, outputs, call=None)
    return served.Served(made, lambda x: dict(zip(names, function(x.numpy()), strict=True)))


X = {"x": np.zeros([2, 1], np.float32)}


def test_parity_in_numbers():
    reference = np.zeros([2, 3, 3, 1])
    candidate = reference.copy()
    candidate[1, 0, 0, 0] = 0.5
    result = measured.parity(numbers(lambda x: [reference]), numbers(lambda x: [candidate]), X)
    assert result == {
        "max_abs": 0.5,
        "mean_abs": pytest.approx(0.5 / 18),
        "psnr": pytest.approx(10 * np.log10(4 / (0.25 / 18))),
        "n": 2,
    }
    same = measured.parity(numbers(lambda x: [reference]), numbers(lambda x: [reference]), X)
    assert same == {"max_abs": 0.0, "mean_abs": 0.0, "psnr": None, "n": 2}


def test_tokens_differ_or_do_not():
    output = (interfaces.tokens(3, "abc"),)
    first, second = np.array([[0, 1, 2], [0, 1, 2]]), np.array([[0, 1, 2], [0, 2, 1]])
    result = measured.parity(
        numbers(lambda x: [first], output), numbers(lambda x: [second], output), X
    )
    assert result == {"max_abs": 1.0, "mean_abs": pytest.approx(1 / 3), "psnr": None, "n": 2}


def test_outputs_count_together():
    outputs = interfaces.vector("mean", 1), interfaces.vector("log_variance", 3)
    first = [np.zeros([2, 1]), np.zeros([2, 3])]
    second = [np.full([2, 1], 4.0), np.zeros([2, 3])]
    result = measured.parity(
        numbers(lambda x: first, outputs), numbers(lambda x: second, outputs), X
    )
    assert result == {"max_abs": 4.0, "mean_abs": 1.0, "psnr": None, "n": 2}


@pytest.mark.parametrize(
    ("candidate", "inputs", "message"),
    [
        (lambda x: [x], {"x": np.zeros([0, 1])}, "at least one example"),
        (lambda x: [x[:1]], X, "differ in shape"),
        (lambda x: [x * np.nan], X, "not finite"),
    ],
)
def test_parity_that_means_nothing_is_an_error(candidate, inputs, message):
    with pytest.raises(ValueError, match=message):
        measured.parity(numbers(lambda x: [x]), numbers(candidate), inputs)


def test_latency_is_taken_in_turns(monkeypatch):
    calls, clock = [], [0.0]

    def function(name, seconds):
        def run(x):
            calls.append(name)
            # The second pair of timed calls meets a slow machine.
            clock[0] += seconds * (10 if len(calls) in (5, 6) else 1)

        return run

    monkeypatch.setattr(measured.time, "perf_counter", lambda: clock[0])
    runs = {"a": function("a", 3.0), "b": function("b", 2.0)}
    seconds = measured.race(runs, X, rounds=3)
    assert seconds == {"a": [3.0, 30.0, 3.0], "b": [2.0, 20.0, 2.0]}
    assert measured.ratios(seconds, "b") == {"a": 1.5}
    assert "".join(calls) == "ab" + "ab" + "ba" + "ab"
    with pytest.raises(ValueError, match="at least one run"):
        measured.race(runs, {}, rounds=0)


def test_any_number_of_examples_is_served(exported, network, monkeypatch):
    monkeypatch.setattr(served, "BATCH", 3)
    images = pictures(7)
    expected = network(images).numpy()
    for each in (
        served.of_model(exported.interface),
        served.of_saved_model(exported.interface, exported.path),
    ):
        np.testing.assert_allclose(each(images=images)["images"], expected, atol=1e-5)


def test_outputs_come_by_name(exported_encoder, exported_writer):
    encoder = served.of_saved_model(exported_encoder.interface, exported_encoder.path)
    found = encoder(images=np.zeros([2, 8, 8, 1]))
    assert {name: value.shape for name, value in found.items()} == {
        "mean": (2, LATENT_DIM),
        "log_variance": (2, LATENT_DIM),
    }
    writer = served.of_saved_model(exported_writer.interface, exported_writer.path)
    assert writer(seed=1, num=4, temperature=0.5)["tokens"].shape == (4, 7)


def test_what_is_served_is_given_by_name(exported_conditional):
    serve = served.of_model(exported_conditional.interface)
    latents = np.zeros([CLASSES, LATENT_DIM])
    with pytest.raises(ValueError, match="cgan takes latents, labels, and is given latents"):
        serve(latents=latents)
    with pytest.raises(ValueError, match="differ in the number of examples"):
        serve(latents=latents, labels=[1])
