"""The scoring command as users type it: what it prints, keeps, and refuses in one sentence."""

import io
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from absl import flags
from absl.testing import flagsaver
from PIL import Image

from tests.metrics.conftest import SIZE, noise_pictures
from tfgan_zoo.command import UsageError
from tfgan_zoo.metrics import extractors, reconstruction, score, suite

ROOT = pathlib.Path(__file__).resolve().parents[2]
DCGAN = ROOT / "saved_models" / "dcgan"
DIGITS = ("--real=digits", "--extractor=pixels", "--metrics=swd,1nn")


@pytest.fixture
def command(capsys, tmp_path):
    """A function (*arguments) -> (exit status, standard output, standard error)."""

    def run(*arguments):
        with flagsaver.flagsaver():
            given = [f"--cache_dir={tmp_path / 'cache'}", *map(str, arguments)]
            rest = flags.FLAGS(["score", *given])
            try:
                score.main(rest)
                status = 0
            except SystemExit as ended:
                status = ended.code
        captured = capsys.readouterr()
        return status, captured.out, captured.err

    return run


@pytest.fixture
def scored(command):
    """A function (*arguments) -> the content of the JSON line of a command that works."""

    def run(*arguments):
        status, out, err = command(*arguments)
        assert status == 0, err
        return json.loads(out.splitlines()[-1])

    return run


@pytest.fixture
def refused(command):
    """A function (*arguments) -> the sentence of a command that does not work."""

    def run(*arguments):
        status, out, err = command(*arguments)
        assert status == 2 and not out, out
        (sentence,) = re.findall(r"^error: (.*)", err, re.DOTALL | re.MULTILINE)
        assert "Traceback" not in sentence
        return sentence.strip()

    return run


def values(content):
    return {one["key"]: one["value"] for one in content["scores"]}


def save_folder(folder, pictures, names="{:04}.png"):
    folder.mkdir(parents=True, exist_ok=True)
    for row, picture in enumerate(pictures):
        pixels = picture[..., 0] if picture.shape[-1] == 1 else picture
        Image.fromarray(pixels).save(folder / names.format(row))
    return folder


@pytest.fixture
def real(tmp_path):
    """A folder of thirty grey pictures of 12x16."""
    return save_folder(tmp_path / "real", noise_pictures(30, seed=1))


@pytest.fixture
def fake(tmp_path):
    """An .npz file of twenty grey pictures of 12x16."""
    path = tmp_path / "fake.npz"
    np.savez(path, images=noise_pictures(20, seed=2))
    return path


@pytest.fixture
def little(real, fake):
    """The arguments of a score that takes no time."""
    given = (f"--generated={fake}", f"--real={real}", "--real_split=all")
    return (*given, "--extractor=pixels", "--metrics=swd")


# What a user does.


def test_shipped_generator_in_pixels(command):
    status, out, err = command(f"--generated={DCGAN}", *DIGITS)
    assert status == 0, err
    assert out.startswith("Generated  ")
    table, line = out.strip().split("\n\n{")
    content = json.loads("{" + line)
    protocol = content["protocol"]
    assert protocol["generated"]["count"] == protocol["real"]["count"] == 355
    assert protocol["generated"]["shape"] == protocol["real"]["shape"] == [32, 32, 1]
    assert protocol["generated"]["sha256"] == extractors.hash_of(DCGAN / "1")
    assert protocol["generated"]["latents"] == "its own prior"
    assert protocol["real"] | {"what": "digits", "split": "test"} == protocol["real"]
    assert protocol["extractor"]["name"] == "pixels"
    assert protocol["settings"]["projections"] == 1000
    assert [one["key"] for one in content["scores"]] == [
        *("sliced_wasserstein", "one_nn", "one_nn_real", "one_nn_fake")
    ]
    assert 0.5 < values(content)["one_nn"] < 1  # digits of another set
    for one in content["scores"]:
        assert f"{one['label']} " in table and f"{one['value']:.4f}" in table
    # The next one finds the statistics of the digits and says the same, to the letter.
    assert command(f"--generated={DCGAN}", *DIGITS) == (0, out, "")


