"""Picture files inside a graph: decoded as training reads them, encoded as PNG."""

import tensorflow as tf

RESIZE = {
    # What Pillow's BICUBIC does.
    "antialias": {"method": "bicubic", "antialias": True},
    # For label maps: a blend of two labels would be a third one. Equal to Pillow's NEAREST.
    "nearest": {"method": "nearest"},
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
    picture = tf.image.resize(picture, image_size, **RESIZE[resize_method])
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
