"""What evaluators say together."""

import numpy as np
import pytest

from tfgan_zoo.evaluate import evaluator
from tfgan_zoo.evaluate.evaluator import Evaluator


def test_scores_baselines_and_protocols_are_joined():
    asked = []

    def baselines(value):
        asked.append(value)
        return {"noise": {f"score {value}": 0.0}}

    one, other = (
        Evaluator(
            f"the {name}",
            f"{name}: measured. ",
            lambda served, name=name: {f"score {name}": served(x=2)["y"]},
            lambda name=name: baselines(name),
            training=name == "a",
            findings=lambda name=name: "Found b." if name == "b" else "",
        )
        for name in "ab"
    )

    def served(x):
        return {"y": 3 * x}

    both = [one, other]
    assert evaluator.measure(both, served) == {"score a": 6, "score b": 6}
    assert not asked, "baselines cost nothing until they are asked for"
    assert evaluator.baselines(both) == {"noise": {"score a": 0.0, "score b": 0.0}}
    assert evaluator.protocol(both) == "a: measured. b: measured. Found b."
    assert evaluator.at_validation(both) == [one] and evaluator.at_export(both) == [other]
    certain = evaluator.bound(one, lambda x: {"y": 10})
    assert certain.measure(served) == {"score a": 10} and certain.training
    with pytest.raises(ValueError, match="the a gives score a once more"):
        evaluator.measure([one, one], served)


def test_what_is_no_number_is_left_out_and_told():
    lost = Evaluator(
        "lost",
        "How.",
        lambda served: {"a": np.nan, "b": np.nan, "c": np.inf, "d": 1.0},
        lambda: {
            "real": {"a": -np.inf, "b": np.inf, "d": 2.0},
            "noise": {"a": np.nan, "b": np.nan},
        },
        findings=lambda: "Found.",
        needs=dict.fromkeys("ab", "it needs two"),
    )
    assert evaluator.taken([lost], None) == (
        {"d": 1.0},
        {"real": {"d": 2.0}},
        "How. Found. Not scored, since it needs two: a; b (of the model, real, noise). Not scored, "
        "since it is no finite number on these data: c (of the model).",
    )
    assert evaluator.share(3.0, 2.0) == 1.5 and np.isnan(evaluator.share(1.0, 1e-17))


def test_a_finding_is_asked_for_after_the_scores():
    found = []
    one = Evaluator(
        "one", "How.", lambda served: found.append(1) or {}, findings=lambda: f"{len(found)} found."
    )
    assert evaluator.taken([one], None) == ({}, {}, "How. 1 found.")


def test_many_inputs_go_in_batches():
    sizes = []

    def served(latents, labels):
        sizes.append(len(latents))
        return {"images": latents + labels[:, None], "other": None}

    latents, labels = np.arange(10.0).reshape(5, 2), np.arange(5)
    drawn = evaluator.in_batches(served, "images", 2, {"latents": latents, "labels": labels})
    np.testing.assert_array_equal(drawn, latents + labels[:, None])
    assert sizes == [2, 2, 1]


def test_served_gives_numpy():
    import tensorflow as tf

    served = evaluator.served_by(lambda x: {"y": tf.constant(x) * 2})
    found = served(x=np.float32([1, 2]))
    assert type(found["y"]) is np.ndarray and found["y"].tolist() == [2, 4]


WORDS = {"frechet_distance": "lower", "precision": "higher", "density": "neither"}


@pytest.mark.parametrize("choice", ["-frechet_distance", "precision", "density", "-density"])
def test_a_checkpoint_is_chosen_by_a_score_that_is_measured(choice):
    evaluator.check_choice(choice, WORDS)


@pytest.mark.parametrize(
    ("choice", "words"),
    [
        ("frechet_distnace", "choose one of -frechet_distance, precision, density, with"),
        ("", "choose one of -frechet_distance"),
        ("-", "choose one of -frechet_distance"),
        ("frechet_distance", "would keep the worst checkpoint, .* --best_metric=-frechet_distance"),
        ("-precision", "higher is better: give --best_metric=precision"),
    ],
)
def test_no_checkpoint_is_chosen_by_another(choice, words):
    with pytest.raises(ValueError, match=words):
        evaluator.check_choice(choice, WORDS)