def test_grey_pictures_go_to_the_classifier_of_digits(scored):
    arguments = ("--metrics=fid,is,classes,prdc", "--is_splits=5", "--num_samples=200")
    content = scored(f"--generated={DCGAN / '1'}", "--real=digits", *arguments)
    found = content["protocol"]["extractor"]
    assert found["name"] == "mnist_cnn" and found["size"] == "28x28"
    assert found["sha256"] == extractors.hash_of(ROOT / "saved_models" / "mnist_cnn" / "1")
    assert content["scores"][0]["label"] == "Frechet distance, mnist_cnn"
    assert "FID" not in json.dumps(content["scores"])
    model = values(content)
    assert model["missing_classes"] == 0 and model["inception_score"] > 4
    # The floor: digits against other digits.
    given = ("--image_size=32", "--channels=1", "--num_samples=200")
    content = scored("--generated=digits", "--real=digits", *given, *arguments[:2])
    assert content["protocol"]["generated"]["split"] == "train"
    floor = values(content)
    assert floor["frechet_distance"] < 0.5 * model["frechet_distance"]
    assert floor["precision"] > model["precision"] and floor["precision"] > 0.8
    assert floor["class_distance"] < model["class_distance"]


def test_tflite_scores_as_the_saved_model(scored):
    given = (*DIGITS, "--latents=uniform", "--num_samples=100", "--num_real=100")
    model = scored(f"--generated={DCGAN}", *given)
    lite = scored(f"--generated={DCGAN / 'model.tflite'}", *given)
    assert lite["protocol"]["generated"]["latents"] == "uniform (--latents)"
    assert values(lite) == pytest.approx(values(model), rel=0.02)
    assert lite["protocol"]["generated"]["sha256"] != model["protocol"]["generated"]["sha256"]


@pytest.mark.parametrize("channels", [1, 3])
def test_folder_and_npz_of_the_same_pictures(scored, tmp_path, channels):
    pictures = noise_pictures(20, (*SIZE, channels), seed=2)
    np.savez(tmp_path / "fake.npz", images=pictures)
    save_folder(tmp_path / "fake", pictures)
    save_folder(tmp_path / "real", noise_pictures(30, (*SIZE, channels), seed=1))
    given = (f"--real={tmp_path / 'real'}", "--real_split=all", "--extractor=pixels")
    first, second = (
        scored(f"--generated={tmp_path / name}", *given, "--metrics=fid,swd")
        for name in ("fake.npz", "fake")
    )
    assert values(first) == values(second)
    for content in (first, second):
        assert content["protocol"]["generated"]["count"] == 20
        assert content["protocol"]["generated"]["shape"] == [*SIZE, channels]
        assert content["protocol"]["real"]["count"] == 30
    (digest,) = {content["protocol"]["generated"]["pictures"] for content in (first, second)}
    assert len(digest) == 64


def test_metrics_of_pictures_alone_ask_no_extractor(scored, tmp_path, monkeypatch):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))  # no Inception
    colour = save_folder(tmp_path / "fake", noise_pictures(4, (*SIZE, 3)))
    real = save_folder(tmp_path / "real", noise_pictures(4, (*SIZE, 3), seed=1))
    content = scored(
        f"--generated={colour}", f"--real={real}", "--real_split=all", "--metrics=luma"
    )
    assert set(values(content)) == {"luma_psnr", "luma_ssim"}


def test_output_gets_a_line_of_each_score(command, little, tmp_path):
    file = tmp_path / "scores.jsonl"
    printed = [command(*little, f"--seed={seed}", f"--output={file}")[1] for seed in (0, 1)]
    lines = file.read_text().splitlines()
    assert lines == [out.splitlines()[-1] for out in printed]
    assert [json.loads(line)["protocol"]["settings"]["seed"] for line in lines] == [0, 1]


def test_list_of_metrics(command):
    status, out, _ = command("--list_metrics")
    assert status == 0
    assert [line.split()[0] for line in out.splitlines()] == list(suite.METRICS)


def test_a_part_of_the_real_pictures_is_drawn_from_the_seed(scored, little):
    def pictures(seed):
        content = scored(*little, "--num_real=10", "--num_samples=12", f"--seed={seed}")
        sides = content["protocol"]["real"], content["protocol"]["generated"]
        assert [side["count"] for side in sides] == [10, 12]
        return [side["pictures"] for side in sides]

    assert pictures(0) == pictures(0)
    assert not set(pictures(0)) & set(pictures(1))


