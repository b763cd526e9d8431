"""Signatures of an exported generator: what a client sends and gets.

Each builder returns name -> `tf.function` with an input signature and a dynamic batch, ready for
`saved_model.save`. Picture files are handled inside the graph, so that a client needs no code of
ours: decode, resize, normalise, generate, encode. String tensors that carry binary data have names
that end in `_bytes`: TensorFlow Serving's REST interface then writes them as {"b64": ...}.
"""

from collections.abc import Callable

import tensorflow as tf

_RESIZE = {
    # What Pillow's BICUBIC does.
    "antialias": {"method": "bicubic", "antialias": True},
    # For label maps: a blend of two labels would be a third one. Equal to Pillow's NEAREST.
    "nearest": {"method": "nearest"},
}


def translation(
    generate: Callable,
    *,
    image_size: tuple[int, int],
    source_channels: int,
    target_channels: int,
    resize_method: str = "antialias",
    sample: Callable | None = None,
) -> dict:
    """Signatures of a generator from image to image.

    serving_default: {"images": float32 [B,H,W,Cin] in [-1,1]} -> {"images": float32 [B,H,W,Cout]}.
    encoded: {"image_bytes": string [B]} -> {"png_bytes": string [B]}. Each file may be PNG, JPEG,
      WebP, BMP or GIF (its first frame) of any size and any number of channels; what is
      transparent in a photograph is laid on white. The EXIF orientation is not applied, and a BMP
      with a palette is read as grey: TensorFlow's decoder knows neither.
    sample, if `sample` is given: {"images", "seed": int32 []} -> {"images"}: one draw of the noise.

    Args:
      generate: images -> images.
      image_size: (height, width) of the images that the generator takes.
      source_channels, target_channels: 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha.
      resize_method: "antialias" for photographs, "nearest" for label maps.
      sample: (images, seed) -> images.

    Raises ValueError for another resize method or number of channels, or if a callable does not
    return float32 [B,H,W,Cout].
    """
    if resize_method not in _RESIZE:
        raise ValueError(f"resize_method is one of {sorted(_RESIZE)}, not {resize_method!r}.")
    for name, channels in (("source", source_channels), ("target", target_channels)):
        if channels not in (1, 2, 3, 4):
            raise ValueError(f"A picture has 1 to 4 channels; {name}_channels is {channels!r}.")
    height, width = image_size
    images_spec = tf.TensorSpec([None, height, width, source_channels], tf.float32, name="images")
    result_shape = [None, height, width, target_channels]

    def serving_default(images):
        return {"images": _checked(generate(images), result_shape)}

    def encoded(image_bytes):
        images = tf.map_fn(
            lambda content: decode(content, image_size, source_channels, resize_method),
            image_bytes,
            fn_output_signature=tf.TensorSpec(images_spec.shape[1:], tf.float32),
        )
        return {"png_bytes": encode(_checked(generate(images), result_shape))}

    bytes_spec = tf.TensorSpec([None], tf.string, name="image_bytes")
    signatures = {
        "serving_default": _function(serving_default, images_spec),
        "encoded": _function(encoded, bytes_spec),
    }
    if sample is not None:

        def drawn(images, seed):
            return {"images": _checked(sample(images, seed), result_shape)}

        seed_spec = tf.TensorSpec([], tf.int32, name="seed")
        signatures["sample"] = _function(drawn, images_spec, seed_spec)
    return signatures


