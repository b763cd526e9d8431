"""The explorer: what its pictures show, on the shipped generator of digits and on small ones."""

import json
import os
import pathlib
import types

import keras
import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from tests import commands
from tfgan_zoo.explore import attributes, features, files, latents
from tfgan_zoo.explore.generator import ExploreError, Generator
from tfgan_zoo.export import interface as interfaces
from tfgan_zoo.export import saved_model, signatures
from tfgan_zoo.kinds.image import to_uint8
from tfgan_zoo.networks.priors import Uniform

SHIPPED = pathlib.Path(__file__).resolve().parents[1] / "saved_models"
DCGAN = SHIPPED / "dcgan"


def options(**changed):
    """What the command line would give, with some of it changed."""
    defaults = {
        "seed": 0,
        "count": 8,
        "steps": 9,
        "plus": [],
        "minus": [],
        "to": [],
        "jitter": 0.25,
        "attributes": [],
        "strength": 1.0,
        "dimensions": ["0"],
        "low": -2.0,
        "high": 2.0,
        "region": [],
        "layer": -1,
        "fitted": 150,
        "extractor": ["pixels"],
        "data": "digits",
        "data_dir": None,
        "download": False,
        "labels": ["20"],
        "draws": 3,
        "num_train": 300,
        "num_held_out": 100,
        "num_test": 120,
        "centroids": 8,
        "patches": 500,
        "input": None,
        "keep_size": True,
        "overwrite": False,
        "label": None,
        "category": None,
        "set": [],
        "latents": None,
    }
    return types.SimpleNamespace(**{**defaults, **changed})


@pytest.fixture(scope="module")
def digits():
    return Generator(DCGAN)


class Bright:
    """Two numbers from 0.3 to 1."""

    size = 2

    def sample(self, count, seed):
        return tf.random.stateless_uniform([count, 2], seed, 0.3, 1.0)


@pytest.fixture(scope="module")
def painted(tmp_path_factory):
    """A generator whose first feature map paints the left half, its second the right."""
    halves = np.zeros((8, 8, 2), np.float32)
    halves[:, :4, 0] = halves[:, 4:, 1] = 1
    inputs = keras.Input((2,))
    maps = keras.layers.Lambda(lambda z: z[:, None, None, :] * halves, output_shape=(8, 8, 2))
    active = keras.layers.ReLU()(maps(inputs))
    paint = keras.layers.Conv2D(1, 1, kernel_initializer="ones", use_bias=False)
    network = keras.Model(inputs, paint(active))
    interface = interfaces.Interface(
        name="painted",
        inputs=(interfaces.latents(Bright()),),
        outputs=(interfaces.images((8, 8, 1)),),
        call=lambda latents: network(latents),
        networks=(network,),
    )
    functions = signatures.build(interface)
    folder = tmp_path_factory.mktemp("painted")
    return Generator(saved_model.save(folder, network=network, signatures=functions))


def test_a_great_circle_keeps_the_length():
    random = np.random.default_rng(0)
    first, second = random.standard_normal((2, 100))
    first, second = 3 * first / np.linalg.norm(first), 3 * second / np.linalg.norm(second)
    points = latents.slerp(first, second, np.linspace(0, 1, 11))
    np.testing.assert_allclose(np.linalg.norm(points, axis=1), 3)
    np.testing.assert_allclose(points[[0, -1]], [first, second])
    steps = np.sum(points[1:] * points[:-1], 1) / 9
    np.testing.assert_allclose(steps, steps[0])  # equal angles
    straight = first + np.linspace(0, 1, 11)[:, None] * (second - first)
    assert np.linalg.norm(straight, axis=1).min() < 2.5
    same = latents.slerp(first, 2 * first, [0, 0.5, 1])
    np.testing.assert_allclose(same, np.outer([1, 1.5, 2], first))


def test_interpolations_begin_and_end_at_samples(digits):
    picture = latents.interpolate(digits, options(count=2, steps=3, seed=5))
    ends = digits(digits.draw_latents(4, 5))
    cells = cut(picture, 4, 3, 64)
    for row, (first, last) in enumerate([(0, 1), (0, 1), (2, 3), (2, 3)]):
        np.testing.assert_allclose(cells[row, 0], enlarged(ends[first]), atol=1)
        np.testing.assert_allclose(cells[row, -1], enlarged(ends[last]), atol=1)


