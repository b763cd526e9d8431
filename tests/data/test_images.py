"""Decoding and resizing: each mode and format against values known without the decoder."""

import io
import os

import numpy as np
import pytest
from PIL import Image

from tfgan_zoo.data import images


def encode(image, format="PNG", **options):
    stream = io.BytesIO()
    image.save(stream, format, **options)
    return stream.getvalue()


def gradient(height=24, width=32):
    """A smooth colour picture, so that lossy formats change it little."""
    y, x = np.mgrid[:height, :width]
    return np.stack([y * 255 / height, x * 255 / width, 0 * x + 128], -1).astype(np.uint8)


@pytest.mark.parametrize(
    "format, options, tolerance",
    [
        ("PNG", {}, 0),
        ("BMP", {}, 0),
        ("WEBP", {"lossless": True}, 0),
        ("WEBP", {"quality": 95}, 16),
        ("JPEG", {"quality": 95, "subsampling": 0}, 8),
        ("JPEG", {"quality": 95, "progressive": True, "subsampling": 0}, 8),
    ],
)
def test_formats(format, options, tolerance):
    pixels = gradient()
    decoded = images.decode(encode(Image.fromarray(pixels), format, **options))
    assert decoded.dtype == np.uint8 and decoded.shape == pixels.shape
    assert np.abs(decoded.astype(int) - pixels).max() <= tolerance


def test_path_and_bytes_are_alike(tmp_path):
    path = tmp_path / "a.png"
    Image.fromarray(gradient()).save(path)
    np.testing.assert_array_equal(images.decode(path), images.decode(path.read_bytes()))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_channels_of_colour_and_of_grey(channels):
    pixels = gradient()
    grey = np.rint(pixels @ [0.299, 0.587, 0.114])
    decoded = images.decode(encode(Image.fromarray(pixels)), channels).astype(int)
    assert decoded.shape == (*pixels.shape[:2], channels)
    expected = pixels if channels > 2 else grey[..., None]
    assert np.abs(decoded[..., : expected.shape[-1]] - expected).max() <= 1
    if channels in (2, 4):
        assert (decoded[..., -1] == 255).all()

    plane = pixels[..., 0]
    decoded = images.decode(encode(Image.fromarray(plane)), channels)
    for channel in range({1: 1, 2: 1, 3: 3, 4: 3}[channels]):
        np.testing.assert_array_equal(decoded[..., channel], plane)


def test_wrong_channels_are_refused():
    with pytest.raises(ValueError, match="channels must be 1, 2, 3 or 4, not 5"):
        images.decode(b"", 5)


def test_sixteen_bit_grey_is_rounded():
    values = np.arange(0, 65536, 16, dtype=np.uint16).reshape(64, 64)
    values[-1, -1] = 65535
    data = encode(Image.fromarray(values))
    assert Image.open(io.BytesIO(data)).mode.startswith("I")
    decoded = images.decode(data, 1)[..., 0]
    np.testing.assert_array_equal(decoded, np.floor(values / 257 + 0.5))
    np.testing.assert_array_equal(images.decode(data, 3), np.repeat(decoded[..., None], 3, -1))


def png_chunk(kind, data):
    import struct
    import zlib

    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def raw_png(values, bit_depth, colour_type):
    """A PNG written byte by byte, because Pillow writes neither 16-bit colour nor grey + alpha."""
    import struct
    import zlib

    height, width = values.shape[:2]
    head = struct.pack(">IIBBBBB", width, height, bit_depth, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(f">u{bit_depth // 8}").tobytes() for row in values)
    chunks = png_chunk(b"IHDR", head) + png_chunk(b"IDAT", zlib.compress(rows))
    return b"\x89PNG\r\n\x1a\n" + chunks + png_chunk(b"IEND", b"")


def test_sixteen_bit_colour():
    values = np.random.default_rng(0).integers(0, 65536, (9, 7, 3)).astype(np.uint16)
    decoded = images.decode(raw_png(values, 16, 2))
    assert np.abs(decoded.astype(int) - values / 257).max() <= 1