def test_training_pictures_are_those_of_the_other_split(scored, tmp_path):
    """Every second generated picture is a copy of a training picture."""
    pictures = noise_pictures(300, (8, 8, 1))
    save_folder(tmp_path / "real", pictures)  # the last hundred are held out
    fresh = noise_pictures(100, (8, 8, 1), seed=5)
    copies = np.concatenate([pictures[:50], fresh[50:]])
    for name, images in (("fresh", fresh), ("copies", copies)):
        np.savez(tmp_path / f"{name}.npz", images=images)
    save_folder(tmp_path / "real" / "test", pictures[200:])
    save_folder(tmp_path / "real" / "train", pictures[:200])
    for file in (tmp_path / "real").glob("*.png"):
        file.unlink()
    shares = {}
    for name in ("fresh", "copies"):
        given = (f"--generated={tmp_path / name}.npz", f"--real={tmp_path / 'real'}")
        content = scored(*given, "--metrics=memorisation,parzen", "--extractor=pixels")
        assert content["protocol"]["train"]["count"] == 190  # ten are for validation
        assert content["protocol"]["train"]["split"] == "train"
        shares[name] = values(content)["memorised_share_pixels"]
    assert shares["fresh"] < 0.05 and shares["copies"] == pytest.approx(0.5, abs=0.05)


@pytest.fixture
def translator(export, signature):
    """Grey pictures -> the same in colour: the mean of each with a learnt tint."""
    import keras

    keras.utils.set_random_seed(8)
    network = keras.Sequential(
        [keras.Input([None, None, 1]), keras.layers.Conv2D(3, 1, activation="tanh")]
    )
    made = {
        name: signature(lambda x: {"images": network(x)}, x=[None, *size, 1])
        for name, size in (("fixed", SIZE), ("any", (None, None)))
    }
    return network, {name: export(name, network, signatures) for name, signatures in made.items()}


def test_translator_is_scored_on_pairs(scored, refused, translator, tmp_path):
    network, folders = translator
    sources = noise_pictures(6, (*SIZE, 3), seed=1)
    targets = noise_pictures(6, (*SIZE, 3), seed=2)
    save_folder(tmp_path / "a", sources)
    save_folder(tmp_path / "b", targets)
    for split in ("train", "test"):
        for side in ("a", "b"):
            (tmp_path / side / split).mkdir()
    for side in ("a", "b"):  # the first four are for the test
        for row, file in enumerate(sorted((tmp_path / side).glob("*.png"))):
            file.rename(file.parent / ("test" if row < 4 else "train") / file.name)
    given = (f"--real={tmp_path / 'a'},{tmp_path / 'b'}", "--metrics=paired,swd")
    given += ("--extractor=pixels",)
    content = scored(f"--generated={folders['fixed']}", *given)
    grey = np.stack([np.asarray(Image.fromarray(s).convert("L"))[..., None] for s in sources[:4]])
    drawn = network(grey / np.float32(127.5) - 1).numpy()
    drawn = np.rint((drawn + 1) * 127.5) / 127.5 - 1
    expected = reconstruction.reconstruction_scores(
        drawn.astype(np.float32), targets[:4] / np.float32(127.5) - 1
    )
    for key in ("l1", "psnr", "ssim"):
        assert values(content)[key] == pytest.approx(expected[key].mean(), rel=1e-3)
    assert "latents" not in content["protocol"]["generated"]

    # One that takes any size must be told which.
    anyone = f"--generated={folders['any']}"
    assert "say by --image_size at which to score" in refused(anyone, *given)
    content = scored(anyone, *given, "--image_size=20", "--num_samples=3")
    assert content["protocol"]["generated"]["shape"] == [20, 20, 3]
    assert content["protocol"]["real"]["count"] == content["protocol"]["generated"]["count"] == 3

    fixed = f"--generated={folders['fixed']}"
    assert "takes pictures of 12x16" in refused(fixed, *given, "--image_size=20")
    assert "--num_samples=5, but" in refused(fixed, *given, "--num_samples=5")
    assert "cannot both be" in refused(fixed, *given, "--num_samples=3", "--num_real=4")
    assert "leave out --latents" in refused(fixed, *given, "--latents=normal")
    assert "pairs are needed here" in refused(fixed, "--real=digits", *given[1:])


# The cache of real statistics.


@pytest.fixture
def asked(monkeypatch):
    """How many pictures went into an extractor, by command: a list that grows."""
    counts = []
    call = extractors.Extractor.__call__

    def counting(self, pictures):
        counts.append(len(pictures))
        return call(self, pictures)

    monkeypatch.setattr(extractors.Extractor, "__call__", counting)
    return counts


