"""No score without its protocol, and none that is no number."""

import copy
import dataclasses
import json

import pytest

from tfgan_zoo.metrics.metric import Score
from tfgan_zoo.metrics.report import OPTIONAL, PROTOCOL, WIDTH, Report

SIDE = {"what": "digits", "pictures": "ab" * 32, "count": 1234, "shape": [28, 28, 1]}
SPLIT = {"split": "test", "split_rule": "built in"}
FULL = {
    "generated": {**SIDE, "what": "models/dcgan", "sha256": "cd" * 32, "latents": "its own prior"},
    "real": {**SIDE, **SPLIT},
    "train": {**SIDE, **SPLIT, "split": "train"},
    "extractor": {
        "name": "mnist_cnn",
        "sha256": "ef" * 32,
        "description": "SavedModel, output features",
        "size": "28x28",
    },
    "resize": "bicubic",
    "quantisation": "uint8",
    "settings": {"seed": 0, "kid_subsets": 100},
    "versions": {
        **{name: "1.0" for name in PROTOCOL["versions"]},
        "commit": "0123456789ab-dirty",
    },
}
SCORE = Score("frechet_distance", "Frechet distance, mnist_cnn", 12.5, "Gaussians", "lower")


def score(**changes):
    return dataclasses.replace(SCORE, **changes)


def test_full_protocol():
    Report(FULL, (SCORE,))
    without_training = {name: part for name, part in FULL.items() if name != "train"}
    Report(without_training, (SCORE,))


EVERY = [(field, part) for field, parts in (PROTOCOL | OPTIONAL).items() for part in (None, *parts)]


@pytest.mark.parametrize(("field", "part"), [case for case in EVERY if case != ("train", None)])
@pytest.mark.parametrize("nothing", ["absent", None, ""])
def test_a_report_without_its_protocol_cannot_be_made(field, part, nothing):
    protocol = copy.deepcopy(FULL)
    place, name = (protocol, field) if part is None else (protocol[field], part)
    if nothing == "absent":
        del place[name]
    else:
        place[name] = nothing
    words = field if part is None else f"{field}.{part}"
    with pytest.raises(ValueError, match=f"The protocol of these scores lacks '{words}'"):
        Report(protocol, (SCORE,))


def test_the_issues_list_is_demanded():
    """Metric and estimator, N, split, extractor and hash, resize, quantisation, seed, versions."""
    assert {"what", "sha256", "pictures", "count"} <= set(PROTOCOL["generated"])
    assert {"what", "split", "split_rule", "pictures", "count"} <= set(PROTOCOL["real"])
    assert {"name", "sha256", "size"} <= set(PROTOCOL["extractor"])
    assert {"resize", "quantisation"} <= set(PROTOCOL) and "seed" in PROTOCOL["settings"]
    assert {"tensorflow", "keras", "numpy", "commit"} <= set(PROTOCOL["versions"])
    assert "estimator" in {field.name for field in dataclasses.fields(Score)}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"value": float("nan")}, "frechet_distance is nan, which is no number"),
        ({"value": float("inf")}, "is inf"),
        ({"value": None}, "neither a value nor a caveat"),
    ],
)
def test_no_number_is_refused(changes, words):
    with pytest.raises(ValueError, match=words):
        Report(FULL, (SCORE, score(**changes)))


def test_no_score_at_all():
    with pytest.raises(ValueError, match="There is no score"):
        Report(FULL, ())


def strict(line):
    def refuse(constant):
        raise AssertionError(f"{constant} is not JSON")

    return json.loads(line, parse_constant=refuse)


def test_json_line():
    absent = score(key="psnr", value=None, caveats=("3 pictures equal\nthe truth.",))
    line = Report(FULL, (SCORE, absent)).json_line()
    assert "\n" not in line
    content = strict(line)
    assert content["schema"] == 1 and content["protocol"] == FULL
    assert content["scores"][0] == {
        "key": "frechet_distance",
        "label": "Frechet distance, mnist_cnn",
        "value": 12.5,
        "estimator": "Gaussians",
        "better": "lower",
        "caveats": [],
    }
    assert content["scores"][1]["value"] is None
    assert content["scores"][1]["caveats"] == ["3 pictures equal\nthe truth."]


def test_json_line_is_never_lax():
    protocol = {**FULL, "settings": {"seed": 0, "width": float("nan")}}
    with pytest.raises(ValueError, match="not JSON compliant"):
        Report(protocol, (SCORE,)).json_line()


def test_table_names_everything():
    table = Report(FULL, (SCORE, score(label="Precision", better="higher", value=0.5))).table()
    for words in (
        "models/dcgan: 1,234 pictures 28x28x1, latents: its own prior, sha256 abababababab",
        "digits, test (built in)",
        "digits, train (built in)",
        "mnist_cnn (SavedModel, output features), size 28x28, sha256 efefefefefef",
        "uint8; resized: bicubic; seed 0",
    ):
        assert words in table
    rows = [line.split() for line in table.splitlines() if "Gaussians" in line or "same" in line]
    assert rows[0] == ["Frechet", "distance,", "mnist_cnn", "12.5000", "lower", "Gaussians"]
    assert rows[1] == ["Precision", "0.5000", "higher", "the", "same"]


def test_table_is_aligned_and_fits():
    long = "exact transport, Euclidean cost, biased upwards at any finite N; " * 4
    scores = (
        SCORE,
        score(label="Sliced Wasserstein distance, a_long_name", estimator=long, value=1234.5),
        score(label="Density", better="real", estimator="k = 5"),
        score(label="One-NN", better="0.5", caveats=(long, "Short.")),
        score(label="Spread", better="neither"),
    )
    lines = Report(FULL, scores).table().splitlines()
    assert max(map(len, lines)) <= WIDTH == 120
    head = next(i for i, line in enumerate(lines) if "better   estimator" in line)
    column = lines[head].index("estimator")
    body = lines[head + 1 : lines.index("", head)]
    assert len(body) > len(scores)  # the long one goes on below
    for line in body:
        assert line[column - 2 : column] == "  " and line[column] != " "
    text = " ".join(" ".join(line[column:] for line in body).split())
    assert " ".join(long.split()) in text
    caveats = " ".join(line.strip() for line in lines[lines.index("", head) :])
    assert "! One-NN: exact transport" in caveats and "! One-NN: Short." in caveats


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        (0.0, "0.0000"),
        (0.00583649, "0.00584"),
        (-1.234e-7, "-1.23e-07"),
        (0.25, "0.2500"),
        (704.53951, "704.5395"),
        (None, "-"),
    ],
)
def test_table_shows_digits_that_say_something(value, shown):
    caveats = ("None.",) if value is None else ()
    table = Report(FULL, (score(value=value, caveats=caveats),)).table()
    (row,) = [line for line in table.splitlines() if line.startswith("Frechet")]
    assert row.split()[3] == shown
