"""Pictures whose metadata are odd are read as every viewer shows them."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from tests.data.test_images import UPRIGHT, encode, gradient, png_chunk
from tfgan_zoo.data import images, metadata

TURNED = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0"  # orientation 6


def with_chunks(*chunks, data=None, behind=False):
    """A PNG with more chunks before its pixels, or behind them."""
    data = data or encode(Image.fromarray(gradient()))
    place = len(data) - 12 if behind else 33
    return data[:place] + b"".join(chunks) + data[place:]


def spoilt(chunk):
    return chunk[:-1] + bytes([chunk[-1] ^ 1])


def text(words):
    return b"Comment\0\0" + zlib.compress(words)


LONG = b"words " * 400_000
PNG = {
    "a packed text of 2 MB": png_chunk(b"zTXt", text(LONG)),
    "an international one": png_chunk(b"iTXt", b"Comment\0\1\0\0\0" + zlib.compress(LONG)),
    "a text with a wrong checksum": spoilt(png_chunk(b"tEXt", b"Comment\0words")),
    "a private chunk with a wrong checksum": spoilt(png_chunk(b"prVt", b"words")),
    "a garbled EXIF block": png_chunk(b"eXIf", b"garbage that is no TIFF"),
    "a profile of 2 MB": png_chunk(b"iCCP", b"p\0\0" + zlib.compress(LONG)),
    "a profile packed in an unknown way": png_chunk(b"iCCP", b"p\0\7" + zlib.compress(b"p")),
    "a transparency with a wrong checksum": spoilt(png_chunk(b"tRNS", b"\0\0\0\0\0\0")),
    "too short a resolution": png_chunk(b"pHYs", b"\0\0"),
    "too short a gamma": png_chunk(b"gAMA", b"\0"),
    "a text that is named like a property": png_chunk(b"tEXt", b"interlace\x001"),
    "a text named transparency": png_chunk(b"tEXt", b"transparency\0yes"),
    "frames out of order": png_chunk(b"fcTL", bytes(26)) * 2,
}


@pytest.mark.parametrize("name", PNG)
@pytest.mark.parametrize("behind", [False, True])
def test_png(name, behind, tmp_path):
    data = with_chunks(PNG[name], behind=behind)
    np.testing.assert_array_equal(images.decode(data), gradient())
    (tmp_path / "a.png").write_bytes(data)
    assert images.shape(tmp_path / "a.png") == (24, 32, 3)
    assert images.palette(tmp_path / "a.png") is None


def test_the_orientation_of_a_png_with_other_odd_metadata_counts():
    data = with_chunks(PNG["a packed text of 2 MB"], png_chunk(b"eXIf", TURNED))
    np.testing.assert_array_equal(images.decode(data), UPRIGHT[6](gradient()))


def test_damage_of_the_pixels_stays_damage():
    data = bytearray(with_chunks(PNG["a packed text of 2 MB"]))
    data[data.index(b"IDAT") + 20] ^= 1
    with pytest.raises(images.ImageError):
        images.decode(bytes(data))
    for kept in (10, 40, 100):
        metadata.pixels_alone(bytes(data[:kept]))


def jpeg_with(*segments):
    data = encode(Image.fromarray(gradient()), "JPEG", quality=95)
    marked = (b"\xff" + mark + struct.pack(">H", len(body) + 2) + body for mark, body in segments)
    return data[:2] + b"".join(marked) + data[2:]


def turned_with_resolution_as_text():
    """As a scanner's software writes it: the resolution is text, and the picture is turned."""
    entries = [(0x0112, 3, 1, b"\0\6\0\0"), (0x011A, 2, 3, b"72\0\0")]
    body = struct.pack(">H", len(entries))
    body += b"".join(struct.pack(">HHI", tag, kind, n) + value for tag, kind, n, value in entries)
    return b"Exif\0\0MM\0*\0\0\0\x08" + body + b"\0\0\0\0"


JPEG = {
    "garbled EXIF": ((b"\xe1", b"Exif\0\0garbage that is no TIFF"), 1),
    "EXIF cut short": ((b"\xe1", b"Exif\0\0MM\0*\0\0\0\x08\0\x09\x01\x12"), 1),
    "a resolution as text": ((b"\xe1", turned_with_resolution_as_text()), 6),
    "an orientation as text": ((b"\xe1", b"Exif\0\0" + TURNED.replace(b"\0\3", b"\0\2")), 1),
    "a garbled profile": ((b"\xe2", b"ICC_PROFILE\0\x09\x02junk"), 1),
    "a garbled list of pictures": ((b"\xe2", b"MPF\0MM\0*\xff\xff\xff\xff"), 1),
    "garbled settings of Photoshop": ((b"\xed", b"Photoshop 3.0\x008BIM\x04\x04\xff"), 1),
    "a long comment": ((b"\xfe", b"words " * 10_000), 1),
}


@pytest.mark.parametrize("name", JPEG)
def test_jpeg(name):
    segment, orientation = JPEG[name]
    plain = images.decode(jpeg_with())
    np.testing.assert_array_equal(images.decode(jpeg_with(segment)), UPRIGHT[orientation](plain))
    stripped, _ = metadata.pixels_alone(jpeg_with(segment))
    np.testing.assert_array_equal(images.decode(stripped), plain)


def test_print_colours_keep_their_sense_without_metadata():
    data = encode(Image.fromarray(gradient()).convert("CMYK"), "JPEG", quality=95)
    stripped, _ = metadata.pixels_alone(data)
    np.testing.assert_array_equal(images.decode(stripped), images.decode(data))


@pytest.mark.parametrize("frames", [1, 2])
def test_webp(frames):
    more = {"save_all": True, "append_images": [Image.new("RGB", (32, 24))] * (frames - 1)}
    options = {"exif": b"Exif\0\0garbage", "xmp": b"<no end", "icc_profile": b"junk"}
    data = encode(Image.fromarray(gradient()), "WEBP", lossless=True, **options, **more)
    np.testing.assert_array_equal(images.decode(data), gradient())
    stripped, exif = metadata.pixels_alone(data)
    assert exif and len(stripped) < len(data) and b"XMP " not in stripped
    np.testing.assert_array_equal(images.decode(stripped), gradient())


def test_a_pointer_of_git_lfs_is_named(tmp_path):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:1\nsize 9\n"
    (tmp_path / "a.png").write_bytes(pointer)
    for source in (pointer, tmp_path / "a.png"):
        with pytest.raises(images.ImageError, match="pointer of Git LFS .* 'git lfs pull'"):
            images.decode(source)


def test_too_large_a_picture_is_called_so_and_can_be_allowed(monkeypatch):
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 300)
    data = encode(Image.fromarray(gradient()))  # 768 pixels
    with pytest.raises(images.ImageError, match="more than 600 pixels: .* --max_pixels") as error:
        images.decode(data)
    assert "DOS" not in str(error.value) and "damaged" not in str(error.value)
    images.allow(768)
    np.testing.assert_array_equal(images.decode(data), gradient())
    images.allow(10)  # allows no less
    assert images.decode(data).shape == (24, 32, 3)


def test_a_picture_written_by_pillow_with_much_text(tmp_path):
    notes = PngImagePlugin.PngInfo()
    notes.add_text("workflow", "x" * 3_000_000, zip=True)
    stream = io.BytesIO()
    Image.fromarray(gradient()).save(stream, "PNG", pnginfo=notes)
    np.testing.assert_array_equal(images.decode(stream.getvalue()), gradient())