def test_second_score_asks_no_extractor_about_real_pictures(scored, little, asked):
    def pictures_read(*arguments):
        asked.clear()
        content = scored(*little, *arguments)
        return sum(asked), values(content)

    first = pictures_read()
    assert first[0] == 50
    assert pictures_read() == (20, first[1])
    assert pictures_read("--batch_size=7")[0] == 20
    assert pictures_read("--nocache")[0] == 50
    assert pictures_read("--num_real=29")[0] == 49  # other pictures
    assert pictures_read("--metrics=swd,fid")[0] == 50  # more than was kept
    assert pictures_read("--metrics=fid")[0] == 20
    assert pictures_read("--metrics=swd,ms_ssim")[0] == 20


def test_a_changed_pixel_misses(scored, little, real, asked):
    scored(*little)
    file = sorted(real.glob("*.png"))[7]
    pixels = np.array(Image.open(file))
    pixels[3, 3] ^= 1
    Image.fromarray(pixels).save(file)
    os.utime(file, ns=(1, 1))  # however the clock stood
    asked.clear()
    scored(*little)
    assert sum(asked) == 50


def test_another_extractor_misses(scored, little, classifier, tmp_path, asked):
    import shutil

    folder = tmp_path / "own"
    shutil.copytree(classifier.folder, folder)
    given = (*little, f"--extractor={folder}")
    before = values(scored(*given))
    asked.clear()
    scored(*given)
    assert sum(asked) == 20
    (folder / "fingerprint.pb").write_bytes(b"other weights")
    asked.clear()
    assert values(scored(*given)) == before
    assert sum(asked) == 50


def test_damaged_statistics_are_computed_anew(command, little, tmp_path, caplog):
    first = command(*little)
    (kept,) = (tmp_path / "cache").iterdir()
    kept.write_bytes(kept.read_bytes()[:-5])
    assert command(*little)[1] == first[1]
    assert "are damaged" in caplog.text and str(kept) in caplog.text
    caplog.clear()
    assert command(*little)[1] == first[1]
    assert not caplog.text


def test_no_cache_where_nothing_can_be_written(command, little, tmp_path, caplog):
    (tmp_path / "cache").write_text("a file")
    status, out, _ = command(*little)
    assert status == 0 and "Sliced Wasserstein" in out
    assert "The statistics are not kept in" in caplog.text


# What does not work.


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--generated=models/dcgn"], ["--generated=models/dcgn", ".tflite", "tfds:NAME"]),
        (["--generated=none.tflite"], ["--generated=none.tflite"]),
        (["--generated=none.npz"], ["There is no file none.npz"]),
        (["--real=nowhere"], ["--real=nowhere", "digits", "tfds:NAME"]),
        (["--real=tfds:nowhere"], ["TFDS knows no data set 'nowhere'"]),
        (["--real_split=tst"], ["no examples for 'tst'"]),
        (["--metrics=swd,fdi"], ["'fdi'", "which is no metric", "fid, is, kid"]),
        (["--metrics="], ["names nothing", "fid, is, kid"]),
        (["--metrics=is"], ["is needs class probabilities", "pixels does not give"]),
        (["--metrics=kid"], ["at least 1000 real pictures", "--kid_subset_size"]),
        (["--metrics=1nn"], ["as many generated as real", "--num_samples and --num_real alike"]),
        (["--metrics=memorisation"], ["--train_split", "held-out"]),
        (["--metrics=ms_ssim,luma", "--border=1"], ["luma needs pictures of at least 13 pixels"]),
        (["--num_samples=21"], ["--num_samples=21", "holds 20 pictures"]),
        (["--num_real=31"], ["--num_real=31", "holds 30 pictures"]),
        (["--extractor=incepton"], ["--extractor=incepton", "inception, mnist_cnn, pixels"]),
        (["--extractor=inception"], ["--download", "--inception_weights"]),
        (["--inception_weights=x", "--extractor=inception"], ["x is not a file"]),
        (["--latents=normal"], ["is no generator: leave out --latents"]),
        (["--generated=digits", "--extractor=auto"], ["--image_size", "--channels"]),
        (["--generated=digits", "--image_size=9"], ["at least 10x10 pixels"]),
        (["--output=/nowhere/scores.jsonl"], ["--output=/nowhere/scores.jsonl", "cannot be writ"]),
    ],
)
def test_one_sentence(refused, little, tmp_path, monkeypatch, arguments, words):
    monkeypatch.setenv("KERAS_HOME", str(tmp_path))
    if arguments == ["--metrics=memorisation"]:
        arguments = [*arguments, "--train_split=all"]
    sentence = refused(*little, *arguments)
    for word in words:
        assert word in sentence
    assert "\n" not in sentence


