import numpy as np
import pytest
import tensorflow as tf
from tensorflow_serving.apis import prediction_log_pb2

from tests.export.conftest import IMAGE_SIZE
from tfgan_zoo.export import serving


def logs(path):
    """The file's records, read by the package that defines them."""
    for record in tf.data.TFRecordDataset(str(path)):
        log = prediction_log_pb2.PredictionLog.FromString(record.numpy())
        assert log.WhichOneof("log_type") == "predict_log"
        yield log.predict_log.request


@pytest.mark.parametrize(
    ("fixture", "name", "expected"),
    [
        ("exported", "unet", ["encoded", "sample", "serving_default"]),
        ("exported_latent", "dcgan", ["encoded", "serving_default"]),
        ("exported_conditional", "cgan", ["encoded", "serving_default"]),
        ("exported_points", "ring", ["serving_default"]),
        ("exported_encoder", "vae_encode", ["encoded", "serving_default"]),
        ("exported_writer", "seqgan", ["serving_default", "text"]),
    ],
)
def test_replayed_requests_get_an_answer(request, fixture, name, expected):
    export = request.getfixturevalue(fixture)
    path = export.path / "assets.extra" / "tf_serving_warmup_requests"
    requests = list(logs(path))
    assert sorted(r.model_spec.signature_name for r in requests) == expected
    for message in requests:
        assert message.model_spec.name == name
        signature = export.model.signatures[message.model_spec.signature_name]
        inputs = {key: tf.constant(tf.make_ndarray(t)) for key, t in message.inputs.items()}
        assert set(inputs) == set(signature.structured_input_signature[1])
        for output, result in signature(**inputs).items():
            assert len(result) == 1
            if output == "png_bytes":
                assert result.numpy()[0].startswith(b"\x89PNG")
            elif result.dtype != tf.string:
                assert np.isfinite(result).all()


def test_a_message_is_what_the_package_would_write(tmp_path):
    values = np.random.default_rng(0).normal(size=(1, 40, 30, 3)).astype(np.float32)
    inputs = {"images": values, "seed": np.int32(7), "image_bytes": np.array([b"a", b"bc"], object)}
    path = tmp_path / "requests"
    path.write_bytes(serving.warmup_requests("some model", [("a", inputs), ("b", inputs)]))
    first, second = logs(path)
    expected = prediction_log_pb2.PredictionLog().predict_log.request
    expected.model_spec.name, expected.model_spec.signature_name = "some model", "a"
    for name, value in inputs.items():
        expected.inputs[name].CopyFrom(tf.make_tensor_proto(value))
    assert first == expected
    assert second.model_spec.signature_name == "b"


def test_requests_are_small(exported):
    path = exported.path / "assets.extra" / serving.WARMUP_FILE
    assert path.stat().st_size < 1000 < np.prod(IMAGE_SIZE) * 3 * 4


@pytest.mark.parametrize("count", [0, 1001])
def test_number_of_requests(count):
    requests = [("encoded", {"seed": np.int32(0)})] * count
    with pytest.raises(ValueError, match=f"1 to 1,000 requests, not {count}"):
        serving.warmup_requests("unet", requests)
