"""From pictures to the features that scores compare.

| name          | features                                 | classes | pictures            |
|---------------|------------------------------------------|---------|---------------------|
| `inception`   | last pooling of Keras' Inception-v3, 2048| 1,000   | 299x299, 3 channels |
| `mnist_cnn`   | of the zoo's frozen digit classifier, 64 | 10      | 28x28, 1 channel    |
| `pixels`      | the pixels in [-1, 1], flattened         | none    | as they are         |
| a folder      | of the SavedModel in it                  | if any  | as it asks          |

All take uint8 pictures and resize them in one way: Pillow's bicubic filter on each channel in
floating point, without rounding back, clipped to [0, 255]. That is the "clean" resizing of
clean-fid (Parmar et al. 2022, arXiv 2104.11222), to which the numbers agree; resizing without an
antialiasing filter moves a Frechet distance by more than papers argue about.
"""

import dataclasses
import hashlib
import os
import pathlib
from collections.abc import Callable

import numpy as np
from PIL import Image

from tfgan_zoo.export import places

INCEPTION_WEIGHTS = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "saved_models"
NAMES = ("inception", "mnist_cnn", "pixels")
RESIZE = "bicubic, antialiased, float, clipped (clean-fid)"


@dataclasses.dataclass(frozen=True)
class Extractor:
    """What turns pictures into features.

    Attributes:
        name: as scores call it.
        sha256: of the weights, or of the definition where there are none.
        size: (height, width) that pictures are resized to; None takes them as they are.
        channels: of the pictures; None takes any number.
        classes: K, or None if it does not classify.
        run: float32 `[B, H, W, C]` in [-1, 1] -> (features `[B, D]`, logits `[B, K]` or None).
        description: a few words for the protocol.
    """

    name: str
    sha256: str
    size: tuple[int, int] | None
    channels: int | None
    classes: int | None
    run: Callable
    description: str

    def __call__(self, pictures):
        """Features and class probabilities of pictures.

        Args:
            pictures: uint8 `[B, H, W, C]`. Grey ones are repeated to three channels where the
                extractor wants three.

        Returns:
            (features float32 `[B, D]`, probabilities float64 `[B, K]` or None).

        Raises:
            ValueError: for pictures that the extractor cannot take, or features that are not
                finite.
        """
        pictures = check_pictures(pictures)
        self.check_shape(pictures.shape[1:])
        if self.channels == 3 and pictures.shape[-1] == 1:
            pictures = np.repeat(pictures, 3, axis=-1)
        levels = resize(pictures, self.size or pictures.shape[1:3])
        features, logits = self.run(levels / np.float32(127.5) - np.float32(1))
        features = np.asarray(features, np.float32)
        if not np.isfinite(features).all():
            raise ValueError(f"The extractor {self.name} gives features that are not finite.")
        return features, None if logits is None else softmax(np.asarray(logits, np.float64))

    def check_shape(self, shape):
        """Raises ValueError unless pictures of `shape` (height, width, channels) can be taken."""
        if self.channels not in (None, shape[2]) and (self.channels, shape[2]) != (3, 1):
            raise ValueError(
                f"The extractor {self.name} takes pictures of {self.channels} channel(s) and these "
                f"have {shape[2]}: choose another --extractor."
            )


def check_pictures(pictures):
    """The pictures as they are, if they are uint8 `[B, H, W, C]` with one to four channels.

    Raises:
        ValueError: otherwise.
    """
    pictures = np.asarray(pictures)
    if pictures.dtype != np.uint8 or pictures.ndim != 4 or not 1 <= pictures.shape[-1] <= 4:
        raise ValueError(
            "Scores are taken on uint8 pictures [B, H, W, C] with one to four channels; these are "
            f"{pictures.dtype} {pictures.shape}."
        )
    return pictures


def resize(pictures, size):
    """uint8 `[B, H, W, C]` -> float32 `[B, *size, C]` in [0, 255]; see the module."""
    if pictures.shape[1:3] == tuple(size):
        return pictures.astype(np.float32)
    resized = np.empty((len(pictures), *size, pictures.shape[-1]), np.float32)
    for row, picture in enumerate(pictures):
        for channel in range(pictures.shape[-1]):
            plane = Image.fromarray(picture[..., channel].astype(np.float32))
            resized[row, ..., channel] = plane.resize(size[::-1], Image.Resampling.BICUBIC)
    return np.clip(resized, 0.0, 255.0, out=resized)


def softmax(logits):
    """float64 `[B, K]`: rows that sum to one."""
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    return exponents / exponents.sum(axis=1, keepdims=True)


