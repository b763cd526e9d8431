"""What is kept of a pass: found again, and only for the very same pictures and protocol."""

import numpy as np
import pytest

from tfgan_zoo.metrics.frechet import GaussianStatistics
from tfgan_zoo.metrics.statistics_cache import NEEDS, StatisticsCache
from tfgan_zoo.metrics.suite import Side

KEY = {"pictures": "ab12", "count": 20, "extractor": ["pixels", "cd34", None], "split": "test"}


def side_of(count=20, seed=0):
    random = np.random.default_rng(seed)
    features = random.standard_normal((count, 4)).astype(np.float32)
    moments = GaussianStatistics()
    moments.update(features)
    return Side(
        count=count,
        shape=(4, 4, 1),
        digest="ab12",
        moments=moments,
        features=features,
        probabilities=random.dirichlet(np.ones(3), count),
    )


def empty_side(count=20):
    return Side(count=count, shape=(4, 4, 1), digest="ab12")


@pytest.fixture
def cache(tmp_path):
    """A cache that holds everything of `side_of()` under `KEY`."""
    cache = StatisticsCache(tmp_path / "made" / "when needed")
    cache.store(KEY, side_of(), set(NEEDS))
    return cache


def test_what_was_stored_is_found(cache):
    side, stored = empty_side(), side_of()
    assert cache.load(KEY, side, set(NEEDS))
    for name in ("features", "probabilities"):
        kept = getattr(side, name)
        np.testing.assert_array_equal(kept, getattr(stored, name))
        assert kept.dtype == getattr(stored, name).dtype
    assert side.moments.count == 20
    np.testing.assert_array_equal(side.moments.mean, stored.moments.mean)
    np.testing.assert_allclose(side.moments.covariance, stored.moments.covariance, rtol=1e-14)


def test_only_what_is_needed_is_filled(cache):
    side = empty_side()
    assert cache.load(KEY, side, {"features"})
    assert side.features is not None and side.moments is None and side.probabilities is None


@pytest.mark.parametrize(
    "change",
    [
        {"pictures": "ab13"},
        {"count": 21},
        {"extractor": ["pixels", "cd35", None]},
        {"extractor": ["pixels", "cd34", [28, 28]]},
        {"split": "train"},
        {"resize": "nearest"},
    ],
)
def test_any_other_key_misses(cache, change):
    side = empty_side()
    assert not cache.load(KEY | change, side, {"features"})
    assert side == empty_side()
    assert cache.load(dict(reversed(KEY.items())), side, {"features"})  # the order is no matter


def test_an_entry_with_less_is_not_enough_and_is_added_to(tmp_path):
    cache, side = StatisticsCache(tmp_path), empty_side()
    cache.store(KEY, side_of(), {"features"})
    assert not cache.load(KEY, side, {"features", "moments"})
    assert side == empty_side()
    cache.store(KEY, side_of(), {"moments"})
    assert cache.load(KEY, side, {"features", "moments"})


def test_of_one_picture_there_are_no_moments(tmp_path):
    cache = StatisticsCache(tmp_path)
    cache.store(KEY, side_of(1), {"moments", "features"})
    assert not cache.load(KEY, empty_side(1), {"moments"})
    assert cache.load(KEY, empty_side(1), {"features"})


@pytest.mark.parametrize("need", NEEDS)
@pytest.mark.parametrize("keep", [0, 30, 0.5, -1])
def test_a_damaged_file_is_computed_anew_with_a_warning(cache, caplog, need, keep):
    (path,) = cache.folder.glob(f"*-{need}.npz")
    content = path.read_bytes()
    path.write_bytes(content[: int(keep * len(content)) if keep == 0.5 else keep])
    side = empty_side()
    with caplog.at_level("WARNING", logger="absl"):
        assert not cache.load(KEY, side, set(NEEDS))
    (warning,) = [record.getMessage() for record in caplog.records]
    assert str(path) in warning and "are damaged" in warning and "computed anew" in warning
    assert side == empty_side()
    cache.store(KEY, side_of(), {need})
    assert cache.load(KEY, side, set(NEEDS))


@pytest.mark.parametrize("need", NEEDS)
def test_a_flipped_bit_is_noticed(cache, caplog, need):
    (path,) = cache.folder.glob(f"*-{need}.npz")
    content = path.read_bytes()
    stored = getattr(side_of(), need)
    value = (stored.mean if need == "moments" else stored).tobytes()[:8]
    place = content.index(value)
    path.write_bytes(content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :])
    assert not cache.load(KEY, empty_side(), {need})
    assert "are damaged" in caplog.text


def test_statistics_of_another_number_of_pictures_are_refused(cache, caplog):
    for need in NEEDS:
        assert not cache.load(KEY, empty_side(19), {need})
    assert caplog.text.count("they are of 20 pictures and not of 19") == 3


def test_nothing_half_written_stays(cache, monkeypatch):
    before = sorted(path.name for path in cache.folder.iterdir())

    def fail(file, **arrays):
        file.write(b"half")
        raise OSError("No space left on device")

    monkeypatch.setattr(np, "savez", fail)
    with pytest.raises(OSError, match="No space left"):
        cache.store(KEY | {"split": "new"}, side_of(), {"features"})
    assert sorted(path.name for path in cache.folder.iterdir()) == before