def cut(picture, rows, columns, side, top=0):
    """[rows, columns, side, side] greys of a grid."""
    pixels = np.asarray(picture.convert("L"), np.float32)[top:]
    return np.stack(
        [
            [
                pixels[4 + y * (side + 4) :, 4 + x * (side + 4) :][:side, :side]
                for x in range(columns)
            ]
            for y in range(rows)
        ]
    )


def enlarged(image):
    levels = np.rint((image[..., 0] + 1) * 127.5)
    return np.kron(levels, np.ones((2, 2)))


def test_arithmetic_is_that_of_the_mean_latents(digits):
    picture = latents.arithmetic(
        digits, options(plus=["1", "2"], minus=["3"], to=["4"], jitter=0.0, seed=2)
    )
    drawn = digits.draw_latents(64, 2)
    result = drawn[[1, 2]].mean(0) - drawn[3] + drawn[4]
    cells = cut(picture, 3, 6, 64, top=18)
    expected = digits(np.stack([drawn[[1, 2]].mean(0), drawn[3], drawn[4], result]))
    for column, image in zip((0, 1, 2, 4), expected, strict=True):
        np.testing.assert_allclose(cells[min(1, column // 4), column], enlarged(image), atol=1)


def test_a_sweep_varies_one_dimension(digits):
    picture = latents.sweep(digits, options(dimensions=["7"], low=-1.0, high=1.0, steps=3, seed=1))
    latent = np.repeat(digits.draw_latents(1, 1), 3, 0)
    latent[:, 7] = [-1, 0, 1]
    for cell, image in zip(cut(picture, 1, 3, 64)[0], digits(latent), strict=True):
        np.testing.assert_allclose(cell, enlarged(image), atol=1)


def test_dropping_the_maps_of_a_region_empties_it(painted):
    picture = latents.drop(painted, options(region=["0", "0", "8", "4"], count=3, fitted=20))
    before, after = cut(picture, 2, 3, 16)
    assert (before[:, :, :8].mean((1, 2)) > 150).all()
    np.testing.assert_allclose(after[:, :, :8], 127.5, atol=1)  # nothing is drawn there
    np.testing.assert_allclose(after[:, :, 8:], before[:, :, 8:], atol=1)


def test_a_plane_lays_pictures_where_their_latents_lie(painted, digits):
    picture = latents.plane(painted, options(steps=3, low=0.0, high=0.8))
    cells = cut(picture, 3, 3, 16)
    for row, right in enumerate((0.8, 0.4, 0.0)):
        for column, left in enumerate((0.0, 0.4, 0.8)):
            np.testing.assert_allclose(cells[row, column, :, :8], 127.5 * (1 + left), atol=1)
            np.testing.assert_allclose(cells[row, column, :, 8:], 127.5 * (1 + right), atol=1)
    painted.normal = True
    middle = cut(latents.plane(painted, options(steps=3)), 3, 3, 16)[1, 1]
    painted.normal = False
    np.testing.assert_allclose(middle, 127.5, atol=1)  # the median of the prior is 0
    with pytest.raises(ValueError, match="latents of 2 dimensions, and these have 100"):
        latents.plane(digits, options())


def test_classes_are_as_many_as_the_generator_has():
    generator = Generator(DCGAN.parent / "cgan")
    assert (generator.classes, generator.dimension, generator.normal) == (10, 1300, False)
    picture = latents.classes(generator, options(count=2))
    cells = cut(picture, 2, 10, 56, top=18)
    drawn = generator.draw_latents(2, 0)
    expected = generator(drawn[[0, 1]], [3, 7])
    np.testing.assert_allclose(cells[0, 3], enlarged(expected[0]), atol=1)
    np.testing.assert_allclose(cells[1, 7], enlarged(expected[1]), atol=1)
    assert generator._count_classes() == 10  # as without its card


def test_hidden_maps_finish_as_the_generator_itself(digits):
    drawn = digits.draw_latents(3, 0)
    for layer in (0, -1):
        maps, finish = digits.opened(layer)
        np.testing.assert_allclose(finish(drawn, maps(drawn)), digits(drawn), atol=1e-5)


@pytest.mark.parametrize(
    ("command", "changed", "sentence"),
    [
        ("arithmetic", {"plus": ["64"], "to": ["1"]}, "numbers of samples from 0 to 63"),
        ("arithmetic", {"to": ["1"]}, "--plus is empty"),
        ("sweep", {"dimensions": ["100"]}, "lie from 0 to 99"),
        ("classes", {}, "takes no labels"),
        ("drop", {}, "--region takes four numbers"),
        ("drop", {"region": ["0", "0", "40", "4"]}, "must lie in a picture of 32x32"),
        ("drop", {"region": ["0", "0", "8", "8"], "layer": 9}, "activated feature maps"),
    ],
)
def test_what_cannot_be_drawn_is_one_sentence(digits, command, changed, sentence):
    with pytest.raises(ValueError, match=sentence):
        latents.COMMANDS[command](digits, options(**changed))


@pytest.mark.parametrize(
    ("command", "changed", "lower"),
    [
        ("interpolate", {"steps": 100_000}, "--count or --steps"),
        ("interpolate", {"count": 3_000_000}, "--count or --steps"),
        ("sweep", {"steps": 2**31 - 1}, "--steps"),
        ("drop", {"count": 3000, "region": ["0", "0", "8", "8"]}, "--count"),
    ],
)
def test_no_sheet_is_larger_than_a_person_looks_at(digits, command, changed, lower):
    with pytest.raises(ExploreError, match=f"a sheet of this .* holds 4,096: lower {lower}"):
        latents.COMMANDS[command](digits, options(**changed))


def read(path):
    with Image.open(path) as picture:
        return np.array(picture)


def test_samples_are_drawn_each_to_a_file(digits, tmp_path):
    asked = options(generator=str(DCGAN), count=70, seed=3)
    assert files.draw(asked, tmp_path / "a") == f"70 pictures: {tmp_path / 'a'}"
    names = sorted(path.name for path in (tmp_path / "a").iterdir())
    assert names == [f"seed3_{number:06d}.png" for number in range(70)]
    drawn = np.stack([read(tmp_path / "a" / name) for name in names])
    expected = to_uint8(digits(digits.draw_latents(64, 3)))[..., 0]
    assert np.abs(drawn[:64].astype(int) - expected).max() <= 1, "those of the sheet of samples"
    assert len(np.unique(drawn, axis=0)) == 70
    # The same picture under the same number, whatever else is drawn.
    files.draw(options(generator=str(DCGAN), count=2, seed=3), tmp_path / "b")
    np.testing.assert_array_equal(read(tmp_path / "b" / names[1]), drawn[1])
    with pytest.raises(ExploreError, match="seed3_000000.png.* would be written over"):
        files.draw(asked, tmp_path / "b")
    files.draw(options(**vars(asked) | {"overwrite": True}), tmp_path / "b")


def test_classes_and_codes_are_chosen(tmp_path):
    cgan = options(generator=str(SHIPPED / "cgan"), count=11)
    files.draw(cgan, tmp_path / "turn")
    names = sorted(path.name for path in (tmp_path / "turn").iterdir())
    assert names[0].endswith("_000000_class0.png") and names[10].endswith("_000010_class0.png")
    files.draw(options(**vars(cgan) | {"label": "7", "count": 2}), tmp_path / "seven")
    assert all(path.name.endswith("_class7.png") for path in (tmp_path / "seven").iterdir())
    infogan = vars(options(generator=str(SHIPPED / "infogan"), count=3))
    for category in (1, 2):
        code = options(**infogan | {"category": category, "set": ["72:0", "73:0"]})
        files.draw(code, tmp_path / f"c{category}")
    first, second = (read(next((tmp_path / f"c{c}").iterdir())) for c in (1, 2))
    assert (first != second).any()
    for wrong, sentence in (
        ({"label": "1"}, "takes no labels"),
        ({"category": 10}, "from 0 to 9"),
        ({"set": ["99:0"]}, "go from 0 to 73"),
        ({"set": ["1:nan"]}, "finite"),
        ({"set": ["1"]}, "DIMENSION:VALUE"),
        ({"count": 10**9}, "at most 1,000,000"),
    ):
        with pytest.raises(ExploreError, match=sentence):
            files.draw(options(**infogan | wrong), tmp_path / "wrong")
    with pytest.raises(ExploreError, match="--label=ten is no class"):
        files.draw(options(**vars(cgan) | {"label": "ten"}), tmp_path / "wrong")
    assert not (tmp_path / "wrong").exists()


def test_a_folder_is_translated_name_by_name(tmp_path):
    inside, output = tmp_path / "in", tmp_path / "in" / "drawn"
    (inside / "deep").mkdir(parents=True)
    random = np.random.default_rng(0)
    for name, size in (("a.jpg", (64, 64)), ("a.png", (64, 64)), ("deep/b.webp", (30, 20))):
        pixels = random.integers(0, 256, (*size, 3), np.uint8)
        Image.fromarray(pixels).save(inside / name)
    asked = options(generator=str(SHIPPED / "cyclegan" / "b_to_a"), input=str(inside))
    calls = []
    told = files.translate(asked, output, show=lambda *call: calls.append(call))
    assert told == f"3 pictures: {output}" and calls == [(3, 3)]
    found = {str(p.relative_to(output)): read(p).shape for p in output.rglob("*.png")}
    assert found == {"a.jpg.png": (64, 64, 3), "a.png.png": (64, 64, 3), "deep/b.png": (30, 20, 3)}
    call, _ = files.translator(SHIPPED / "cyclegan" / "b_to_a", 0)
    expected = to_uint8(call(read(inside / "a.png")[None].astype(np.float32) / 127.5 - 1))[0]
    np.testing.assert_array_equal(read(output / "a.png.png"), expected)
    with pytest.raises(ExploreError, match="would be written over"):
        files.translate(asked, output)
    (inside / "text.png").write_text("no picture")
    os.mkfifo(inside / "pipe.png")
    with pytest.raises(ExploreError, match="3 pictures are in .*; 2 cannot be used") as stop:
        files.translate(options(**vars(asked) | {"overwrite": True, "keep_size": False}), output)
    assert "pipe.png: is no file" in str(stop.value) and "text.png" in str(stop.value)
    assert read(output / "deep" / "b.png").shape == (64, 64, 3)


def test_a_seed_is_handed_to_a_translator_that_takes_one(tmp_path):
    network = keras.layers.Dense(3, kernel_initializer="zeros")
    network.build((None, 4, 6, 3))
    interface = interfaces.Interface(
        "styled",
        (interfaces.source_images((4, 6, 3), label_map=True), interfaces.seed()),
        (interfaces.images((4, 6, 3)),),
        call=lambda images, seed: network(images) + tf.cast(seed, tf.float32) / 10.0,
    )
    built = signatures.build(interface)
    saved_model.save(tmp_path / "styled", network=network, signatures=built)
    for seed in (0, 3):
        call, _ = files.translator(tmp_path / "styled", seed)
        np.testing.assert_allclose(call(np.ones((1, 4, 6, 3), np.float32)), seed / 10, atol=1e-6)


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"generator": str(DCGAN), "input": "."}, "needs one that makes a picture of a picture"),
        ({"generator": "nothing", "input": "."}, "holds no saved_model.pb"),
        ({"seed": 3, "input": "."}, "--seed=3 says nothing: .* draws without noise"),
        ({"input": "nowhere"}, "neither a picture nor a folder"),
        ({"input": "EMPTY"}, "holds no pictures"),
    ],
)
def test_what_cannot_be_translated_is_one_sentence(changed, sentence, tmp_path):
    if changed.get("input") == "EMPTY":
        changed = {"input": str(tmp_path)}
    asked = options(**{"generator": str(SHIPPED / "cyclegan" / "b_to_a"), **changed})
    with pytest.raises(ExploreError, match=sentence):
        files.translate(asked, tmp_path / "out")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["samples", "--count=3000000"], "--count says nothing to 'samples'"),
        (["interpolate", "--low=1", "--label=3"], "--label, --low says nothing to 'interpolate'"),
        (["sweep", "--low=nan"], "--low=nan: must be a number"),
        (["sweep", "--high=inf"], "--high=inf: must be a number"),
        (["arithmetic", "--jitter=-1"], "--jitter=-1.0: must be at least 0.0"),
        (["samples", "--seed=99999999999"], "--seed"),
    ],
)
def test_flags_that_say_nothing_or_nonsense_are_refused(arguments, sentence, tmp_path):
    done = run(*arguments, f"--generator={DCGAN}", f"--output={tmp_path / 'x.png'}")
    assert done.returncode == 2 and sentence in done.stderr and len(done.stderr) < 400