def test_sixteen_bit_grey_with_alpha():
    values = np.random.default_rng(0).integers(0, 65536, (9, 7, 2)).astype(np.uint16)
    decoded = images.decode(raw_png(values, 16, 4), 2)
    assert np.abs(decoded.astype(int) - values / 257).max() <= 1


def test_mode_i_carries_sixteen_bits():
    values = np.array([[0, 257, 32896, 65535]], np.int32)
    decoded = images._to_array(Image.fromarray(values), 1, "image")
    np.testing.assert_array_equal(decoded[..., 0], [[0, 1, 128, 255]])
    with pytest.raises(images.ImageError, match="outside 0 to 65535"):
        images._to_array(Image.fromarray(values + 1), 1, "image")


def test_one_bit():
    bits = np.random.default_rng(0).integers(0, 2, (8, 11)).astype(bool)
    np.testing.assert_array_equal(
        images.decode(encode(Image.fromarray(bits)), 1)[..., 0], bits * np.uint8(255)
    )


def palette_image(indices, colours):
    image = Image.fromarray(indices)
    image.putpalette(np.asarray(colours, np.uint8).tobytes())
    return image


COLOURS = np.array([[10, 20, 30], [200, 0, 0], [0, 100, 250], [255, 255, 255]], np.uint8)
INDICES = np.arange(48, dtype=np.uint8).reshape(6, 8) % 4


def test_palette():
    data = encode(palette_image(INDICES, COLOURS))
    for kind in ("image", "labels"):
        np.testing.assert_array_equal(images.decode(data, 3, kind), COLOURS[INDICES])


def test_palette_with_transparency_lies_on_white_in_a_photograph():
    data = encode(palette_image(INDICES, COLOURS), transparency=1)
    expected = COLOURS[INDICES]
    expected[INDICES == 1] = 255
    np.testing.assert_array_equal(images.decode(data, 3), expected)
    rgba = images.decode(data, 4)
    np.testing.assert_array_equal(rgba[..., 3], np.where(INDICES == 1, 0, 255))


def test_palette_with_transparency_keeps_its_colours_in_a_label_map():
    data = encode(palette_image(INDICES, COLOURS), transparency=bytes([255, 0, 128, 255]))
    np.testing.assert_array_equal(images.decode(data, 3, "labels"), COLOURS[INDICES])


def test_label_map_with_one_channel_gives_indices():
    data = encode(palette_image(INDICES, COLOURS))
    np.testing.assert_array_equal(images.decode(data, 1, "labels")[..., 0], INDICES)


def test_grey_label_map_stays_as_it_is():
    data = encode(Image.fromarray(INDICES))
    np.testing.assert_array_equal(images.decode(data, 1, "labels")[..., 0], INDICES)
    np.testing.assert_array_equal(images.decode(data, 3, "labels")[..., 1], INDICES)


def test_sixteen_bit_label_map_keeps_its_numbers():
    wide = INDICES.astype(np.uint16)
    decoded = images.decode(encode(Image.fromarray(wide)), 1, "labels")
    np.testing.assert_array_equal(decoded[..., 0], INDICES)
    with pytest.raises(images.ImageError, match="outside 0 to 255"):
        images.decode(encode(Image.fromarray(wide * 100)), 1, "labels")


def test_alpha_is_laid_on_white_or_dropped():
    rgba = np.dstack([gradient(), np.full((24, 32), 64, np.uint8)])
    data = encode(Image.fromarray(rgba))
    expected = rgba[..., :3] * (64 / 255) + 255 * (1 - 64 / 255)
    assert np.abs(images.decode(data, 3) - expected).max() <= 1
    np.testing.assert_array_equal(images.decode(data, 4), rgba)
    np.testing.assert_array_equal(images.decode(data, 3, "labels"), rgba[..., :3])

    la = np.stack([gradient()[..., 1], np.full((24, 32), 64, np.uint8)], -1)
    data = encode(Image.fromarray(la))
    np.testing.assert_array_equal(images.decode(data, 2), la)
    expected = la[..., 0] * (64 / 255) + 255 * (1 - 64 / 255)
    assert np.abs(images.decode(data, 1)[..., 0] - expected).max() <= 1