def latent(
    generate: Callable,
    *,
    latent_dim: int,
    sample_latents: Callable,
    sample: Callable | None = None,
) -> dict:
    """Signatures of a generator from latent vectors to images.

    serving_default: {"latents": float32 [B,Z]} -> {"images": float32 [B,H,W,C] in [-1,1]}.
    encoded: {"num_images": int32 [], "seed": int32 []} -> {"png_bytes": string [N]}.
    latents: {"num_images": int32 [], "seed": int32 []} -> {"latents": float32 [N,Z]}, draws from
      the prior, which who scores or explores the generator would otherwise have to guess.
    sample, if `sample` is given: {"latents", "seed": int32 []} -> {"images"}: one draw of the noise
      that a generator has beside its latents.

    Args:
      generate: latents -> images of 1 to 4 channels.
      latent_dim: Z.
      sample_latents: (num_images, seed), both int32 tensors [] -> float32 [N,Z] from the prior that
        the generator was trained with.
      sample: (latents, seed) -> images.

    Raises ValueError if a callable returns another dtype than float32 or an impossible shape.
    """
    image_shape = [None, None, None, None]

    def serving_default(latents):
        return {"images": _checked(generate(latents), image_shape)}

    def draw(num_images, seed):
        return {"latents": _checked(sample_latents(num_images, seed), [None, latent_dim])}

    def encoded(num_images, seed):
        latents = draw(num_images, seed)["latents"]
        return {"png_bytes": encode(_checked(generate(latents), image_shape))}

    latents_spec = tf.TensorSpec([None, latent_dim], tf.float32, name="latents")
    num_spec = tf.TensorSpec([], tf.int32, name="num_images")
    seed_spec = tf.TensorSpec([], tf.int32, name="seed")
    signatures = {
        "serving_default": _function(serving_default, latents_spec),
        "encoded": _function(encoded, num_spec, seed_spec),
        "latents": _function(draw, num_spec, seed_spec),
    }
    if sample is not None:

        def drawn(latents, seed):
            return {"images": _checked(sample(latents, seed), image_shape)}

        signatures["sample"] = _function(drawn, latents_spec, seed_spec)
    return signatures


def conditional(
    generate: Callable,
    *,
    latent_dim: int,
    classes: int,
    sample_latents: Callable,
    sample: Callable | None = None,
) -> dict:
    """Signatures of a generator from latent vectors and labels to images.

    serving_default: {"latents": float32 [B,Z], "labels": int32 [B]} -> {"images": float32
      [B,H,W,C] in [-1,1]}.
    encoded: {"num_images": int32 [], "seed": int32 [], "label": int32 []} -> {"png_bytes": string
      [N]}, all of that label.
    latents: {"num_images": int32 [], "seed": int32 []} -> {"latents": float32 [N,Z], "labels":
      int32 [N]}: the latents as in `latent`, the labels 0, 1, ... in turn.
    sample, if `sample` is given: {"latents", "labels", "seed": int32 []} -> {"images"}, as there.

    Args:
      generate: (latents, labels) -> images of 1 to 4 channels.
      latent_dim, sample_latents: as in `latent`.
      classes: number of labels.
      sample: (latents, labels, seed) -> images.

    Raises ValueError as `latent` does.
    """
    image_shape = [None, None, None, None]

    def serving_default(latents, labels):
        return {"images": _checked(generate(latents, labels), image_shape)}

    def draw(num_images, seed):
        return {
            "latents": _checked(sample_latents(num_images, seed), [None, latent_dim]),
            "labels": tf.range(num_images) % classes,
        }

    def encoded(num_images, seed, label):
        latents = draw(num_images, seed)["latents"]
        images = generate(latents, tf.fill([num_images], label))
        return {"png_bytes": encode(_checked(images, image_shape))}

    latents_spec = tf.TensorSpec([None, latent_dim], tf.float32, name="latents")
    labels_spec = tf.TensorSpec([None], tf.int32, name="labels")
    num_spec, seed_spec, label_spec = (
        tf.TensorSpec([], tf.int32, name=name) for name in ("num_images", "seed", "label")
    )
    signatures = {
        "serving_default": _function(serving_default, latents_spec, labels_spec),
        "encoded": _function(encoded, num_spec, seed_spec, label_spec),
        "latents": _function(draw, num_spec, seed_spec),
    }
    if sample is not None:

        def drawn(latents, labels, seed):
            return {"images": _checked(sample(latents, labels, seed), image_shape)}

        signatures["sample"] = _function(drawn, latents_spec, labels_spec, seed_spec)
    return signatures


