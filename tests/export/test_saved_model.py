import subprocess
import sys
import textwrap

import keras
import numpy as np
import pytest
import tensorflow as tf

from tests.export.conftest import pictures, save
from tfgan_zoo.export import codecs, measured, saved_model, serving, signatures
from tfgan_zoo.export.served import of_saved_model


def function(network, size=(4, 4, 3)):
    spec = tf.TensorSpec([None, *size], name="images")
    return tf.function(lambda images: {"images": network(images)}, input_signature=[spec])


@pytest.fixture
def small():
    return keras.Sequential([keras.Input([4, 4, 3]), keras.layers.Conv2D(2, 3)])


def test_layout_is_that_of_tensorflow_serving(exported):
    # https://www.tensorflow.org/tfx/serving/architecture: NAME/VERSION/saved_model.pb
    assert exported.path == exported.parent / "1"
    assert [p.name for p in exported.parent.iterdir()] == ["1"], "no partial version is left"
    files = {p.relative_to(exported.path).as_posix() for p in exported.path.rglob("*.*")}
    assert {"saved_model.pb", "variables/variables.index"} <= files
    assert (exported.path / "assets.extra" / "tf_serving_warmup_requests").is_file()
    assert not list(exported.path.rglob("*keras*"))


def test_weights_are_stored_once(tmp_path):
    network = keras.Sequential(
        [keras.Input([4, 4, 64]), keras.layers.Conv2D(256, 3), keras.layers.BatchNormalization()]
    )
    path = saved_model.save(
        tmp_path, network=network, signatures={"serving_default": function(network, [4, 4, 64])}
    )
    weights = sum(w.numpy().nbytes for w in network.weights)
    stored = sum(p.stat().st_size for p in (path / "variables").iterdir())
    assert weights <= stored < 1.05 * weights
    shapes = [shape for _, shape in tf.train.list_variables(str(path / "variables" / "variables"))]
    assert sorted(shapes[1:]) == sorted(list(w.shape) for w in network.weights)
    assert shapes[0] == [], "the object graph, the only entry beside the weights"


def test_only_what_the_signatures_read_is_stored(exported, network, tmp_path):
    assert len(exported.model.weights) == len(network.weights)
    discriminator = keras.Sequential([keras.Input([4, 4, 3]), keras.layers.Conv2D(5, 3)])
    generator = keras.Sequential([keras.Input([4, 4, 3]), keras.layers.Conv2D(2, 3)])
    path = saved_model.save(
        tmp_path,
        network=[generator, discriminator, generator.layers[0]],
        signatures={"serving_default": function(generator)},
    )
    loaded = tf.saved_model.load(path)
    assert [w.shape for w in loaded.weights] == [w.shape for w in generator.weights]


@pytest.mark.parametrize("batch", [1, 3, 7])
def test_any_batch_gives_what_the_network_gives(exported, network, batch):
    images = pictures(7)[:batch]
    result = exported.model.signatures["serving_default"](images=tf.constant(images))["images"]
    assert result.shape == images.shape
    np.testing.assert_array_equal(result, tf.function(network)(images))


