"""TFDS sets: those that lie prepared, those that do not, and sets written here."""

import json
import shutil
from types import SimpleNamespace

import numpy as np
import pytest
import tensorflow as tf
import tensorflow_datasets as tfds
from PIL import Image

from tfgan_zoo.data import sources, tfds_source
from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.request import Request
from tfgan_zoo.data.splits import HoldOut


def write(data_dir, name, features, splits):
    """Prepares a TFDS set as a user's own code would; splits: {split: [example, ...]}."""

    def generate(examples):
        yield from enumerate(examples)

    class_name = "".join(part.title() for part in name.split("_"))
    builder_class = type(
        class_name,
        (tfds.core.GeneratorBasedBuilder,),
        {
            "__module__": __name__,
            "VERSION": tfds.core.Version("1.0.0"),
            "_info": lambda self: tfds.core.DatasetInfo(
                builder=self,
                features=tfds.features.FeaturesDict(features),
                description="Made by a test.",
                license="CC0",
                disable_shuffling=True,
            ),
            "_split_generators": lambda self, manager: {
                split: generate(examples) for split, examples in splits.items()
            },
            "_generate_examples": lambda self: None,
        },
    )
    builder_class(data_dir=str(data_dir)).download_and_prepare()


def picture(value, channels=3, size=(6, 8)):
    return np.full((*size, channels), value, np.uint8)


def open_images(spec, data_dir, split="train", **options):
    options = {"image_size": (6, 8), **options}
    return sources.open_images(spec, split, Request(data_dir=data_dir, **options))


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """Sets of this test: images of 30 + 4, pairs of 12 with one split, and one of floats."""
    root = tmp_path_factory.mktemp("tfds")
    image = tfds.features.Image(shape=(None, None, 3))
    classes = tfds.features.ClassLabel(names=["cat", "dog"])
    write(
        root,
        "zoo_test_images",
        {"image": image, "kind": classes},
        {
            split: [{"image": picture(i, size=(6 + i % 2, 8)), "kind": i % 2} for i in range(count)]
            for split, count in (("train", 30), ("test", 4))
        },
    )
    labelled = tfds.features.LabeledImage(labels=12, shape=(None, None, 1))
    write(
        root,
        "zoo_test_pairs",
        {"input_image": labelled, "target_image": image},
        {
            "train": [
                {"input_image": picture(i, 1), "target_image": picture(100 + i)} for i in range(12)
            ]
        },
    )
    return root


def test_images(prepared):
    train = open_images("tfds:zoo_test_images", prepared, val_count=6)
    assert len(train) == 24
    with pytest.raises(DataError, match="--test_count=9 says nothing: the data has a test split"):
        open_images("tfds:zoo_test_images", prepared, test_count=9)
    batch = train.fetch(np.arange(24))
    np.testing.assert_array_equal(batch["images"][:, 0, 0, 0], np.arange(24))
    np.testing.assert_array_equal(batch["labels"], np.arange(24) % 2)
    assert train.info["label_names"] == ["cat", "dog"]
    assert train.info["licence"] == "CC0" and train.info["description"] == "Made by a test."
    assert train.info["name"] == "zoo_test_images/1.0.0"
    assert "train[0:24]" in train.info["split_rule"]
    assert "no validation split" in train.info["split_rule"]
    assert len({*train.names}) == 24
    test = open_images("tfds:zoo_test_images", prepared, "test")
    assert test.fetch([3])["images"][0, 0, 0].tolist() == [3, 3, 3]
    validation = open_images("tfds:zoo_test_images", prepared, "val", val_count=6)
    assert validation.fetch(range(6))["images"][:, 0, 0, 0].tolist() == [*range(24, 30)]
    assert validation.info["split"] == "validation"
    assert not {*validation.names} & {*train.names}


def test_slices_are_passed_through(prepared):
    part = open_images("tfds:zoo_test_images:1.0.0", prepared, "train[5:7]+test[:1]")
    assert part.fetch(range(3))["images"][:, 0, 0, 0].tolist() == [5, 6, 0]
    for split in ("extra", "train[zzz]", "train[:99]"):
        with pytest.raises(DataError, match="has no split .*; it has test, train|train, test"):
            open_images("tfds:zoo_test_images", prepared, split)