def points(generate: Callable, *, latent_dim: int, sample_latents: Callable) -> dict:
    """Signatures of a generator from latent vectors to points.

    serving_default: {"latents": float32 [B,Z]} -> {"points": float32 [B,D]}.
    latents: {"num_points": int32 [], "seed": int32 []} -> {"latents": float32 [N,Z]}.

    Args and errors: those of `latent`; generate: latents -> points.
    """

    def serving_default(latents):
        return {"points": _checked(generate(latents), [None, None])}

    def draw(num_points, seed):
        return {"latents": _checked(sample_latents(num_points, seed), [None, latent_dim])}

    latents_spec = tf.TensorSpec([None, latent_dim], tf.float32, name="latents")
    num_spec = tf.TensorSpec([], tf.int32, name="num_points")
    seed_spec = tf.TensorSpec([], tf.int32, name="seed")
    return {
        "serving_default": _function(serving_default, latents_spec),
        "latents": _function(draw, num_spec, seed_spec),
    }


def decode(content, image_size: tuple[int, int], channels: int, resize_method: str):
    """An encoded picture (string []) -> float32 [H,W,channels] in [-1,1], as training reads it."""
    # The channels of the file, converted below: asking the decoder for a number of them fails for
    # every pair that some format lacks (grey from a GIF, alpha from a JPEG).
    # decode_image has only the fast inverse DCT for a JPEG: up to 15 levels (more than one on the
    # mean) off what Pillow read for training. The accurate one gives the pixels that Pillow gives.
    picture = tf.cond(
        tf.io.is_jpeg(content),
        lambda: tf.io.decode_jpeg(content, dct_method="INTEGER_ACCURATE"),
        lambda: tf.io.decode_image(content, expand_animations=False),
    )
    picture = tf.cast(picture, tf.float32)
    picture.set_shape([None, None, None])
    picture = _convert_channels(picture, channels, blend=resize_method != "nearest")
    picture = tf.image.resize(picture, image_size, **_RESIZE[resize_method])
    # Training resizes 8-bit pictures to 8-bit pictures; a bicubic filter overshoots at edges.
    levels = tf.clip_by_value(tf.round(picture), 0.0, 255.0)
    return tf.ensure_shape(levels, [*image_size, channels]) / 127.5 - 1.0


def encode(images):
    """float32 [B,H,W,C] in [-1,1] (values outside are clipped) -> PNG files, string [B].

    Raises ValueError if C is not known to be 1 to 4.
    """
    if images.shape[-1] not in (1, 2, 3, 4):
        raise ValueError(f"A PNG file has 1 to 4 channels; the images are {images.shape}.")
    levels = tf.round((tf.clip_by_value(images, -1.0, 1.0) + 1.0) * 127.5)
    return tf.map_fn(
        tf.io.encode_png,
        tf.cast(levels, tf.uint8),
        fn_output_signature=tf.TensorSpec([], tf.string),
    )


def _convert_channels(picture, channels: int, blend: bool):
    """Float [h,w,1..4] in [0,255] -> [h,w,channels].

    Where no alpha is wanted, `blend` lays the picture on white, else its alpha is dropped; where
    one is wanted and missing, it is opaque.
    """
    present = tf.shape(picture)[-1]
    is_grey = present < 3
    grey, rgb = (lambda: picture[..., :1]), (lambda: picture[..., :3])
    if channels >= 3:
        colour = tf.cond(is_grey, lambda: tf.repeat(grey(), 3, -1), rgb)
    else:
        colour = tf.cond(is_grey, grey, lambda: tf.image.rgb_to_grayscale(rgb()))
    alpha = tf.cond(
        tf.equal(present % 2, 0),
        lambda: picture[..., -1:],
        lambda: tf.fill([*tf.unstack(tf.shape(picture)[:2]), 1], 255.0),
    )
    if channels in (2, 4):
        return tf.concat([colour, alpha], -1)
    return 255.0 + (colour - 255.0) * alpha / 255.0 if blend else colour


def _function(function, *specs):
    """A tf.function of these specs, traced now so that a wrong generator fails here."""
    function = tf.function(function, input_signature=specs, autograph=False)
    function.get_concrete_function()
    return function


def _checked(value, shape):
    value = tf.convert_to_tensor(value)
    if value.dtype != tf.float32 or not value.shape.is_compatible_with(shape):
        raise ValueError(
            f"The generator (or sampler) must return float32 of shape {shape}, "
            f"not {value.dtype.name} of shape {value.shape}."
        )
    return tf.ensure_shape(value, shape)