def test_loads_with_tensorflow_alone(exported, network, tmp_path):
    images = pictures(2)
    np.save(tmp_path / "images.npy", images)
    script = f"""
        import sys
        sys.modules["tfgan_zoo"] = sys.modules["keras"] = None
        import numpy as np
        import tensorflow as tf
        model = tf.saved_model.load({str(exported.path)!r})
        images = tf.constant(np.load("images.npy"))
        np.save("result.npy", model.signatures["serving_default"](images=images)["images"])
        try:
            import tfgan_zoo
        except ImportError:
            print("tfgan_zoo is blocked")
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "tfgan_zoo is blocked"
    np.testing.assert_allclose(np.load(tmp_path / "result.npy"), network(images), atol=1e-6)


def test_weights_made_under_a_strategy(tmp_path):
    with tf.distribute.MirroredStrategy(["CPU:0"]).scope():
        network = keras.Sequential([keras.Input([4, 4, 3]), keras.layers.Conv2D(2, 3)])
    assert isinstance(network.weights[0].value, tf.distribute.DistributedValues)
    path = saved_model.save(
        tmp_path, network=network, signatures={"serving_default": function(network)}
    )
    images = np.random.default_rng(0).normal(size=(2, 4, 4, 3)).astype(np.float32)
    signature = tf.saved_model.load(path).signatures["serving_default"]
    np.testing.assert_allclose(
        signature(images=tf.constant(images))["images"], network(images), atol=1e-6
    )


def test_existing_version_is_kept(small, tmp_path):
    arguments = {"network": small, "signatures": {"serving_default": function(small)}}
    first = saved_model.save(tmp_path, version=3, **arguments)
    before = (first / "saved_model.pb").read_bytes()
    with pytest.raises(FileExistsError, match="3 exists: choose another version, or remove it"):
        saved_model.save(tmp_path, version=3, **arguments)
    assert (first / "saved_model.pb").read_bytes() == before
    saved_model.save(tmp_path, version=4, **arguments)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["3", "4"]


@pytest.mark.parametrize("version", [0, -1, "1", 1.0, True])
def test_version_must_be_a_positive_integer(small, tmp_path, version):
    with pytest.raises(ValueError, match="an integer from 1 on"):
        saved_model.save(tmp_path, network=small, signatures={}, version=version)


def test_nothing_is_left_of_an_export_that_fails(small, tmp_path):
    (tmp_path / "models").mkdir()
    with pytest.raises(TypeError):
        saved_model.save(
            tmp_path / "models",
            network=small,
            signatures={"serving_default": function(small)},
            assets_extra={"warmup": "text where bytes belong"},
        )
    assert not list((tmp_path / "models").iterdir())


def test_variable_of_another_network_is_an_error(small, tmp_path):
    other = keras.layers.Conv2D(2, 3, name="stranger")
    other.build([None, 4, 4, 3])
    with pytest.raises(ValueError, match="'sum' reads the variable 'stranger/.*pass every network"):
        saved_model.save(
            tmp_path,
            network=small,
            signatures={"sum": function(lambda images: small(images) + other(images))},
        )
    with pytest.raises(ValueError, match=r"None of the signatures \['idle'\] reads a weight"):
        saved_model.save(tmp_path, network=small, signatures={"idle": function(tf.tanh)})
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("name", ["translation", "conditional", "encoder", "writer"])
def test_half_weights_are_half_the_bytes_and_nearly_the_same(request, tmp_path, name):
    interface = request.getfixturevalue(name)
    whole, half = (save(interface, tmp_path / w, weights=w) for w in saved_model.WEIGHTS)
    size = [sum(p.stat().st_size for p in (e.path / "variables").iterdir()) for e in (whole, half)]
    kernels = [v for v in whole.model.weights if v.shape.rank > 1]
    saved = sum(v.numpy().nbytes for v in kernels) / 2
    assert size[0] - size[1] == pytest.approx(saved, rel=0.05)
    assert {v.dtype for v in half.model.weights if v.shape.rank > 1} == {tf.float16}
    assert {v.dtype for v in half.model.weights if v.shape.rank < 2} <= {tf.float32}
    count = {item.name: codecs.example(item) for item in interface.inputs}
    served = [of_saved_model(interface, export.path) for export in (whole, half)]
    assert measured.parity(*served, count)["mean_abs"] < 1e-3
    requests = serving.requests(interface, signatures.build(interface))
    for signature, inputs in requests:
        half.model.signatures[signature](**{k: tf.constant(v) for k, v in inputs.items()})


def test_weights_that_do_not_fit_into_float16(small, tmp_path):
    arguments = {"network": small, "signatures": {"serving_default": function(small)}}
    with pytest.raises(ValueError, match="float32 or float16, not 'int8'"):
        saved_model.save(tmp_path, weights="int8", **arguments)
    small.weights[0].assign(small.weights[0] + 1e6)
    with pytest.raises(ValueError, match="does not fit into float16: store float32 weights"):
        saved_model.save(tmp_path, weights="float16", **arguments)
    assert not list(tmp_path.iterdir())
