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

INCEPTION_WEIGHTS = "inception_v3_weights_tf_dim_ordering_tf_kernels.h5"
SHIPPED = pathlib.Path(__file__).resolve().parents[2] / "saved_models"
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
            saved_model.pb) whose default signature takes one batch of float32 pictures in [-1, 1]
            and returns `features` and, if it classifies, `logits`; of one unnamed output, that.
        weights: file of Inception's weights, if not in Keras' own folder.
        download: let Keras download Inception's weights.

    Raises:
        ValueError: one sentence on what is missing and how to get it.
    """
    if spec == "pixels":
        return pixels()
    if spec == "inception":
        return inception(weights, download)
    if spec == "mnist_cnn":
        folder = SHIPPED / "mnist_cnn" / "1"
        if not (folder / "saved_model.pb").exists():
            raise ValueError(
                f"The classifier mnist_cnn lies in the project's folder saved_models, which is not "
                f"beside the package ({SHIPPED}): name its folder, --extractor=DIR/mnist_cnn/1."
            )
        return saved_model(folder, name="mnist_cnn")
    folder = pathlib.Path(spec).expanduser()
    if not (folder / "saved_model.pb").exists():
        raise ValueError(
            f"--extractor={spec} is none of inception, mnist_cnn, pixels, nor a folder that holds "
            "saved_model.pb."
        )
    return saved_model(folder)


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
        name: as scores call it; the folder's (and its parent's, of a version) by default.
    """
    import tensorflow as tf

    folder = pathlib.Path(folder)
    loaded = tf.saved_model.load(str(folder))
    signature = loaded.signatures.get("serving_default")
    specs = signature.structured_input_signature[1] if signature else {}
    if len(specs) != 1 or len(next(iter(specs.values())).shape) != 4:
        raise ValueError(
            f"The SavedModel {folder} is no extractor: its default signature must take one batch "
            "of pictures [B, H, W, C]."
        )
    ((argument, spec),) = specs.items()
    outputs = signature.structured_outputs
    feature = "features" if "features" in outputs else next(iter(outputs))
    if "features" not in outputs and len(outputs) > 1 or len(outputs[feature].shape) != 2:
        raise ValueError(
            f"The SavedModel {folder} is no extractor: it must return 'features' [B, D], and may "
            f"return 'logits' [B, K]; it returns {', '.join(sorted(outputs))}."
        )
    height, width, channels = spec.shape[1:]
    size = (height, width) if height and width else None

    def run(images):
        found = loaded.signatures["serving_default"](**{argument: tf.constant(images)})
        return found[feature].numpy(), found["logits"].numpy() if "logits" in found else None

    versioned = folder.name.isdigit()
    return Extractor(
        name=name or (folder.resolve().parent.name if versioned else folder.resolve().name),
        sha256=hash_of(folder),
        size=size,
        channels=channels,
        classes=outputs["logits"].shape[-1] if "logits" in outputs else None,
        run=run,
        description=f"SavedModel, output {feature}",
    )


def inception(weights=None, download=False):
    """Inception-v3 (Szegedy et al. 2015, arXiv 1512.00567) with the weights of Keras.

    These are not the weights of the 2015 graph that published Inception scores and FIDs were taken
    with: compare numbers of this extractor with each other only.

    Raises:
        ValueError: where the weights are missing, or are a file that cannot be read.
    """
    import keras

    path = pathlib.Path(weights) if weights else keras_home() / "models" / INCEPTION_WEIGHTS
    if not path.exists():
        if weights or not download:
            raise ValueError(
                f"The weights of Inception-v3 are not in {path}. Let Keras download them with "
                "--download (96 MB), name their file with --inception_weights, or choose another "
                "--extractor: mnist_cnn for digits, pixels, or the folder of a SavedModel."
            )
        try:
            keras.applications.InceptionV3(weights="imagenet")
        except Exception as error:  # Keras wraps whatever the network raised in its own.
            raise ValueError(
                f"The weights of Inception-v3 could not be downloaded ({error}): check the "
                "network, or name their file with --inception_weights."
            ) from error
    try:
        network = keras.applications.InceptionV3(weights=str(path), classifier_activation=None)
    except (OSError, ValueError) as error:
        raise ValueError(f"{path} does not hold the weights of Inception-v3: {error}") from error
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
