"""Clips of label maps to clips of pictures, frame by frame.

The model has `memory_channels` and `call(images, memory)`, which gives the next frame and the
memory for the one after it. It learns from clips that lengthen in phases.
"""

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import pictures

OF_REQUEST = (
    *("image_size", "source_channels", "target_channels", "direction", "labels", "data_dir"),
    *("download", "validation_count", "test_count"),
)
KNOBS = (
    *(item for item in flags.of(Request, family="pairs") if item.name in OF_REQUEST),
    flags.knob(
        "clip_lengths",
        (6, 12, 24, 30),
        "Frames of the clips of each phase; the phases share the steps equally.",
        low=3,
    ),
    flags.knob(
        "clip_frames",
        30,
        "Frames of the clips that are read, drawn and scored; longer ones are cut into several.",
        low=7,
    ),
    flags.knob("flip", False, "Mirror half of the training clips, left to right."),
)
STRIPS = 2  # clips of a film strip
LEAST = 7  # frames from which the slower temporal discriminator learns
CLIP = "clip.gif"  # of an export
SUMMARY = (
    "Draws clips from their label maps, {size}, frame by frame: each request takes the labels of a "
    "frame and as `memory` the `next_memory` of the answer before; before the first frame that is "
    "zeros. Two frames are all that is kept, however long the clip."
)


def task(values):
    """The `Task`, from the flags.

    Raises:
        ValueError: for lengths that do not grow, or that leave a discriminator without clips, and
            for an int8 file.
    """
    from tfgan_zoo.data import clips as data
    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.evaluate import clips, tables
    from tfgan_zoo.evaluate.evaluator import served_by
    from tfgan_zoo.export import card
    from tfgan_zoo.training.task import Export, Phase, Preview, Splits, Task

    if "int8" in values.tflite:
        raise ValueError(
            "A TFLite file of int8 would round the memory, which each frame hands on to the next, "
            "frame by frame: leave int8 out of --tflite."
        )
    spec, lengths, flip = values.data, check_lengths(values), values.flip
    request, frames = values.filled(Request, "pairs"), values.clip_frames

    def open_splits(directory):
        names = ("train", "test", "validation")
        return Splits(*(data.open_clips(spec, name, request, frames) for name in names))

    def phases(total_steps):
        # Equal but for what does not divide, which the last one takes.
        each = [total_steps // len(lengths)] * len(lengths)
        each[-1] += total_steps - sum(each)

        def stream(length):
            def batches(examples, **options):
                return train_batches(data.windows(examples, length), flip=flip, **options)

            return batches

        named = zip(lengths, each, strict=True)
        return [Phase(f"frames_{n}", s, batches=stream(n)) for n, s in named if s]

    def strips(served, model, examples):
        """(labels, what is drawn, true pictures) of the first clips."""
        source, target = (
            tables.first_pictures(examples, STRIPS, name) for name in ("source", "target")
        )
        return source, clips.drawer(served, model.memory_channels)(source), target

    def preview(model, splits):
        served = served_by(interface(model, splits))
        source, fake, target = strips(served, model, splits.validation)
        spread = splits.validation.fields["target"].spread
        files = {".gif": animated(source, fake, target)}
        return Preview(sheet(source, fake, target), fake, target, spread, files=files)

    def exports(model, splits):
        height, width, _ = splits.train.fields["target"].frame
        first = tables.first_pictures(splits.test, 8, "source")
        inputs, memory = first[:, 0], model.memory_channels
        rows = {"images": inputs, "real": tables.first_pictures(splits.test, 8, "target")[:, 0]}
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=SUMMARY.format(size=f"{height}x{width}"),
                examples=remembered(model, first),
                evaluators=[clips.export(splits.test, splits.train, memory)],
                picture=lambda served: sheet(*strips(served, model, splits.test)),
                shown=tables.sheet.matching(rows),
            )
        ]

    def extras(model, splits, folder, say):
        parts = strips(served_by(interface(model, splits)), model, splits.test)
        folder.mkdir(parents=True, exist_ok=True)
        card.replace(folder / CLIP, animated(*parts))
        say(f"A clip of labels, what is drawn for them and the true pictures: {folder / CLIP}")

    return Task(
        open=open_splits,
        preview=preview,
        exports=exports,
        validation=pictures.validation(
            interface,
            lambda model, splits: [clips.training(splits.validation, model.memory_channels)],
        ),
        batches=train_batches,
        phases=phases,
        unit="clips",
        extras=extras,
    )


def check_lengths(values):
    """The lengths of the clips of the phases.

    Raises:
        ValueError: for lengths that do not grow, that leave a discriminator without clips, or that
            no clip has.
    """
    lengths = values.clip_lengths
    text = ",".join(map(str, lengths))
    if list(lengths) != sorted(set(lengths)):
        raise ValueError(f"--clip_lengths={text}: clips lengthen from phase to phase.")
    if not lengths or lengths[-1] < LEAST:
        raise ValueError(
            f"--clip_lengths={text}: the last phase needs clips of {LEAST} frames or more, without "
            "which the discriminator of frames three apart learns nothing."
        )
    if lengths[-1] > values.clip_frames:
        raise ValueError(
            f"--clip_lengths={text}: clips have --clip_frames={values.clip_frames}: give more of "
            "these, or shorter clips."
        )
    return tuple(lengths)


def interface(model, splits):
    """`images`, `memory` -> `images`, `next_memory`: the next frame of a clip."""
    from tfgan_zoo.export.interface import Input, Interface, Output, images, source_images

    source, target = (splits.train.fields[name] for name in ("source", "target"))
    memory = (*target.frame[:2], model.memory_channels)

    def call(images, memory):
        fake, following = model(images, memory)
        return {"images": fake, "next_memory": following}

    return Interface(
        model.name,
        (
            source_images(source.frame, label_map=source.label_map),
            Input("memory", "state", memory),
        ),
        (images(target.frame), Output("next_memory", "state", memory)),
        call=call,
        networks=(model.generator,),
    )


def remembered(model, source):
    """Inputs of the interface in the middle of clips `[N, T, H, W, C]`."""
    import numpy as np

    memory = np.zeros((*source[:, 0].shape[:3], model.memory_channels), np.float32)
    for frame in range(2):
        memory = model(source[:, frame], memory)[1].numpy()
    return {"images": source[:, 2], "memory": memory}


def sheet(source, fake, target):
    """What a person looks at: for each clip a film strip of labels, of what is drawn and of the
    true pictures; a `PIL.Image`.
    """
    import numpy as np

    from tfgan_zoo.kinds.clip import film_strip

    rows = [strip for clip in zip(source, fake, target, strict=True) for strip in clip]
    return film_strip(np.stack([in_colour(row) for row in rows]))


def in_colour(clip):
    """A clip `[T, H, W, C]` in three channels."""
    import numpy as np

    return clip[..., :3] if clip.shape[-1] >= 3 else np.repeat(clip[..., :1], 3, -1)


def animated(source, fake, target):
    """The first clip as the bytes of a GIF: labels, what is drawn, the true pictures."""
    import numpy as np

    from tfgan_zoo.kinds.clip import Clip
    from tfgan_zoo.kinds.image import to_uint8

    beside = np.concatenate([in_colour(clip[0]) for clip in (source, fake, target)], 2)
    return Clip(beside.shape).encode(to_uint8(beside))
