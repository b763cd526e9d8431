"""A server runs each signature once before it answers: the requests that the export wrote."""

import numpy as np
import pytest
import tensorflow as tf

from tfgan_zoo.serving import versions, warmup


def test_what_the_exports_wrote_is_read_and_run(warmups):
    for export, written in warmups.items():
        (folder,) = versions.found([export]).values()
        found = list(warmup.requests(folder))
        assert [name for name, _ in found] == [name for name, _ in written]
        for (_, inputs), (_, expected) in zip(found, written, strict=True):
            assert set(inputs) == set(expected)
            for name, value in expected.items():
                np.testing.assert_array_equal(inputs[name], value)
        assert warmup.replay(folder, tf.saved_model.load(folder)) == len(written)


def test_a_model_may_have_none_and_a_damaged_file_is_told(tmp_path):
    assert list(warmup.requests(tmp_path)) == []
    path = tmp_path / warmup.FILE
    path.parent.mkdir()
    with tf.io.TFRecordWriter(str(path)) as writer:
        writer.write(b"\x08\x01")
    with pytest.raises(ValueError, match="export the model again"):
        list(warmup.requests(tmp_path))