def find(spec, *, weights=None, download=False):
    """The extractor that `--extractor` names.

    Args:
        spec: `inception`, `mnist_cnn`, `pixels`, or the folder of a SavedModel (the one that holds
            saved_model.pb, or the one with its versions, of which the highest counts) whose default
            signature takes one batch of float pictures in [-1, 1] and returns `features` and, if it
            classifies, `logits`; where it returns one output, that is the features.
        weights: file of Inception's weights (.h5 or .weights.h5), if not in Keras' own folder.
        download: let Keras download Inception's weights.

    Raises:
        ValueError: one sentence on what is missing and how to get it.
    """
    if spec == "pixels":
        return pixels()
    if spec == "inception":
        return inception(weights, download)
    if spec == "mnist_cnn":
        folder = saved_model_folder(SHIPPED / "mnist_cnn")
        if not folder:
            raise ValueError(
                f"The classifier mnist_cnn is not in {SHIPPED}, the project's folder: name its "
                "folder, --extractor=DIR/mnist_cnn, or take --extractor=pixels."
            )
        return saved_model(folder, name="mnist_cnn")
    folder = saved_model_folder(pathlib.Path(spec).expanduser())
    if not folder:
        raise ValueError(
            f"--extractor={spec} is none of {', '.join(NAMES)}, nor a folder that holds "
            "saved_model.pb."
        )
    return saved_model(folder)


def automatic(shape):
    """The name of the extractor that suits pictures of `shape` (height, width, channels):
    mnist_cnn for grey ones of at most 32x32, inception for others.
    """
    return "mnist_cnn" if shape[2] == 1 and max(shape[:2]) <= 32 else "inception"


def pixels():
    """The pixels themselves."""
    return Extractor(
        name="pixels",
        sha256=hashlib.sha256(b"pixels in [-1, 1], flattened").hexdigest(),
        size=None,
        channels=None,
        classes=None,
        run=lambda images: (images.reshape(len(images), -1), None),
        description="pixels in [-1, 1], flattened",
    )


def saved_model(folder, name=None):
    """The extractor in a SavedModel; see `find`.

    Args:
        folder: holds saved_model.pb.
        name: as scores call it; by default the folder's, or its parent's where the folder is that
            of a version.

    Raises:
        ValueError: one sentence, for a SavedModel that is no extractor, or a damaged one.
    """
    folder = pathlib.Path(folder)
    exported = SavedModel(folder, "extractor")
    if exported.shape is None or len(exported.shape) != 4:
        raise ValueError(
            f"{folder} is no extractor: its default signature must take one batch of pictures "
            f"[B, H, W, C], not {exported.shape}."
        )
    outputs = exported.outputs
    ranks = {output: spec.shape.rank for output, spec in outputs.items()}
    feature = next(iter(outputs)) if len(outputs) == 1 else "features"
    if ranks.get(feature) != 2 or ranks.get("logits", 2) != 2:
        found = ", ".join(f"{output} {spec.shape}" for output, spec in sorted(outputs.items()))
        raise ValueError(
            f"{folder} is no extractor: it must return 'features' [B, D], and may return 'logits' "
            f"[B, K]; it returns {found}."
        )
    classes = outputs["logits"].shape[-1] if "logits" in outputs else None
    if "logits" in outputs and not classes:
        raise ValueError(f"{folder} does not say how many classes its logits have.")
    _, height, width, channels = exported.shape

    def run(images):
        found = exported(images)
        return found[feature], found.get("logits")

    if name is None:
        place = folder.resolve()
        name = place.parent.name if place.name.isdigit() else place.name
        if name in NAMES:  # a score must not pass for that of the zoo's own, FID least of all
            name += " (SavedModel)"
    return Extractor(
        name=name,
        sha256=hash_of(folder),
        size=(height, width) if height and width else None,
        channels=channels,
        classes=classes,
        run=run,
        description=f"SavedModel, output {feature}",
    )