def run(*arguments, module="tfgan_zoo.explore"):
    return commands.run(module, *arguments)


def test_the_command_line(tmp_path):
    output = tmp_path / "samples.png"
    done = run("samples", f"--generator={DCGAN}", f"--output={output}")
    assert done.returncode == 0, done.stderr
    with Image.open(output) as picture:
        assert f"{picture.width}x{picture.height}" in done.stdout
    wrong = run("samples", f"--generator={DCGAN.parent / 'pix2pix'}", f"--output={output}")
    assert wrong.returncode == 2 and "need a generator from latents" in wrong.stderr
    assert "Traceback" not in wrong.stderr
    done = run()
    assert "Name one command: samples, interpolate" in done.stdout + done.stderr
    assert len((done.stdout + done.stderr).splitlines()) == 1, "not the whole help"
    done = run("--help")
    assert done.returncode == 0 and "--generator:" in done.stdout and not done.stderr


@pytest.fixture(scope="module")
def discriminator(tmp_path_factory):
    """The export of a DCGAN of two steps on the digits, with its discriminator's features."""
    folder = tmp_path_factory.mktemp("trained")
    done = run(
        "--flagfile=trainers/flagfiles/dcgan_tiny.flags",
        "--export_features",
        f"--run_dir={folder}",
        module="trainers.dcgan",
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder / "export" / "dcgan"


SMALL = ("--labels=20", "--draws=3", "--num_train=300", "--num_test=120", "--centroids=8")


def test_features_are_tabled_plotted_and_written_with_their_protocol(discriminator, tmp_path):
    output = tmp_path / "features.png"
    done = run(
        *("features", f"--extractor={discriminator},pixels", "--data=digits", *SMALL),
        *("--patches=500", "--num_held_out=100", f"--output={output}"),
    )
    assert done.returncode == 0, done.stdout + done.stderr
    head, *lines = done.stdout.splitlines()
    assert head.split() == ["dimensions", "20", "300"]
    table = {line.split()[0]: line.split()[1:] for line in lines[:3]}
    # Two layers of 4 and 8 maps of 4x4; 16x16 pixels; four quadrants of 8 centroids.
    assert {name: cells[0] for name, cells in table.items()} == {
        "dcgan": "192",
        "pixels": "256",
        "k-means": "32",
    }
    written = json.loads(output.with_suffix(".json").read_text())
    assert written["protocol"]["pictures"] == {"training": 300, "held-out": 100, "test": 120}
    assert set(written["protocol"]["extractors"]) == {"dcgan", "pixels"}
    for result in written["results"]:
        few, all_labels = result["curve"]
        assert (few["labels"], len(few["accuracies"])) == (20, 3)
        assert (all_labels["labels"], len(all_labels["accuracies"])) == (300, 1)
        assert 0.2 < few["mean"] < all_labels["mean"] <= 1
        cells = table[result["representation"]]
        assert cells[-1] == f"{100 * all_labels['mean']:.1f}"
        assert cells[1] == f"{100 * few['mean']:.1f}"
    with Image.open(output) as picture:
        assert picture.size == (600, 420)


def test_a_classifier_that_did_not_converge_is_marked():
    few = {"mean": 0.5, "std": 0.012, "converged": False}
    every = {"mean": 0.75, "std": 0.0, "converged": True}
    assert features.accuracy_cells([few, every]) == ["50.0 +- 1.2*", "75.0"]
    assert features.accuracy_cells([every, few | {"std": 0.0}]) == ["75.0 +- 0.0", "50.0*"]


def test_the_features_of_a_version_or_of_the_folder_are_the_same(discriminator):
    found = [
        features.find_extractors([str(path)])
        for path in (discriminator, discriminator / "1", discriminator / "features" / "1")
    ]
    assert [list(extractors) for extractors in found] == [["dcgan"]] * 3
    assert len({extractor["dcgan"].sha256 for extractor in found}) == 1
    twice = features.find_extractors([str(discriminator), str(discriminator / "1")])
    assert list(twice) == ["dcgan", str(discriminator / "1")]


def test_pictures_that_choose_costs_are_no_training_pictures():
    extractor = types.SimpleNamespace(size=(12, 12), channels=1)
    chosen = options(num_train=10_000, num_held_out=50, num_test=20, seed=3)
    parts, protocol = features.labelled_pictures(chosen, extractor)
    assert protocol["pictures"] == {"training": 1392, "held-out": 50, "test": 20}
    assert protocol["shape"] == [12, 12, 1]
    kept = [{image.tobytes() for image in images} for images, _ in parts[:2]]
    assert not kept[0] & kept[1]
    assert all(set(labels) == set(range(10)) for _, labels in parts[:2])


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"extractor": [str(DCGAN)]}, "its trainer writes those of the discriminator with --expor"),
        ({"extractor": ["nothing"]}, "nor a folder that holds saved_model.pb"),
        ({"data": "nowhere"}, "nowhere"),
        ({"data": "facades"}, "has no classes"),
        ({"labels": ["1", "x"]}, "--labels takes numbers of labels"),
        ({"labels": ["301"]}, "--labels lie from 1 to 300"),
        ({"labels": ["5"]}, "5 labels are too few: there are 10 classes"),
        ({"centroids": 501}, "500 patches cannot have 501 centroids"),
    ],
)
def test_features_that_cannot_be_measured_are_one_sentence(changed, sentence, tmp_path):
    with pytest.raises(ValueError, match=sentence):
        features.features(options(**changed), tmp_path / "features.json")


