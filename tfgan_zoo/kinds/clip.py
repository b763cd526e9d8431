"""Clips: pictures in time, uint8 as they are stored, float32 in [-1, 1] as models take them."""

from __future__ import annotations

import dataclasses
import io

import numpy as np
import tensorflow as tf
from PIL import GifImagePlugin, ImageSequence
from PIL import Image as pillow

from tfgan_zoo.kinds import image
from tfgan_zoo.kinds.kind import Kind, KindError, mean_deviation

DELAY = 80  # milliseconds that a frame is shown
STRIP = 8  # frames of a film strip
COLOURS = 256  # of a frame of a GIF


@dataclasses.dataclass(frozen=True)
class Clip(Kind):
    """Clips of one length and size.

    Attributes:
        shape: `(T, H, W, C)`: frames, height, width, and 1 or 3 channels.
        label_map: whether colours name classes, so that they must never be mixed.
        palette: of label maps: `((r, g, b), ...)` in [0, 255]; None where it is not known.
    """

    shape: tuple[int, int, int, int]
    label_map: bool = False
    palette: tuple[tuple[int, int, int], ...] | None = None

    name = "clip"
    dtype = np.uint8
    suffix = ".gif"

    @property
    def frame(self) -> tuple[int, int, int]:
        """The shape of one frame, `(H, W, C)`."""
        return tuple(self.shape[1:])

    def normalise(self, stored) -> tf.Tensor:
        """uint8 in [0, 255] to float32 in [-1, 1]."""
        return image.to_float(stored)

    def restore(self, values) -> np.ndarray:
        """Float in [-1, 1] to uint8 in [0, 255], as `Image.restore`."""
        return image.to_uint8(values)

    def cropped(self, crop_size) -> Clip:
        """As `Image.cropped`."""
        frame = image.Image(self.frame).cropped(crop_size).shape
        return dataclasses.replace(self, shape=(self.shape[0], *frame))

    def augment(self, stored, words, crop_size=None, flip=False) -> np.ndarray:
        """As `Image.augment`, all frames of a clip alike."""
        return augmented(stored, words, crop_size, flip)

    def spread(self, values) -> float:
        """The standard deviation of each pixel over `[N, T, H, W, C]`, its mean over the pixels."""
        return mean_deviation(values)

    def preview(self, values, scale: int = 1):
        """Film strips: a row of at most `STRIP` frames, evenly spaced, for each clip of
        `[N, T, H, W, C]` in [-1, 1]; a `PIL.Image`.
        """
        return film_strip(values, scale)

    def encode(self, stored) -> bytes:
        """An animated GIF of one clip, uint8 `[T, H, W, C]`: a frame of 256 colours or fewer keeps
        them, of others the nearest 256 are shown.
        """
        content = io.BytesIO()
        writer = GifWriter(content)
        for frame in np.asarray(stored, np.uint8):
            writer.add(frame)
        writer.close()
        return content.getvalue()

    def decode(self, content) -> np.ndarray:
        """uint8 `[T, H, W, C]` from an animated GIF of this shape."""
        try:
            frames = gif_frames(io.BytesIO(content), self.shape[-1])
        except (OSError, SyntaxError, EOFError) as error:
            raise KindError("is not a GIF file that can be read") from error
        if frames.shape != tuple(self.shape):
            raise KindError(f"holds a clip {frames.shape}, not {tuple(self.shape)}")
        return frames


class GifWriter:
    """Writes an animated GIF frame by frame, and holds none of them.

    Args:
        file: to write to, opened for bytes.
        delay: milliseconds that each frame is shown.
    """

    def __init__(self, file, delay=DELAY):
        self._file, self._delay, self._begun = file, delay, False

    def add(self, frame):
        """Writes one frame, uint8 `[H, W, C]` of 1 or 3 channels, each with colours of its own."""
        picture = _with_palette(np.asarray(frame, np.uint8))
        if not self._begun:
            header, _ = GifImagePlugin.getheader(picture, info={"loop": 0, "optimize": False})
            self._file.writelines(header)
            self._begun = True
        blocks = GifImagePlugin.getdata(picture, duration=self._delay, include_color_table=True)
        self._file.writelines(blocks)

    def close(self):
        """Ends the GIF; the file stays open."""
        self._file.write(b";")


def gif_frames(file, channels=3) -> np.ndarray:
    """All frames of an animated picture, uint8 `[T, H, W, channels]`; `file` is a path or a file of
    bytes. Raises what Pillow raises.
    """
    with pillow.open(file) as picture:
        mode = "L" if channels == 1 else "RGB"
        frames = [np.array(f.convert(mode)) for f in ImageSequence.Iterator(picture)]
    return np.stack(frames).reshape(len(frames), *frames[0].shape[:2], channels)


def augmented(stored, words, crop_size, flip):
    """`Image.augment` of arrays `[b, T, H, W, C]`, all frames of a clip alike."""
    clips, frames, height, width, channels = stored.shape
    # Frames as channels: what is cropped and flipped is so in all of them.
    beside = stored.transpose(0, 2, 3, 1, 4).reshape(clips, height, width, frames * channels)
    beside = image.Image(beside.shape[1:]).augment(beside, words, crop_size, flip)
    apart = beside.reshape(*beside.shape[:3], frames, channels)
    return np.ascontiguousarray(apart.transpose(0, 3, 1, 2, 4))


def film_strip(clips, scale=1, captions=None):
    """A row of at most `STRIP` frames, evenly spaced, for each clip of `[N, T, H, W, C]` in
    [-1, 1]; a `PIL.Image`.

    Args:
        clips: the clips.
        scale: whole factor by which frames are enlarged.
        captions: one word above each column; None for none.
    """
    clips = np.asarray(clips)
    chosen = np.linspace(0, clips.shape[1] - 1, min(STRIP, clips.shape[1])).round().astype(int)
    return image.grid([clips[:, frame] for frame in chosen], captions, scale)


def _with_palette(pixels):
    """A picture uint8 `[H, W, C]` in a palette of its own colours, or of 256 like them."""
    colour = np.broadcast_to(pixels, (*pixels.shape[:2], 3)).astype(np.int64)
    codes, places = np.unique(colour @ (65536, 256, 1), return_inverse=True)
    if len(codes) > COLOURS:
        rgb = pillow.fromarray(colour.astype(np.uint8))
        return rgb.quantize(COLOURS, dither=pillow.Dither.NONE)
    picture = pillow.fromarray(places.reshape(pixels.shape[:2]).astype(np.uint8)).convert("P")
    palette = np.stack([codes >> 16, codes >> 8 & 255, codes & 255], -1).astype(np.uint8)
    picture.putpalette(palette.tobytes())
    return picture