def test_cmyk_jpeg():
    pixels = gradient()
    data = encode(Image.fromarray(pixels).convert("CMYK"), "JPEG", quality=95)
    assert Image.open(io.BytesIO(data)).mode == "CMYK"
    assert np.abs(images.decode(data).astype(int) - pixels).max() <= 12


def test_grey_jpeg():
    plane = gradient()[..., 0]
    decoded = images.decode(encode(Image.fromarray(plane), "JPEG", quality=95))
    assert decoded.shape == (*plane.shape, 3)
    assert np.abs(decoded.astype(int) - plane[..., None]).max() <= 4


# What a viewer has to do to the stored pixels, by the EXIF standard's orientation number.
UPRIGHT = {
    1: lambda a: a,
    2: lambda a: a[:, ::-1],
    3: lambda a: a[::-1, ::-1],
    4: lambda a: a[::-1],
    5: lambda a: a.transpose(1, 0, 2),
    6: lambda a: np.rot90(a, -1),
    7: lambda a: a[::-1, ::-1].transpose(1, 0, 2),
    8: lambda a: np.rot90(a),
}


@pytest.mark.parametrize("orientation", UPRIGHT)
@pytest.mark.parametrize("format, options", [("JPEG", {"quality": 95}), ("PNG", {})])
def test_exif_orientation(orientation, format, options):
    stored = gradient()
    exif = Image.Exif()
    exif[0x0112] = orientation
    decoded = images.decode(encode(Image.fromarray(stored), format, exif=exif, **options))
    expected = UPRIGHT[orientation](stored)
    assert decoded.shape == expected.shape
    assert np.abs(decoded.astype(int) - expected).max() <= 12


def test_animated_gif_gives_its_first_frame():
    frames = [palette_image((INDICES + shift) % 4, COLOURS) for shift in (0, 1, 2)]
    data = encode(frames[0], "GIF", save_all=True, append_images=frames[1:])
    assert Image.open(io.BytesIO(data)).n_frames == 3
    np.testing.assert_array_equal(images.decode(data), COLOURS[INDICES])


def test_animated_webp_gives_its_first_frame():
    frames = [Image.new("RGB", (8, 6), colour) for colour in ("red", "blue")]
    data = encode(frames[0], "WEBP", save_all=True, append_images=frames[1:], lossless=True)
    np.testing.assert_array_equal(images.decode(data), np.full((6, 8, 3), [255, 0, 0]))


@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
@pytest.mark.parametrize("kept", [0.2, 0.5, 0.8])
def test_truncated_file_is_refused(format, kept):
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3)).astype(np.uint8)
    data = encode(Image.fromarray(noise), format)
    with pytest.raises(images.ImageError):
        images.decode(data[: int(kept * len(data))])


@pytest.mark.filterwarnings("ignore::PIL.Image.DecompressionBombWarning")
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP", "BMP", "GIF"])
def test_damaged_bytes_never_escape_as_another_error(format):
    rng = np.random.default_rng(0)
    noise = rng.integers(0, 256, (16, 16, 3)).astype(np.uint8)
    data = np.frombuffer(encode(Image.fromarray(noise), format), np.uint8)
    refused = 0
    for _ in range(150):
        damaged = data.copy()
        places = rng.integers(0, len(data), 8)
        damaged[places] = rng.integers(0, 256, 8)
        try:
            assert images.decode(damaged.tobytes()).dtype == np.uint8
        except images.ImageError:
            refused += 1
    assert refused > 0


