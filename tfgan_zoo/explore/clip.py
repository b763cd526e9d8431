"""The command that draws a clip frame by frame from a folder of label frames, `clip`."""

import numpy as np

from tfgan_zoo.explore import files
from tfgan_zoo.explore.generator import ExploreError, opened


def clip(options, path, show=files.show):
    """Writes what the generator draws for the frames of --input, in the order of the numbers in
    their names, as an animated GIF of the generator's size.

    One frame at a time is read, drawn and written, with what the generator remembers of the last:
    the memory that this takes does not depend on the length of the clip.

    Args:
        options: with `generator`, `input`, `overwrite`.
        path: of the GIF.
        show: called with (frames done, frames in all).

    Returns:
        A sentence on what was written.

    Raises:
        ExploreError: for a generator that draws no clips, a path that is no place for a GIF, and
            frames that cannot be read; nothing is written over a file that is there.
    """
    from tfgan_zoo.data.clip_files import frame_paths
    from tfgan_zoo.kinds.clip import GifWriter
    from tfgan_zoo.kinds.image import to_uint8

    if path.suffix.lower() != ".gif" or not path.parent.is_dir():
        raise ExploreError(f"--output={path}: name a .gif file in a folder that is there.")
    files.refuse_to_overwrite([path], options.overwrite)
    call, (item, memory) = drawer(options.generator)
    sources = frame_paths(options.input)
    height, width, channels = item.shape
    kind = "labels" if item.kind == "label_map" else "image"
    state = np.zeros((1, *memory.shape), np.float32)
    partial = path.with_suffix(".gif.partial")
    try:
        with partial.open("wb") as file:
            writer = GifWriter(file)
            for number, source in enumerate(sources):
                pixels = files.read(source, channels, kind, (height, width))
                frame, state = call(pixels[None].astype(np.float32) / 127.5 - 1, state)
                writer.add(to_uint8(frame[0]))
                show(number + 1, len(sources))
            writer.close()
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
    return f"{len(sources)} frames of {height}x{width}: {path}"


def drawer(path):
    """((frame `[1, H, W, C]`, memory) -> (picture, memory for the next), the two inputs) of an
    export.
    """
    import tensorflow as tf

    loaded, interface = opened(path)
    inputs, outputs = (interface.inputs, interface.outputs) if interface else ((), ())
    frames = [item for item in inputs if item.kind in ("image", "label_map")]
    states = [item for item in inputs if item.kind == "state"]
    names = {output.name: output.kind for output in outputs}
    pictures = [name for name, output in names.items() if output == "image"]
    one_each = len(frames) == len(states) == len(pictures) == 1 and len(inputs) == 2
    if not one_each or names.get(f"next_{states[0].name}") != "state":
        raise ExploreError(
            f"--generator={path} does not say that it takes a frame and a memory: 'clip' needs an "
            "export that draws clips frame by frame, with its card.json."
        )
    (frame,), (memory,), (picture,) = frames, states, pictures

    def call(pixels, state):
        given = {frame.name: tf.constant(pixels), memory.name: tf.constant(state)}
        found = loaded.signatures["serving_default"](**given)
        return found[picture].numpy(), found[f"next_{memory.name}"].numpy()

    return call, (frame, memory)