def test_pairs_and_their_splits(prepared):
    options = {"image_size": (6, 8), "data_dir": prepared, "val_count": 2, "test_count": 3}
    request = Request(source_channels=1, **options)
    parts = {
        split: sources.open_pairs("tfds:zoo_test_pairs", split, request)
        for split in ("train", "validation", "test")
    }
    assert [len(part) for part in parts.values()] == [7, 2, 3]
    test = parts["test"]
    assert test.fields["source"].name == "label_map" and test.fields["target"].name == "image"
    batch = test.fetch(range(3))
    assert batch["source"][:, 0, 0, 0].tolist() == [9, 10, 11]
    assert batch["target"][:, 0, 0, 0].tolist() == [109, 110, 111]
    swapped = sources.open_pairs(
        "tfds:zoo_test_pairs", "test", Request(direction="BtoA", labels="none", **options)
    )
    assert swapped.fetch([0])["target"][0, 0, 0].tolist() == [9, 9, 9]
    assert swapped.fields["target"].name == "image"


def test_wrong_kind_of_set(prepared):
    with pytest.raises(DataError, match="is not a paired set: it has the pictures image"):
        sources.open_pairs(
            "tfds:zoo_test_images", "train", Request(image_size=(6, 8), data_dir=prepared)
        )
    with pytest.raises(DataError, match="has no picture named 'image' but input_image"):
        open_images("tfds:zoo_test_pairs", prepared)


def test_resizing_is_that_of_files(prepared):
    resized = open_images("tfds:zoo_test_images", prepared, "test", image_size=(3, 5), channels=1)
    assert resized.fetch([2])["images"].shape == (1, 3, 5, 1)
    assert (resized.fetch([2])["images"] == 2).all()


def test_caches(prepared, tmp_path):
    with pytest.raises(DataError, match="use --cache=memory or disk"):
        open_images("tfds:zoo_test_images", prepared, cache="none")
    calls = []
    for expected in (30 - 1, 0):
        calls.clear()
        examples = open_images(
            "tfds:zoo_test_images",
            prepared,
            cache="disk",
            cache_dir=tmp_path,
            progress=lambda *call: calls.append(call),
        )
        assert calls == ([(expected, expected)] if expected else [])
        assert examples.fetch([7])["images"][0, 0, 0, 0] == 7
        assert examples.names[7].endswith("__7")


def test_a_set_that_is_not_prepared(tmp_path, monkeypatch):
    monkeypatch.setattr(tfds_source, "_download", lambda *a: pytest.fail("asked the network"))
    with pytest.raises(DataError, match="(?s)'mnist' is not prepared in .*--data_dir.*--download"):
        open_images("tfds:mnist", tmp_path)


def test_another_config_than_the_one_prepared(prepared):
    with pytest.raises(DataError, match=r"is not prepared in .*there is 1.0.0 of zoo_test_images"):
        open_images("tfds:zoo_test_images/large", prepared)


def test_unknown_names(prepared):
    with pytest.raises(DataError, match="knows no data set 'mnsit'. Did you mean .*mnist"):
        open_images("tfds:mnsit", prepared)
    with pytest.raises(DataError, match="Did you mean zoo_test_images"):
        open_images("tfds:zoo_tets_images", prepared)
    with pytest.raises(DataError, match="No known name is close"):
        open_images("tfds:qqqqqqqq", prepared)


def test_download_prepares_a_set(tmp_path):
    spec = "tfds:zoo_test_drawn"

    class ZooTestDrawn(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = tfds.features.FeaturesDict({"image": tfds.features.Image(shape=(6, 8, 3))})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, dl_manager):
            return {"train": self._generate_examples()}

        def _generate_examples(self):
            for i in range(5):
                yield i, {"image": picture(i)}

    with pytest.raises(DataError, match="is not prepared"):
        open_images(spec, tmp_path)
    examples = open_images(spec, tmp_path, download=True, val_count=0, test_count=0)
    assert len(examples) == 5 and [*examples.fields] == ["images"]
    assert len(open_images(spec, tmp_path, val_count=0, test_count=0)) == 5


def test_a_failed_download_says_what_to_do(tmp_path):
    class ZooTestOffline(tfds.core.GeneratorBasedBuilder):
        VERSION = tfds.core.Version("1.0.0")

        def _info(self):
            features = tfds.features.FeaturesDict({"image": tfds.features.Image(shape=(6, 8, 3))})
            return tfds.core.DatasetInfo(builder=self, features=features)

        def _split_generators(self, dl_manager):
            raise ConnectionError("no route to host")

        def _generate_examples(self):
            yield

    with pytest.raises(
        DataError, match="(?s)could not be downloaded.*no route to host.*--data_dir"
    ):
        open_images("tfds:zoo_test_offline", tmp_path, download=True)


def test_an_incomplete_set(prepared, tmp_path):
    shutil.copytree(prepared / "zoo_test_images", tmp_path / "zoo_test_images")
    info = tmp_path / "zoo_test_images" / "1.0.0" / "dataset_info.json"
    content = json.loads(info.read_text())
    info.write_text(json.dumps({**content, "splits": []}))
    with pytest.raises(DataError, match="preparation was not completed"):
        open_images("tfds:zoo_test_images", tmp_path)