def test_generators_that_do_not_fit(refused, generator):
    plain = f"--generated={generator.plain}"
    assert "give --latents=normal or --latents=uniform" in refused(plain, *DIGITS)
    own = f"--generated={generator.folder}"
    assert "leave out --image_size" in refused(own, *DIGITS, "--image_size=32")
    sentence = refused(own, "--real=digits", "--metrics=paired")
    assert "paired compares each generated picture with its true one" in sentence
    assert "draws its pictures at random" in sentence


def test_folders_that_cannot_be_scored(refused, command, tmp_path, little):
    def sentence(folder, *arguments):
        return refused(*little, f"--generated={tmp_path / folder}", *arguments)

    (tmp_path / "empty").mkdir()
    assert "empty holds no pictures" in sentence("empty")

    save_folder(tmp_path / "sizes", noise_pictures(2))
    save_folder(tmp_path / "sizes", noise_pictures(1, (9, 9, 3)), "z{}.png")
    words = "differ in size or channels (0001.png is 12x16x1 and z0.png 9x9x3)"
    assert words in sentence("sizes")

    save_folder(tmp_path / "damaged", noise_pictures(2))
    (tmp_path / "damaged" / "x.png").write_bytes(b"")
    assert "x.png: is empty" in sentence("damaged")

    save_folder(tmp_path / "parts" / "train", noise_pictures(3))
    save_folder(tmp_path / "parts" / "test", noise_pictures(3, seed=1))
    assert "holds the split folders train, test" in sentence("parts")
    parts = (f"--real={tmp_path / 'parts'}", "--real_split=all")
    assert "holds the split folders train, test" in refused(*little, *parts)

    save_folder(tmp_path / "nested", noise_pictures(2))
    save_folder(tmp_path / "nested" / "more", noise_pictures(2))
    assert "more: is a folder among pictures" in sentence("nested")
    assert "Of the 4 pictures under" in sentence("nested", "--skip_bad")

    save_folder(tmp_path / "notes", noise_pictures(5, seed=4))
    (tmp_path / "notes" / "notes.json").write_text("{}")
    assert "--skip_bad" in sentence("notes")
    notes = f"--generated={tmp_path / 'notes'}"
    status, out, _ = command(*little, notes, "--skip_bad")
    assert status == 0
    assert "all (every picture in it; 1 file(s) skipped): 5 pictures" in " ".join(out.split())


def test_colour_against_an_extractor_of_grey(refused, tmp_path, classifier):
    colour = save_folder(tmp_path / "colour", noise_pictures(4, (*SIZE, 3)))
    for extractor, name in ((classifier.folder, "classifier"), ("mnist_cnn", "mnist_cnn")):
        sentence = refused(f"--generated={colour}", "--real=digits", f"--extractor={extractor}")
        assert f"{name} takes pictures of 1 channel(s) and these have 3" in sentence


def test_the_real_pictures_are_no_generated_ones(refused, little, real):
    sentence = refused(*little, f"--generated={real}")
    assert "are the real ones, byte for byte" in sentence


def test_pairs_must_belong_together(refused, scored, tmp_path, real):
    other = save_folder(tmp_path / "other", noise_pictures(30, seed=3))
    given = (f"--real={real}", "--real_split=all", "--metrics=paired")
    content = scored(f"--generated={other}", *given)
    # A part is the same part of both.
    part = scored(f"--generated={other}", *given, "--num_samples=7", "--num_real=7")
    found = reconstruction.reconstruction_scores(
        *(noise_pictures(30, seed=seed) / np.float32(127.5) - 1 for seed in (3, 1))
    )
    rows = np.sort(np.random.default_rng(0).choice(30, 7, replace=False))
    assert values(content)["l1"] == pytest.approx(found["l1"].mean(), rel=1e-5)
    assert values(part)["l1"] == pytest.approx(found["l1"][rows].mean(), rel=1e-5)

    save_folder(tmp_path / "renamed", noise_pictures(30, seed=3), "{:04}_drawn.png")
    sentence = refused(f"--generated={tmp_path / 'renamed'}", *given)
    assert "0000_drawn would meet 0000" in sentence
    save_folder(tmp_path / "more", noise_pictures(31, seed=3))
    sentence = refused(f"--generated={tmp_path / 'more'}", *given, "--num_samples=30")
    assert "30 of the 31 pictures" in sentence and "meet 30 of the 30" in sentence


