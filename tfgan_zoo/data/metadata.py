"""Picture files without what stands beside the pixels: texts, profiles, camera data.

Pillow reads those too, and refuses a whole picture for a comment that is too long or a camera's
note that is garbled, which every viewer shows. What decides the pixels stays byte for byte.
"""

from __future__ import annotations

import struct
import zlib

_PNG = b"\x89PNG\r\n\x1a\n"
# Of the pixels. A transparency is worth having only where its checksum is right.
_PNG_KEPT = (b"IHDR", b"PLTE", b"tRNS", b"IDAT", b"IEND")
# Of frames; those of an animation too, of which the first is read.
_WEBP_KEPT = (b"VP8X", b"VP8 ", b"VP8L", b"ALPH", b"ANIM", b"ANMF")
_WEBP_FLAGS = 0b11010011  # of VP8X, without those that announce profile, EXIF and XMP
_EXIF = b"Exif\0\0"


def pixels_alone(data: bytes) -> tuple[bytes, bytes | None]:
    """The file without its metadata, and its EXIF block where it has one.

    Args:
        data: of a PNG, JPEG or WebP file. Any other comes back as it is; so does a damaged one,
            from where it cannot be followed.
    """
    if data.startswith(_PNG):
        return _png(data)
    if data.startswith(b"\xff\xd8"):
        return _jpeg(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return _webp(data)
    return data, None


def _png(data):
    kept, exif, place = [_PNG], None, len(_PNG)
    while place + 12 <= len(data):
        (length,) = struct.unpack_from(">I", data, place)
        name = data[place + 4 : place + 8]
        body = data[place + 8 : place + 8 + length]
        sound = data[place + 8 + length : place + 12 + length] == struct.pack(
            ">I", zlib.crc32(name + body)
        )
        if name in _PNG_KEPT and (sound or name != b"tRNS"):
            kept.append(data[place : place + 12 + length])
        if name == b"eXIf":
            exif = body
        place += 12 + length
    return b"".join([*kept, data[place:]]), exif


def _jpeg(data):
    kept, exif, place = [data[:2]], None, 2
    while place + 4 <= len(data) and data[place] == 0xFF:
        marker = data[place + 1]
        if marker == 0xDA:  # the scan; pixels from here on
            break
        if marker == 0xFF:  # filling
            place += 1
            continue
        (length,) = struct.unpack_from(">H", data, place + 2)
        body = data[place + 4 : place + 2 + length]
        if marker == 0xE1 and body.startswith(_EXIF):
            exif = body
        # Applications' blocks and comments go, but Adobe's: it says how colours are coded.
        if not (0xE0 <= marker <= 0xEF and marker != 0xEE) and marker != 0xFE:
            kept.append(data[place : place + 2 + length])
        place += 2 + length
    return b"".join([*kept, data[place:]]), exif


def _webp(data):
    kept, exif, place = [], None, 12
    while place + 8 <= len(data):
        name = data[place : place + 4]
        (length,) = struct.unpack_from("<I", data, place + 4)
        end = place + 8 + length + length % 2
        if name == b"VP8X" and length:
            flags = bytes([data[place + 8] & _WEBP_FLAGS])
            kept.append(data[place : place + 8] + flags + data[place + 9 : end])
        elif name in _WEBP_KEPT:
            kept.append(data[place:end])
        if name == b"EXIF":
            exif = data[place + 8 : place + 8 + length]
        place = end
    body = b"WEBP" + b"".join(kept)
    return b"RIFF" + struct.pack("<I", len(body)) + body, exif
