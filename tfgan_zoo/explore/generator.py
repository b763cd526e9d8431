"""An exported generator from latents, opened for looking into it."""

import numpy as np


class ExploreError(ValueError):
    """What cannot be drawn; the message says what to do about it."""


def opened(path):
    """(the SavedModel, the `Interface` that its card tells or None) of an export.

    Args:
        path: folder that holds saved_model.pb, or a folder of versions.

    Raises:
        ExploreError: for a folder without one, and one without the signature `serving_default`.
    """
    import tensorflow as tf

    from tfgan_zoo.export import stored
    from tfgan_zoo.metrics.extractors import saved_model_folder

    folder = saved_model_folder(path)
    if folder is None:
        raise ExploreError(f"--generator={path} holds no saved_model.pb.")
    loaded = tf.saved_model.load(str(folder))
    if "serving_default" not in loaded.signatures:
        raise ExploreError(f"--generator={path} has no signature 'serving_default'.")
    card = stored.find_card(folder)
    return loaded, stored.from_card(card) if card else None


class Generator:
    """An exported generator of pictures from latents, and what lies inside it.

    What it takes is read from its card, where there is one, or else from its signatures.

    Args:
        path: folder that holds saved_model.pb, or a folder of versions.
        prior: `normal` or `uniform`, for an export that does not hold its prior.

    Attributes:
        dimension: of the latents.
        classes: how many labels it takes; None if it takes none.
        names: of the classes, from 0 on; their numbers where the card has no names.
        normal: whether its latents are known to be drawn from N(0, 1).
        size: (height, width) of a picture; a side of None is not known.
        parts: the stretches of a latent, dicts with `kind` and `size`, where its card tells them.
    """

    def __init__(self, path, prior=None):
        from tfgan_zoo.export import stored

        self._loaded, told = opened(path)
        self._function = self._loaded.signatures["serving_default"]
        interface = told or stored.from_signature(self._function, str(path))
        kinds = {item.kind for item in interface.inputs}
        if not {"latents"} <= kinds <= {"latents", "class"}:
            raise ExploreError(
                f"--generator={path} takes "
                f"{', '.join(item.name for item in interface.inputs) or 'nothing'}; these commands "
                "need a generator from latents."
            )
        if [output.kind for output in interface.outputs] != ["image"]:
            raise ExploreError(f"--generator={path} draws no pictures.")
        self._latents, labels = interface.first("latents"), interface.first("class")
        (self.dimension,) = self._latents.shape
        if not prior and "latents" not in self._loaded.signatures:
            raise ExploreError(
                f"--generator={path} does not say what its latents are drawn from: give "
                "--latents=normal or --latents=uniform."
            )
        self._prior, self._labels = prior, labels
        self.classes = labels and (labels.classes or self._count_classes())
        self.names = labels and (labels.names or [str(label) for label in range(self.classes)])
        stored_prior = self._latents.prior
        parts = (stored_prior.describe() if stored_prior else None) or [{"kind": None}]
        self.normal = prior == "normal" or {part["kind"] for part in parts} == {"normal"}
        self.size = interface.outputs[0].shape[:2]
        self.parts = [part for part in parts if part["kind"]]

    def _count_classes(self):
        """How many labels the signature `latents` gives; it gives all of them in turn."""
        if "latents" not in self._loaded.signatures:
            raise ExploreError("This generator takes labels, and nothing says how many.")
        return int(self._drawn(4096, 0)[self._labels.name].numpy().max()) + 1

    def _drawn(self, count, seed):
        import tensorflow as tf

        draw = self._loaded.signatures["latents"]
        (counted,) = set(draw.structured_input_signature[1]) - {"seed"}
        return draw(**{counted: tf.constant(count), "seed": tf.constant(seed)})

    def draw_latents(self, count, seed):
        """float32 `[count, Z]` from the prior."""
        if self._prior:
            chance = np.random.default_rng(seed)
            shape = (count, self.dimension)
            drawn = (
                chance.standard_normal(shape)
                if self._prior == "normal"
                else chance.uniform(-1, 1, shape)
            )
            return drawn.astype(np.float32)
        return self._drawn(count, seed)[self._latents.name].numpy()

    def __call__(self, latents, labels=None):
        """Images float32 `[N, H, W, C]` in [-1, 1] from `[N, Z]`, and labels `[N]` if it takes them
        (zeros by default).
        """
        import tensorflow as tf

        inputs = {self._latents.name: tf.constant(latents, tf.float32)}
        if self.classes:
            labels = np.zeros(len(latents)) if labels is None else labels
            inputs[self._labels.name] = tf.constant(labels, tf.int32)
        (images,) = self._function(**inputs).values()
        images = images.numpy()
        if images.ndim != 4:
            raise ExploreError("This generator draws points, not pictures.")
        return images

    def encoded_shape(self):
        """(height, width, channels) of the pictures that `encode` takes.

        Raises ExploreError for a generator that encodes none.
        """
        encode = self._loaded.signatures.get("encode")
        if encode is None or "latents" not in encode.structured_outputs:
            raise ExploreError(
                "This generator infers no latents of pictures: name the folder 'decode' of a model "
                "with an encoder, such as bigan or vae_gan."
            )
        return tuple(encode.structured_input_signature[1]["images"].shape[1:])

    def encode(self, images):
        """Latents float32 `[N, Z]` of pictures `[N, H, W, C]` in [-1, 1]."""
        import tensorflow as tf

        encode = self._loaded.signatures["encode"]
        return encode(images=tf.constant(images, tf.float32))["latents"].numpy()

    def opened(self, layer):
        """(maps, finish) of a hidden convolution.

        Args:
            layer: which of the activated feature maps, in the order from latents to pixels;
                negative ones count from the end.

        Returns:
            `maps`: latents -> float32 `[N, h, w, F]`, and `finish`: (latents, maps) -> images with
            these maps in place of the generator's own.
        """
        import tensorflow as tf
        from tensorflow.python.framework.convert_to_constants import (
            convert_variables_to_constants_v2,
        )

        frozen = convert_variables_to_constants_v2(self._function)
        graph = tf.compat.v1.wrap_function(
            lambda: tf.graph_util.import_graph_def(frozen.graph.as_graph_def(), name=""), []
        )
        found = [
            operation.outputs[0].name
            for operation in frozen.graph.get_operations()
            if operation.type in ("Relu", "LeakyRelu", "Elu", "Selu")
            and operation.outputs[0].shape.rank == 4
        ]
        if not -len(found) <= layer < len(found):
            raise ExploreError(
                f"--layer={layer}: the generator has {len(found)} activated feature maps."
            )
        tensor = graph.graph.get_tensor_by_name(found[layer])
        inputs = [graph.graph.get_tensor_by_name(t.name) for t in frozen.inputs]
        output = graph.graph.get_tensor_by_name(frozen.outputs[0].name)
        inside, outside = graph.prune(inputs, tensor), graph.prune([*inputs, tensor], output)

        def arguments(latents):
            latents = tf.constant(latents, tf.float32)
            named = {self._latents.name: latents}
            if self.classes:
                named[self._labels.name] = tf.zeros(len(latents), tf.int32)
            return [named[t.name.split(":")[0]] for t in frozen.inputs]

        return (
            lambda latents: inside(*arguments(latents)).numpy(),
            lambda latents, maps: outside(*arguments(latents), tf.constant(maps)).numpy(),
        )
