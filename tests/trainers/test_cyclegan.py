"""CycleGAN on two folders without pairs, as a user trains it."""

import json

import numpy as np
import pytest
from PIL import Image

from tests.trainers import programs
from tfgan_zoo.data.errors import DataError


@pytest.fixture(scope="module")
def domains(tmp_path_factory):
    """The authors' layout: six dark and four bright pictures, two of each held out for the test."""
    root = tmp_path_factory.mktemp("domains")
    random = np.random.default_rng(0)
    for folder, low, count in (
        ("trainA", 0, 6),
        ("trainB", 128, 4),
        ("testA", 0, 2),
        ("testB", 128, 2),
    ):
        (root / folder).mkdir()
        for index in range(count):
            pixels = random.integers(low, low + 128, (20, 20, 3), np.uint8)
            Image.fromarray(pixels).save(root / folder / f"{folder}_{index}.png")
    return root


def test_two_folders_give_two_generators_with_cards(domains, tmp_path):
    _, printed = programs.run("cyclegan", tmp_path, f"--data={domains}")
    assert "5 training, 1 validation, 2 test." in printed
    for part in ("a_to_b", "b_to_a"):
        folder = tmp_path / "export" / "cyclegan" / part
        card = json.loads((folder / "card.json").read_text())
        assert card["name"] == f"cyclegan_{part}"
        assert set(card["scores"]["model"]) == {"1-NN accuracy", "cycle_l1"}
        assert "the input itself" in card["scores"]["baselines"]
        assert card["training"]["command"].startswith("python -m trainers.cyclegan ")
        assert (folder / "1" / "saved_model.pb").exists()
        assert (folder / "model.tflite").exists()


def test_pairs_that_are_said_to_be_known_must_have_equal_names(domains, tmp_path):
    with pytest.raises(DataError, match="The pairs of .* differ between A and B"):
        programs.run("cyclegan", tmp_path, f"--data={domains}", "--known_pairs")
