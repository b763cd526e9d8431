"""GLO's trainer: each picture keeps its number, none is mirrored, and where latents begin."""

import numpy as np
import pytest
from absl import flags

from tests.evaluate.test_encoding import table
from tfgan_zoo.training.task import Splits
from trainers.glo import TRAINER, build, numbered

WORDS = ("--data=digits", "--image_size=16", "--channels=1", "--run_dir=unused")
PICTURES = np.random.default_rng(0).integers(0, 256, (40, 16, 16, 1), np.uint8)


def test_the_first_pictures_are_learnt_and_numbered():
    for asked, count in ((30, 30), (None, 40)):
        few = numbered(table(PICTURES), asked)
        assert len(few) == few.fields["rows"].count == count
        found = few.fetch([3, 29])
        np.testing.assert_array_equal(found["rows"], [3, 29])
        np.testing.assert_array_equal(found["images"], PICTURES[[3, 29]])


def test_latents_begin_where_the_flag_says():
    splits = Splits(numbered(table(PICTURES), None))
    for start, alike in (("pca", True), ("random", False)):
        words = [*WORDS, f"--start={start}", "--latent_dim=3", "--filters=2", "--levels=1"]
        values = TRAINER.parse([*words, "--steps=1"])
        tables = [np.array(build(values, splits, 1).latents.embeddings) for _ in range(2)]
        assert tables[0].shape == (40, 3) and np.array_equal(*tables) == alike


def test_what_makes_no_sense_is_refused():
    with pytest.raises(ValueError, match="--pictures=41: the data has 40 training pictures; ask"):
        numbered(table(PICTURES), 41)
    with pytest.raises(flags.Error, match="flip"):
        TRAINER.parse([*WORDS, "--flip"])
