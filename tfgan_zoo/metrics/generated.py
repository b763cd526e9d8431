"""Pictures of what is scored: of an exported generator, or of a file that holds them.

A generator is scored as it was exported, SavedModel or TFLite, never as a training object. All
pictures are rounded to eight bits before anything looks at them, as they would be when they were
written to a file.
"""

import pathlib
import zipfile

import numpy as np

BATCH = 64
PRIORS = ("normal", "uniform")


class Generator:
    """An exported generator that pictures can be drawn from.

    Args:
        path: folder of a SavedModel (the one that holds saved_model.pb, or a folder of versions, of
            which the highest counts), or a TFLite file.
        prior: `normal` (mean 0, deviation 1) or `uniform` (-1 to 1), for an export that does not
            hold the prior it was trained with; None trusts that it does.

    Attributes:
        takes_pictures: whether it turns pictures into pictures instead of latents.
        source_shape: (height, width, channels) that it takes, if it takes pictures.

    Raises:
        ValueError: one sentence, for a file that is no generator or a prior that is missing.
    """

    def __init__(self, path, prior=None):
        self.path = pathlib.Path(path)
        self._generate, shape, self._latents = _load(self.path)
        self.takes_pictures = len(shape) == 4
        if self.takes_pictures:
            self.source_shape = tuple(shape[1:])
        elif len(shape) != 2 or not shape[1]:
            raise ValueError(
                f"{path} takes inputs of shape {list(shape)}; a generator takes latents [B, Z] or "
                "pictures [B, H, W, C]."
            )
        elif prior:
            self._latents = _PRIORS[prior](shape[1])
        elif self._latents is None:
            raise ValueError(
                f"{path} does not say what its latents are drawn from: give --latents=normal or "
                "--latents=uniform."
            )

    def draw(self, count, seed, batch_size=BATCH):
        """Yields uint8 `[b, H, W, C]`, `count` pictures in all, from latents of `seed`."""
        if self.takes_pictures:
            raise ValueError(f"{self.path} needs pictures to start from, not latents alone.")
        words = np.random.SeedSequence(seed).generate_state(-(-count // batch_size))
        for first, word in zip(range(0, count, batch_size), words, strict=True):
            latents = self._latents(min(batch_size, count - first), int(word >> 1))
            yield quantise(self._generate(latents), self.path)

    def translate(self, batches):
        """Yields uint8 `[b, H, W, C]` for each of `batches`, uint8 pictures to start from."""
        for pictures in batches:
            yield quantise(
                self._generate(pictures.astype(np.float32) / np.float32(127.5) - 1), self.path
            )


def is_generator(path):
    """Whether `path` is a SavedModel, a folder of versions of one, or a TFLite file."""
    path = pathlib.Path(path)
    if path.is_dir():
        return (path / "saved_model.pb").exists() or bool(_versions(path))
    return path.suffix == ".tflite" and path.is_file()


def _load(path):
    """(generate, input shape, latents or None) of an exported generator."""
    if path.suffix == ".tflite":
        return _load_tflite(path)
    import tensorflow as tf

    if not (path / "saved_model.pb").exists():
        path = max(_versions(path), key=lambda folder: int(folder.name))
    # The loaded object must live as long as its signatures.
    loaded = tf.saved_model.load(str(path))
    signature = loaded.signatures.get("serving_default")
    specs = signature.structured_input_signature[1] if signature else {}
    if len(specs) != 1:
        raise ValueError(
            f"{path} is no generator: its default signature must take one input, and takes "
            f"{', '.join(sorted(specs)) or 'none'}."
        )
    ((argument, spec),) = specs.items()

    def generate(inputs):
        outputs = loaded.signatures["serving_default"](
            **{argument: tf.convert_to_tensor(inputs, spec.dtype)}
        )
        if len(outputs) != 1:
            raise ValueError(f"{path} returns {len(outputs)} outputs; a generator returns one.")
        (pictures,) = outputs.values()
        return pictures.numpy()

    def latents(count, seed):
        drawn = loaded.signatures["latents"](num_images=tf.constant(count), seed=tf.constant(seed))
        return drawn["latents"].numpy()

    return generate, tuple(spec.shape), latents if "latents" in loaded.signatures else None


def _load_tflite(path):
    import tensorflow as tf

    interpreter = tf.lite.Interpreter(str(path))
    inputs, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    if len(inputs) != 1 or len(outputs) != 1:
        raise ValueError(
            f"{path} has {len(inputs)} inputs and {len(outputs)} outputs; a generator has one each."
        )
    shape = inputs[0]["shape_signature"]

    def generate(values):
        interpreter.resize_tensor_input(inputs[0]["index"], values.shape)
        interpreter.allocate_tensors()
        interpreter.set_tensor(inputs[0]["index"], values.astype(inputs[0]["dtype"]))
        interpreter.invoke()
        return interpreter.get_tensor(outputs[0]["index"])

    return generate, tuple(None if side == -1 else int(side) for side in shape), None


def _versions(path):
    return [
        folder
        for folder in path.iterdir()
        if folder.name.isdigit() and (folder / "saved_model.pb").exists()
    ]


def _normal(dimension):
    def draw(count, seed):
        return np.random.default_rng(seed).standard_normal((count, dimension), np.float32)

    return draw


def _uniform(dimension):
    def draw(count, seed):
        return np.random.default_rng(seed).uniform(-1, 1, (count, dimension)).astype(np.float32)

    return draw


_PRIORS = {"normal": _normal, "uniform": _uniform}


def quantise(pictures, origin):
    """float `[B, H, W, C]` in [-1, 1] -> uint8, rounded.

    Args:
        pictures: values beyond the range by up to 0.01 are clipped: TFLite's arithmetic steps a
            little over.
        origin: whose they are, for the sentence.

    Raises:
        ValueError: for another rank, values further outside, or values that are not finite.
    """
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or not np.issubdtype(pictures.dtype, np.floating):
        raise ValueError(
            f"{origin} gives {pictures.dtype} {pictures.shape}; scores need float pictures "
            "[B, H, W, C] in [-1, 1]."
        )
    if not np.isfinite(pictures).all():
        raise ValueError(
            f"{origin} gives pictures with values that are not finite, of which there is no score: "
            "go back to an earlier checkpoint."
        )
    if np.abs(pictures).max(initial=0) > 1.01:
        raise ValueError(
            f"{origin} gives values from {pictures.min():.3g} to {pictures.max():.3g}; pictures "
            "lie in [-1, 1]."
        )
    return np.clip(np.rint((pictures + 1) * 127.5), 0, 255).astype(np.uint8)


def load_npz(path):
    """The pictures of an .npz file: its array `images`, or its only one.

    Args:
        path: holds uint8 `[N, H, W, C]` (or `[N, H, W]`, grey), or float in [-1, 1].

    Returns:
        uint8 `[N, H, W, C]`.

    Raises:
        ValueError: one sentence, for a damaged file or another content.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            names = list(file)
            name = "images" if "images" in names else names[0] if len(names) == 1 else None
            pictures = None if name is None else file[name]
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise ValueError(f"{path} cannot be read as .npz: {error}.") from error
    if pictures is None:
        raise ValueError(
            f"{path} holds the arrays {', '.join(names) or '(none)'}: name the pictures 'images'."
        )
    if pictures.ndim == 3:
        pictures = pictures[..., None]
    if pictures.ndim != 4 or not len(pictures):
        raise ValueError(f"{path} holds {pictures.shape}; pictures are [N, H, W, C], at least one.")
    if pictures.dtype == np.uint8:
        return pictures
    if not np.issubdtype(pictures.dtype, np.floating):
        raise ValueError(f"{path} holds {pictures.dtype}; pictures are uint8, or float in [-1, 1].")
    if np.isfinite(pictures).all() and pictures.min() >= 0:
        raise ValueError(
            f"{path} holds floats from {pictures.min():.3g} to {pictures.max():.3g}, which is not "
            "[-1, 1]: store uint8 from 0 to 255 instead."
        )
    return quantise(pictures, path)
