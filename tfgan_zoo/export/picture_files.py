"""Picture files inside a graph: decoded as training reads them, encoded as PNG.

The header of a file is read before any decoder sees it: what is too large, cut off or of a kind
that TensorFlow and training would read differently is an error of that request.
"""

import tensorflow as tf

from tfgan_zoo.export import guards
from tfgan_zoo.export.formats import bmp, gif, jpeg, orientation, png, webp
from tfgan_zoo.export.formats.binary import File

# Pillow's BICUBIC; for label maps, where a blend of two labels would be a third one, its NEAREST.
RESIZE = ("antialias", "nearest")


def decode(content, image_size: tuple, channels: int, resize_method: str, png_alone=False):
    """An encoded picture (string []) -> float32 [H,W,channels] in [-1,1], as training reads it;
    at its own size where `image_size` is (None, None).

    With `png_alone` no other kind of file is taken, which makes a far smaller graph.
    """
    labels = resize_method == "nearest"
    file = File(content)
    gifs = [file.says(0, signature) for signature in gif.SIGNATURES]
    riff = file.says(0, webp.SIGNATURE) & file.says(8, webp.KIND)
    formats = [
        (png, file.says(0, png.SIGNATURE)),
        (jpeg, file.says(0, jpeg.SIGNATURE)),
        (webp, riff),
        (bmp, file.says(0, bmp.SIGNATURE)),
        (gif, tf.reduce_any(gifs)),
    ]
    sentence = "A file is no PNG, JPEG, WebP, BMP or GIF picture."
    if png_alone:
        formats, sentence = formats[:1], "A mask is no PNG picture."
    found = tf.stack([is_it for _, is_it in formats])
    conditions = [guards.demand(tf.reduce_any(found), sentence)]
    file.content = guards.after(conditions, content)
    options = {"indices": labels and channels == 1, "labels": labels}
    picture, exif, xmp = tf.switch_case(
        tf.argmax(tf.cast(found, tf.int32), output_type=tf.int32),
        [lambda form=form: form.decode(file, **options) for form, _ in formats],
    )
    picture.set_shape([None, None, None])
    picture = _convert_channels(picture, channels, blend=not labels)
    picture.set_shape([None, None, channels])
    picture = orientation.upright(picture, orientation.found(file, exif, xmp))
    if None not in image_size:
        picture = tf.cond(
            tf.reduce_all(tf.equal(tf.shape(picture)[:2], image_size)),
            lambda: picture,
            lambda: resize(picture, image_size, resize_method),
        )
    return tf.ensure_shape(tf.cast(picture, tf.float32), [*image_size, channels]) / 127.5 - 1.0


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


def resize(picture, size: tuple[int, int], method: str):
    """uint8 [h,w,C] -> [*size,C], C known, as training resizes.

    That goes from 8-bit pictures to 8-bit pictures, first along rows and then along columns, and
    rounds after each; a bicubic filter overshoots at edges. What is transparent has no say in the
    colour of what is not.
    """
    if method == "nearest":
        for axis, side in enumerate(size):
            picture = tf.gather(picture, _nearest(tf.shape(picture)[axis], side), axis=axis)
        return picture
    has_alpha = picture.shape[-1] in (2, 4)
    picture = _weighted(picture) if has_alpha else picture
    for sides in ((tf.shape(picture)[0], size[1]), size):
        resized = tf.image.resize(picture, tf.stack(sides), "bicubic", antialias=True)
        picture = tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)
    return _unweighted(picture) if has_alpha else picture


def _weighted(picture):
    """Colours times their alpha."""
    colour, alpha = tf.cast(picture[..., :-1], tf.int32), tf.cast(picture[..., -1:], tf.int32)
    product = colour * alpha + 128
    product = (product + product // 256) // 256
    return tf.concat([tf.cast(product, tf.uint8), picture[..., -1:]], -1)


def _unweighted(picture):
    colour, alpha = tf.cast(picture[..., :-1], tf.int32), tf.cast(picture[..., -1:], tf.int32)
    divided = tf.minimum(255 * colour // tf.maximum(alpha, 1), 255)
    colour = tf.where(alpha > 0, divided, colour)
    return tf.concat([tf.cast(colour, tf.uint8), picture[..., -1:]], -1)


def _nearest(length, side):
    """Which of `length` pixels each of `side` ones shows, int32 `[side]`.

    The places are added up as Pillow does it, since many of them lie between two pixels but for
    the last bit: tf.image.resize takes the other one there.
    """
    step = tf.cast(length, tf.float64) / side
    places = tf.cumsum(tf.concat([[0.5 * step], tf.repeat(step, side - 1)], 0))
    return tf.minimum(tf.cast(places, tf.int32), length - 1)


def _convert_channels(picture, channels: int, blend: bool):
    """uint8 [h,w,1..4] -> [h,w,channels], with the whole numbers that Pillow calculates with.

    Where no alpha is wanted, `blend` lays the picture on white, else its alpha is dropped; where
    one is wanted and missing, it is opaque.
    """
    present = tf.shape(picture)[-1]
    is_grey, has_alpha = present < 3, tf.equal(present % 2, 0)
    colour = tf.cond(is_grey, lambda: picture[..., :1], lambda: picture[..., :3])
    if channels in (1, 3) and blend:
        colour = tf.cond(has_alpha, lambda: _on_white(colour, picture[..., -1:]), lambda: colour)
    if channels >= 3:
        colour = tf.cond(is_grey, lambda: tf.repeat(colour, 3, -1), lambda: colour)
    else:
        colour = tf.cond(is_grey, lambda: colour, lambda: _grey(colour))
    if channels in (1, 3):
        return colour
    alpha = tf.cond(
        has_alpha,
        lambda: picture[..., -1:],
        lambda: tf.fill([*tf.unstack(tf.shape(picture)[:2]), 1], tf.constant(255, tf.uint8)),
    )
    return tf.concat([colour, alpha], -1)


def _on_white(colour, alpha):
    colour, alpha = tf.cast(colour, tf.int32), tf.cast(alpha, tf.int32)
    total = (colour * alpha + 255 * (255 - alpha) + 128) * 128
    return tf.cast((((total // 256) + total) // 256) // 128, tf.uint8)


def _grey(colour):
    """The luma of Rec. 601."""
    red, green, blue = tf.unstack(tf.cast(colour, tf.int32), 3, -1)
    return tf.cast((red * 19595 + green * 38470 + blue * 7471 + 0x8000) // 65536, tf.uint8)[
        ..., None
    ]
