"""Each shipped network gives in the browser what TensorFlow Lite's own interpreter gives."""

import base64

import numpy as np
import playwright.sync_api
import pytest

from tests.gallery import exports
from tfgan_zoo.gallery import collect

SHIPPED = collect.find([(collect.shipped_folder(), collect.SHIPPED)]).exports
TOLERANCE = 1e-4
# The runtime of browsers does not run the loop in the file of a sampler: it answers what lay in its
# memory. The page tells it by the answers that the card remembers.
LOOPS = ("pixel_cnn",)

# As the page itself does it: its list, its loader with all checks, its worker.
RUN = """
async ([id, inputs]) => {
  const at = (name) => new URL(name, document.baseURI);
  const { catalogue } = await import(at("catalogue.js"));
  const { load } = await import(at("runtime.js"));
  const { models } = await catalogue();
  const session = await load(models.find((model) => model.id === id));
  const types = { float32: Float32Array, int32: Int32Array };
  const bytes = (text) => Uint8Array.from(atob(text), (sign) => sign.charCodeAt(0)).buffer;
  const given = Object.fromEntries(
    Object.entries(inputs).map(([name, [dtype, text]]) => [name, new types[dtype](bytes(text))]),
  );
  const answers = await session.run(given);
  const text = (data) => {
    let signs = "";
    for (const one of new Uint8Array(data.buffer, data.byteOffset, data.byteLength)) {
      signs += String.fromCharCode(one);
    }
    return btoa(signs);
  };
  return Object.fromEntries(
    Object.entries(answers).map(([name, { data, shape }]) =>
      [name, [data.constructor.name, shape, text(data)]]),
  );
}
"""
DTYPES = {"Float32Array": np.float32, "Int32Array": np.int32}


def examples(details, inputs, random):
    """A value of each input of a TFLite file, by what the card says of it."""
    values = {}
    for item in inputs:
        detail = details[item["name"]]
        shape, dtype = detail["shape"], detail["dtype"]
        if item["kind"] == "class":
            values[item["name"]] = random.integers(0, item["classes"], shape).astype(dtype)
        elif item["kind"] == "tokens":
            values[item["name"]] = random.integers(0, 50, shape).astype(dtype)
        elif item["default"] is not None:
            values[item["name"]] = np.full(shape, item["default"], dtype)
        else:
            values[item["name"]] = random.uniform(-1, 1, shape).astype(dtype)
    return values


def interpreter(path):
    import tensorflow as tf

    from tfgan_zoo.export.tflite import _quiet_interpreter

    with _quiet_interpreter():
        return tf.lite.Interpreter(str(path), num_threads=1)


def test_every_shipped_network_against_the_interpreter(visit, shipped_gallery):
    page = visit(shipped_gallery).open()
    shown = {name: export for name, export in SHIPPED.items() if name not in LOOPS}
    random = np.random.default_rng(0)
    differences = {}
    for name, export in shown.items():
        interface = export.card["interface"]
        native = interpreter(exports.SHIPPED / name / "model.tflite").get_signature_runner()
        described = interface["lite"] or interface
        values = examples(native.get_input_details(), described["inputs"], random)
        expected = native(**values)
        coded = {
            key: [str(value.dtype), base64.b64encode(np.ascontiguousarray(value)).decode()]
            for key, value in values.items()
        }
        answers = page.evaluate(RUN, [name, coded])
        assert set(answers) == set(expected), name
        for key, (kind, shape, text) in answers.items():
            found = np.frombuffer(base64.b64decode(text), DTYPES[kind]).reshape(shape)
            assert found.dtype == expected[key].dtype and found.shape == expected[key].shape, name
            differences[name, key] = np.abs(found - expected[key]).max()
    assert len({name for name, _ in differences}) == len(shown) >= 26
    wrong = {key: value for key, value in differences.items() if not value <= TOLERANCE}
    assert not wrong


@pytest.mark.parametrize("name", LOOPS)
def test_a_file_that_the_browser_computes_wrongly_is_refused(visit, shipped_gallery, name):
    page = visit(shipped_gallery).open()
    with pytest.raises(playwright.sync_api.Error, match="is not shown. This browser computes"):
        page.evaluate(RUN, [name, {}])