class SavedModel:
    """The default signature of a SavedModel: one batch of floats to named arrays.

    Args:
        folder: holds saved_model.pb.
        what: what it shall be, for the sentences.
        beside: names of inputs that it may take beside the batch.

    Attributes:
        folder: as given.
        loaded: what TensorFlow loaded.
        shape: that it takes, a tuple with None where any size will do; None if not even the rank is
            known.
        outputs: name -> `tf.TensorSpec`.
        beside: name -> `tf.TensorSpec` of those of the further inputs that it takes.

    Raises:
        ValueError: one sentence, if it cannot be loaded or takes anything else than one batch of
            floats.
    """

    def __init__(self, folder, what, beside=()):
        import tensorflow as tf

        self.folder = folder
        try:
            self.loaded = tf.saved_model.load(str(folder))
        except (OSError, ValueError, LookupError, tf.errors.OpError) as error:
            raise ValueError(
                f"The SavedModel {folder} cannot be loaded: {first_line(error)}"
            ) from error
        signature = self.loaded.signatures.get("serving_default")
        specs = dict(signature.structured_input_signature[1]) if signature else {}
        self.beside = {name: specs.pop(name) for name in beside if name in specs}
        if len(specs) != 1:
            raise ValueError(
                f"{folder} is no {what}: its default signature must take one input, and takes "
                f"{', '.join(sorted(specs)) or 'none'}."
            )
        ((self._argument, spec),) = specs.items()
        if not spec.dtype.is_floating:
            raise ValueError(
                f"{folder} is no {what}: it must take floats, and takes {spec.dtype.name}."
            )
        self._dtype = spec.dtype
        self.shape = None if spec.shape.rank is None else tuple(spec.shape)
        self.outputs = signature.structured_outputs

    def __call__(self, batch, **beside):
        """name -> array, of an array that is one batch, and of arrays for the inputs beside it.

        Raises:
            ValueError: one sentence, if the graph cannot take it.
        """
        import tensorflow as tf

        # Looked up at every call: what was loaded must live as long as its signatures are used.
        run = self.loaded.signatures["serving_default"]
        try:
            also = {name: tf.constant(beside[name], self.beside[name].dtype) for name in beside}
            found = run(**{self._argument: tf.constant(batch, self._dtype)}, **also)
            return {name: value.numpy() for name, value in found.items()}
        except (tf.errors.OpError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self.folder} fails on a batch of shape {batch.shape}: {first_line(error)}"
            ) from error


def saved_model_folder(path):
    """The folder that holds saved_model.pb: `path`, or its highest version; None if neither.

    Raises ValueError, in one sentence, if TensorFlow cannot read a folder of that name.
    """
    path = pathlib.Path(path)
    folders = [path] if (path / "saved_model.pb").is_file() else []
    folders = folders or [
        file.parent for file in path.glob("*/saved_model.pb") if file.parent.name.isdecimal()
    ]
    if folders:
        places.check_name(path, "The SavedModel")
    return max(folders, key=lambda folder: folder is not path and int(folder.name), default=None)


def first_line(error):
    """What an exception says first: TensorFlow's and Keras' go on for pages."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return lines[0] if lines else type(error).__name__


def inception(weights=None, download=False):
    """Inception-v3 (Szegedy et al. 2015, arXiv 1512.00567) with the weights of Keras.

    These are not the weights of the 2015 graph that published Inception scores and FIDs were taken
    with: compare numbers of this extractor with each other only.

    Raises:
        ValueError: where the weights are missing, or are a file that cannot be read.
    """
    import keras

    from tfgan_zoo import backend

    backend.settle()

    kept = keras_home() / "models" / INCEPTION_WEIGHTS
    path = pathlib.Path(weights).expanduser() if weights else kept
    if not path.is_file():
        if weights:
            raise ValueError(f"--inception_weights={weights} is not a file.")
        if not download:
            raise ValueError(
                f"The weights of Inception-v3 are not in {path}: let Keras download them with "
                "--download (96 MB), name their file with --inception_weights, or choose another "
                "--extractor: mnist_cnn for digits, pixels, or the folder of a SavedModel."
            )
        try:
            keras.applications.InceptionV3(weights="imagenet")
        except Exception as error:  # Keras wraps whatever the network raised in its own.
            raise ValueError(
                f"The weights of Inception-v3 could not be downloaded ({first_line(error)}): check "
                "the network, or name their file with --inception_weights."
            ) from error
    try:
        network = keras.applications.InceptionV3(weights=str(path), classifier_activation=None)
    except (OSError, ValueError) as error:
        raise ValueError(
            f"{path} does not hold the weights of Keras' Inception-v3 with its top: "
            f"{first_line(error)}"
        ) from error
    both = keras.Model(network.input, [network.get_layer("avg_pool").output, network.output])
    return Extractor(
        name="inception",
        sha256=hash_of(path),
        size=(299, 299),
        channels=3,
        classes=1000,
        run=lambda images: both.predict_on_batch(images),
        description="Keras Inception-v3 (imagenet), last pooling; not the 2015 graph",
    )


def keras_home():
    """The folder where Keras keeps downloaded weights."""
    return pathlib.Path(os.environ.get("KERAS_HOME") or pathlib.Path.home() / ".keras")


def hash_of(path):
    """SHA-256, hexadecimal, of a file, or of all files of a folder with their names."""
    path = pathlib.Path(path)
    if path.is_file():
        return hashlib.sha256(path.read_bytes()).hexdigest()
    digest = hashlib.sha256()
    for file in sorted(file for file in path.rglob("*") if file.is_file()):
        digest.update(file.relative_to(path).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()