def test_the_command_of_features_says_what_is_missing(tmp_path):
    missing = run("features", "--data=digits", f"--output={tmp_path / 'features.png'}")
    assert "--extractor is missing" in missing.stdout + missing.stderr
    command = ("features", "--extractor=pixels", "--data=digits")
    nowhere = run(*command, f"--output={tmp_path / 'no' / 'features.png'}")
    assert nowhere.returncode == 2 and "there is no folder" in nowhere.stderr
    empty = run(*command, f"--output={tmp_path / 'features.png'}", "--labels=7")
    assert empty.returncode == 2 and "7 labels are too few" in empty.stderr
    assert "Traceback" not in empty.stderr


# Attributes of labelled pictures.


@pytest.fixture(scope="module")
def coded(tmp_path_factory):
    """A generator of grey pictures whose one latent is their brightness, and which encodes them."""
    inputs = keras.Input((1,))
    paint = keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")
    network = keras.Model(inputs, keras.layers.Reshape((1, 1, 1))(paint(inputs)))
    image = interfaces.images((16, 16, 1))
    encode = interfaces.Interface(
        name="encode",
        inputs=(interfaces.source_images((16, 16, 1)),),
        outputs=(interfaces.vector("latents", 1),),
        call=lambda images: tf.reduce_mean(images, [1, 2]),
        about="How bright a picture is.",
    )

    interface = interfaces.Interface(
        name="coded",
        inputs=(interfaces.latents(Uniform(1)),),
        outputs=(image,),
        call=lambda latents: tf.ones([1, 16, 16, 1]) * network(latents),
        networks=(network,),
        also=(encode,),
    )
    folder = tmp_path_factory.mktemp("coded")
    functions = signatures.build(interface)
    return Generator(saved_model.save(folder, network=network, signatures=functions))


