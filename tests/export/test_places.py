"""Where exports go: names that TensorFlow reads, places that can be written, what kills left."""

import os
import resource
import subprocess
import sys

import pytest
import tensorflow as tf

from tests.export.test_ship import ship
from tfgan_zoo.export import places, reexport
from tfgan_zoo.metrics import extractors

READ = ["a,b", "a b", "ä", "数", "a{1}", "a;b", "%20", "a'b", "a#b", "~a", "a!"]
UNREADABLE = ["a[1]b", "a*", "what?", "a\\b", "a]"]


@pytest.mark.parametrize("name", READ)
def test_what_tensorflow_reads_is_let_through(tmp_path, name):
    places.check_name(tmp_path / name, "--run_dir")
    one = tf.train.Checkpoint(value=tf.Variable(1.0))
    one.read(one.write(str(tmp_path / name / "ckpt-1"))).assert_consumed()


@pytest.mark.parametrize("name", UNREADABLE)
def test_patterns_are_refused(tmp_path, name):
    with pytest.raises(ValueError, match=r"^--run_dir: the name .* pattern of names.* rename"):
        places.check_name(tmp_path / name / "deeper", "--run_dir")


def test_a_name_that_is_no_text_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"udce9' is no UTF-8"):
        places.check_name(tmp_path / "caf\udce9", "--run_dir")


def test_exports_of_such_names_are_refused_when_they_are_read(latent, tmp_path):
    ship(latent, tmp_path / "plain", "latent", kinds=())
    folder = (tmp_path / "plain").rename(tmp_path / "run [1]")
    for read in (extractors.saved_model_folder, reexport.reexport):
        for path in (folder, folder / "1"):
            if read is reexport.reexport and path != folder:
                continue
            with pytest.raises(ValueError, match=r"run \[1\].* has \[ and \] in it"):
                read(path)


def test_a_place_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    assert places.check_writable(tmp_path / "new" / "er", "--export_dir") == tmp_path
    assert places.check_writable(tmp_path / "a" / ".." / "b", "--export_dir") == tmp_path
    assert not (tmp_path / "new").exists() and not (tmp_path / "b").exists()
    for path in (tmp_path / "file", tmp_path / "file" / "x", "/proc/x", tmp_path / ("n" * 300)):
        with pytest.raises(ValueError, match=r"^--export_dir: .* cannot be written \(\w+ .*\)"):
            places.check_writable(path, "--export_dir")
    (tmp_path / "link").symlink_to(tmp_path / "nowhere" / "at_all")
    with pytest.raises(ValueError, match="link cannot be written"):
        places.check_writable(tmp_path / "link", "--export_dir")


def test_what_a_kill_left_is_removed_and_what_lives_is_not(latent, tmp_path):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    names = {
        number: [
            f".export.partial-{number}",
            f".card.json.partial-{number}",
            f".7.partial-{number}",
        ]
        for number in (dead.pid, os.getppid())
    }
    for name in [name for group in names.values() for name in group]:
        (tmp_path / name).mkdir()
        (tmp_path / name / "saved_model.pb").write_bytes(b"x")
    (tmp_path / f".training.partial-{dead.pid}.keras").write_bytes(b"x")
    report = ship(latent, tmp_path, "latent", kinds=())
    assert report.saved_model == tmp_path / "1"
    left = {path.name for path in tmp_path.iterdir() if path.name[0] == "."}
    assert left == set(names[os.getppid()])
    assert "partial" not in (tmp_path / "card.json").read_text()


def test_a_stop_while_it_is_measured_leaves_nothing(latent, tmp_path):
    def measure(served):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        ship(latent, tmp_path / "a" / "b", "latent", kinds=(), changes={"measure": measure})
    assert not list(tmp_path.iterdir())


@pytest.fixture
def full_disk():
    """A disk on which files end after 2,000 bytes, as far as this process is concerned."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)

    def limit(size=2000):
        resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))

    yield limit
    limit(soft)


def test_a_full_disk_leaves_the_export_before(latent, tmp_path, full_disk):
    ship(latent, tmp_path, "latent", kinds=())
    before = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    full_disk()
    with pytest.raises((OSError, tf.errors.OpError)):
        ship(latent, tmp_path, "latent", kinds=("float16",))
    full_disk(resource.RLIM_INFINITY)
    after = {path: path.read_bytes() for path in tmp_path.rglob("*") if path.is_file()}
    assert after == before