@pytest.mark.parametrize(
    "splits, wanted, subset",
    [
        (["train"], "train", "train[0:80]"),
        (["train"], "val", "train[80:90]"),
        (["train"], "test", "train[90:100]"),
        (["train", "test"], "train", "train[0:90]"),
        (["train", "test"], "test", "test"),
        (["train", "val"], "validation", "val"),
        (["train", "valid", "test"], "train", "train"),
        (["train", "val", "validation", "test"], "val", "validation"),
        (["trainA", "testB"], "trainA", "trainA"),
        (["trainA"], "train", "train"),
        (["train", "test"], "train+test", "train+test"),
    ],
)
def test_resolve_split(splits, wanted, subset):
    have = {name: SimpleNamespace(num_examples=100) for name in splits}
    builder = SimpleNamespace(info=SimpleNamespace(splits=have))
    cut = HoldOut(
        None if {"val", "valid"} & {*splits} else 10, None if "test" in splits else 10, 0.1, 0.1
    )
    found, rule = tfds_source.resolve_split(builder, wanted, cut)
    assert found == subset and subset in rule


def test_mnist(real_data):
    examples = sources.open_images(
        "tfds:mnist",
        "test",
        Request(image_size=(32, 32), channels=1, data_dir=real_data / "tfds"),
    )
    assert len(examples) == 10000 and examples.fields["images"].shape == (32, 32, 1)
    batch = examples.fetch(range(10000))
    assert np.bincount(batch["labels"]).tolist() == [
        *(980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009)
    ]
    # The same numbers as TFDS itself reads, resized by Pillow.
    raw = next(
        tfds.load(
            "mnist", split="test", data_dir=str(real_data / "tfds"), download=False
        ).as_numpy_iterator()
    )
    expected = Image.fromarray(raw["image"][..., 0]).resize((32, 32), Image.BICUBIC)
    np.testing.assert_array_equal(batch["images"][0, ..., 0], expected)
    assert batch["labels"][0] == raw["label"]


def test_cifar10_jpeg(real_data):
    examples = sources.open_images(
        "tfds:cifar10_jpeg", "train[:2%]", Request(image_size=(32, 32), data_dir=real_data / "tfds")
    )
    assert len(examples) == 400 and len(examples.info["label_names"]) == 10
    batch = examples.fetch(range(400))
    assert batch["images"].std() > 40 and len(np.unique(batch["labels"])) == 10


LFS = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n"


def _flip(path):
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 255
    path.write_bytes(data)


SHARDS = {
    "gone": (lambda path: path.unlink(), "is gone"),
    "empty": (lambda path: path.write_bytes(b""), "holds 0 of its 30 records"),
    "cut": (lambda path: path.write_bytes(path.read_bytes()[:-30]), "is damaged"),
    "cut between records": (None, "holds 29 of its 30 records"),
    "altered": (_flip, "is damaged"),
    "junk": (lambda path: path.write_bytes(b"junk" * 99), "is damaged"),
    "not fetched": (lambda path: path.write_bytes(LFS), "pointer of Git LFS"),
}


@pytest.mark.parametrize("damage", SHARDS)
def test_damaged_shards_are_named(prepared, tmp_path, damage):
    shutil.copytree(prepared, tmp_path / "tfds")
    (shard,) = (tmp_path / "tfds").glob("zoo_test_images/1.0.0/*train.tfrecord*")
    spoil, sentence = SHARDS[damage]
    if spoil is None:
        records = [record.numpy() for record in tf.data.TFRecordDataset(str(shard))]
        with tf.io.TFRecordWriter(str(shard)) as writer:
            for record in records[:-1]:
                writer.write(record)
    else:
        spoil(shard)
    with pytest.raises(DataError) as error:
        open_images("tfds:zoo_test_images", tmp_path / "tfds", val_count=0)
    assert str(shard) in str(error.value) and sentence in str(error.value)
    assert "git lfs pull" in str(error.value) or "--download" in str(error.value)
    assert len(open_images("tfds:zoo_test_images", tmp_path / "tfds", "test")) == 4


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", LFS])
@pytest.mark.parametrize("name", ["dataset_info.json", "features.json"])
def test_damaged_descriptions_are_named(prepared, tmp_path, name, content):
    shutil.copytree(prepared, tmp_path / "tfds")
    path = tmp_path / "tfds" / "zoo_test_images" / "1.0.0" / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=f"{path} is (damaged|a pointer of Git LFS)"):
        open_images("tfds:zoo_test_images", tmp_path / "tfds")