def test_reasons(tmp_path):
    empty = tmp_path / "empty.png"
    empty.touch()
    for source in (b"", empty):
        with pytest.raises(images.ImageError, match="is empty"):
            images.decode(source)
    with pytest.raises(images.ImageError, match="is not a PNG, JPEG, WebP, BMP or GIF image"):
        images.decode(b"these are words, not pixels")
    with pytest.raises(images.ImageError, match="cannot be read: No such file"):
        images.decode(tmp_path / "absent.png")
    secret = tmp_path / "secret.png"
    Image.fromarray(gradient()).save(secret)
    secret.chmod(0)
    if os.access(secret, os.R_OK):  # root reads everything
        assert images.decode(secret).shape == (24, 32, 3)
    else:
        with pytest.raises(images.ImageError, match="cannot be read: Permission denied"):
            images.decode(secret)


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("size", [(12, 40), (48, 16), (7, 5)])
@pytest.mark.parametrize("kind", ["image", "labels"])
def test_a_constant_stays_constant(channels, size, kind):
    colour = np.array({1: [17], 2: [17, 255], 3: [17, 200, 99], 4: [17, 200, 99, 255]}[channels])
    colour = colour.astype(np.uint8)
    resized = images.resize(np.full((24, 32, channels), colour), size, kind)
    np.testing.assert_array_equal(resized, np.full((*size, channels), colour))


def test_a_gradient_keeps_its_slope():
    # A linear picture, resized with a symmetric filter, is linear in the pixel centres.
    ramp = np.tile(np.arange(128, dtype=np.uint8)[None, :, None], (8, 1, 1))
    resized = images.resize(ramp, (8, 32))[..., 0].astype(float)
    centres = (np.arange(32) + 0.5) * 4 - 0.5
    np.testing.assert_allclose(resized[:, 2:-2], np.tile(centres[2:-2], (8, 1)), atol=0.51)


def test_downsizing_is_antialiased():
    # A checkerboard finer than the new pixels averages to grey instead of making moire.
    board = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None]
    inner = images.resize(board, (15, 15))[2:-2, 2:-2]
    assert np.abs(inner.astype(int) - 127.5).max() < 4


@pytest.mark.parametrize("size", [(20, 45), (90, 33), (150, 130)])
def test_bicubic_is_that_of_tensorflow(size):
    import tensorflow as tf

    # Within this range the filter's overshoot stays inside 8 bits, where Pillow would clip it.
    pixels = np.random.default_rng(0).integers(80, 176, (60, 80, 3)).astype(np.uint8)
    expected = tf.image.resize(pixels, size, method="bicubic", antialias=True)
    assert np.abs(images.resize(pixels, size) - expected).max() < 1.6


def test_bicubic_is_close_to_scikit_image_on_a_smooth_picture():
    from skimage.transform import resize

    y, x = np.mgrid[:96, :128] / 16
    smooth = (127 + 60 * np.sin(x) + 60 * np.cos(y))[..., None]
    expected = resize(smooth, (48, 64), order=3, anti_aliasing=True, preserve_range=True)
    got = images.resize(np.rint(smooth).astype(np.uint8), (48, 64))
    assert np.abs(got - expected)[4:-4, 4:-4].max() < 3


@pytest.mark.parametrize("size", [(31, 17), (13, 50), (101, 97)])
def test_label_maps_take_the_nearest_pixel(size):
    rows, columns = np.indices((40, 60)).astype(np.uint8)
    resized = images.resize(np.stack([rows, columns, 0 * rows], -1), size, "labels")
    for axis, old in enumerate((40, 60)):
        wanted = (np.indices(size)[axis] + 0.5) * old / size[axis]
        assert np.abs(resized[..., axis] + 0.5 - wanted).max() <= 0.5 + 1e-9


def test_label_maps_keep_their_colours():
    labels = COLOURS[np.random.default_rng(0).integers(0, 4, (40, 60))]
    for size in [(31, 17), (13, 50), (101, 97)]:
        resized = images.resize(labels, size, "labels").reshape(-1, 3)
        assert {*map(tuple, resized.tolist())} == {*map(tuple, COLOURS.tolist())}


def test_transparent_colour_does_not_bleed():
    # Hidden red beside visible blue: blending must weigh colours by their alpha.
    rgba = np.zeros((8, 8, 4), np.uint8)
    rgba[:, :4] = [255, 0, 0, 0]
    rgba[:, 4:] = [0, 0, 255, 255]
    resized = images.resize(rgba, (8, 5))
    assert resized[resized[..., 3] > 0][:, 0].max() == 0