def test_pictures_that_are_not_finite(refused, little, tmp_path):
    np.savez(tmp_path / "nan.npz", images=np.full((5, *SIZE, 1), np.nan))
    assert "not finite" in refused(*little, f"--generated={tmp_path / 'nan.npz'}")


def test_memory_that_does_not_suffice(refused, little, monkeypatch):
    def fail(*arguments):
        raise MemoryError("Unable to allocate 9.00 TiB")

    monkeypatch.setattr(suite, "compute", fail)
    sentence = refused(*little)
    assert "the memory does not suffice" in sentence and "9.00 TiB" in sentence


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--real=digits"], "--generated is missing"),
        (["--generated=digits"], "--real is missing"),
        (["--generated=digits", "--real="], "--real is missing"),
        (["--generated=digits", "--real=digits", "stray"], "Unexpected argument 'stray'"),
    ],
)
def test_usage(command, arguments, words):
    with pytest.raises(UsageError, match=words):
        command(*arguments)


# The terminal.


class Terminal(io.StringIO):
    def isatty(self):
        return True


def test_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", Terminal())
    clock = iter([0.0, 1.0, 1.05, 3.0, 4.0])
    monkeypatch.setattr(score.time, "monotonic", lambda: next(clock))
    bar = score.Bar("generated", 2000)
    for done in (500, 600, 1500, 2000):  # the second comes too soon after the first
        bar(done)
    shown = sys.stderr.getvalue().split("\r\x1b[2K")[1:]
    assert shown == [
        "generated [#####...............] 500/2,000 pictures, 500 a second, 3 s left",
        "generated [###############.....] 1,500/2,000 pictures, 500 a second, 1 s left",
        "generated [####################] 2,000/2,000 pictures, 500 a second, 0 s left",
    ]
    assert max(map(len, shown)) < 80


def test_nothing_but_a_terminal_sees_the_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    score.Bar("real", 10)(10)
    assert not sys.stderr.getvalue()


# Processes of its own.


def process(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "tfgan_zoo.metrics.score", *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=300,
    )


def test_whole_process_on_a_terminal_of_ascii(tmp_path, little, command):
    few = ("--metrics=fid,swd", f"--cache_dir={tmp_path / 'cache'}")
    done = process(*little, *few, PYTHONIOENCODING="ascii", LC_ALL="C")
    assert done.returncode == 0, done.stderr
    assert "samples in 192 dimensions" in done.stdout and "Traceback" not in done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == json.loads(
        command(*little, *few)[1].splitlines()[-1]
    )


def test_whole_process_that_is_refused(little):
    done = process(*little, "--metrics=fdi")
    assert done.returncode == 2 and not done.stdout
    assert "\nerror: --metrics names 'fdi'" in done.stderr and "Traceback" not in done.stderr


def test_usage_needs_no_tensorflow():
    done = process("--generated=x", PYTHONPROFILEIMPORTTIME="1")
    assert done.returncode == 2 and "--real is missing" in done.stdout + done.stderr
    assert " numpy\n" in done.stderr and "tensorflow" not in done.stderr
    assert process("--kid_subset_size=1").returncode == 2


def test_scores_go_into_the_card(command, refused, tmp_path):
    folder = shutil.copytree(DCGAN, tmp_path / "dcgan")
    asked = (f"--generated={folder / '1'}", *DIGITS, "--num_samples=50", "--num_real=50")
    status, _, err = command(*asked, "--write_card", "--remark=Soft edges.")
    assert status == 0 and f"The card in {folder} has these scores now." in err
    found = json.loads((folder / "card.json").read_text())["compared"]
    own = [score for score in found if score["protocol"]["extractor"]["name"] == "pixels"]
    assert {score["key"] for score in own} > {"sliced_wasserstein"} and own[0][
        "remark"
    ] == "Soft edges."
    assert own[0]["protocol"]["generated"]["what"] == "dcgan/1"
    assert str(tmp_path) not in (folder / "card.json").read_text()
    assert "Soft edges." in (folder / "README.md").read_text()
    assert "--remark stands in a card: it needs --write_card" in refused(*asked, "--remark=Soft.")
    (folder / "card.json").unlink()
    assert "has no card.json" in refused(*asked, "--write_card")