def test_an_attribute_is_the_mean_code_with_it_less_that_without_it(coded):
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate import tables

    chosen = options(num_train=500, count=3, attributes=["1", "0"], strength=0.5)
    drawn, names = attributes.changed(coded, chosen)
    assert drawn.shape == (3, 4, 16, 16, 1) and names == ["1", "0"]
    request = Request(image_size=(16, 16), channels=1, val_count=0)
    train, test = (open_images("digits", split, request) for split in ("train", "test"))
    codes = tables.first_pictures(train, 500).mean((1, 2, 3))
    seen, truth = tables.first(train, 500)["labels"], tables.first_pictures(test, 3)
    moves = [0, *(codes[seen == one].mean() - codes[seen != one].mean() for one in (1, 0))]
    assert abs(moves[1] - moves[2]) > 0.01
    np.testing.assert_array_equal(drawn[:, 0], truth)
    for column, move in enumerate(moves, 1):
        expected = truth.mean((1, 2, 3)) + 0.5 * move
        np.testing.assert_allclose(drawn[:, column, 5, 5, 0], expected, atol=1e-5)
    picture = attributes.attributes(coded, chosen)
    assert picture.width > 4 * 32 and picture.height > 3 * 32


@pytest.mark.parametrize(
    ("changed", "sentence"),
    [
        ({"attributes": ["eleven"]}, "--attributes: no 'eleven'; choose of 0, 1, 2"),
        ({"data": "facades"}, "has no classes to take attributes from"),
        ({"count": 3000}, "lower --count"),
    ],
)
def test_attributes_that_cannot_be_added_are_one_sentence(coded, changed, sentence):
    with pytest.raises(ExploreError, match=sentence):
        attributes.attributes(coded, options(**changed))


def test_a_generator_without_an_encoder_has_no_attributes(digits):
    with pytest.raises(ExploreError, match="infers no latents of pictures"):
        attributes.attributes(digits, options())