def test_to_channels():
    pixels = gradient()
    assert images.to_channels(pixels, 3) is pixels
    grey = images.to_channels(pixels, 1)
    assert grey.shape == (24, 32, 1)
    np.testing.assert_array_equal(images.to_channels(grey, 3), np.repeat(grey, 3, -1))


def test_palette_reads_the_header_only(tmp_path):
    path = tmp_path / "p.png"
    palette_image(INDICES, np.vstack([COLOURS, np.zeros((6, 3), np.uint8)])).save(path)
    assert images.palette(path) == [*COLOURS.tolist(), [0, 0, 0]]
    palette_image(INDICES, np.vstack([COLOURS, COLOURS[:1]])).save(path)
    assert images.palette(path) == COLOURS.tolist()
    Image.fromarray(gradient()).save(path)
    assert images.palette(path) is None
    palette_image(INDICES, COLOURS).save(path, "GIF")
    assert images.palette(path) is None
    path.write_bytes(b"no picture")
    with pytest.raises(images.ImageError):
        images.palette(path)


# The shape alone, which must be that of the decoded picture.


@pytest.mark.parametrize("orientation", range(0, 10))
@pytest.mark.parametrize("format", ["PNG", "JPEG", "WEBP"])
def test_shape_is_that_of_the_turned_picture(tmp_path, orientation, format):
    exif = Image.Exif()
    exif[0x0112] = orientation
    (tmp_path / "a").write_bytes(encode(Image.fromarray(gradient()), format, exif=exif))
    decoded = images.decode(tmp_path / "a")
    assert images.shape(tmp_path / "a") == decoded.shape
    assert decoded.shape[:2] == ((32, 24) if orientation in (5, 6, 7, 8) else (24, 32))


def test_shape_of_a_png_whose_orientation_stands_at_its_end(tmp_path):
    data = encode(Image.fromarray(gradient()))
    head, end = data[:-12], data[-12:]
    block = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"
    (tmp_path / "a.png").write_bytes(head + png_chunk(b"eXIf", block) + end)
    assert images.shape(tmp_path / "a.png") == (32, 24, 3)
    assert images.decode(tmp_path / "a.png").shape == (32, 24, 3)


GREY = gradient()[..., 0]
MODES = {
    "grey": (Image.fromarray(GREY), 1),
    "one bit": (Image.fromarray(GREY > 99), 1),
    "grey of 16 bits": (Image.fromarray(GREY.astype(np.uint16) * 257), 1),
    "grey with alpha": (Image.fromarray(np.dstack([GREY, GREY])), 1),
    "palette": (palette_image(GREY % 4, COLOURS), 3),
    "colour": (Image.fromarray(gradient()), 3),
    "colour with alpha": (Image.fromarray(np.dstack([gradient(), GREY])), 3),
}


@pytest.mark.parametrize("name", MODES)
def test_shape_tells_grey_from_colour(tmp_path, name):
    image, channels = MODES[name]
    image.save(tmp_path / "a.png")
    assert images.shape(tmp_path / "a.png") == (24, 32, channels)


def test_shape_of_an_animation_and_of_print_colours(tmp_path):
    frames = [palette_image((GREY + i) % 4, COLOURS) for i in range(3)]
    frames[0].save(tmp_path / "a.gif", save_all=True, append_images=frames[1:])
    assert images.shape(tmp_path / "a.gif") == (24, 32, 3)
    Image.fromarray(gradient()).convert("CMYK").save(tmp_path / "a.jpg")
    assert images.shape(tmp_path / "a.jpg") == (24, 32, 3)


def test_shape_of_what_is_no_picture(tmp_path):
    cases = {
        "empty": (b"", "is empty"),
        "text": (b"no picture", "is not a PNG"),
        "cut": (encode(Image.fromarray(gradient()))[:60], "truncated|broken|damaged"),
    }
    for name, (content, reason) in cases.items():
        (tmp_path / name).write_bytes(content)
        with pytest.raises(images.ImageError, match=reason):
            images.shape(tmp_path / name)
    with pytest.raises(images.ImageError, match="cannot be read: No such file"):
        images.shape(tmp_path / "absent")
