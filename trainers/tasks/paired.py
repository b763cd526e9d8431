"""Image-to-image translation with pairs: data, grids, scores and export."""

from absl import flags

from trainers import common

FLAGS = flags.FLAGS
flags.adopt_module_key_flags(common)
flags.DEFINE_enum("direction", "AtoB", ["AtoB", "BtoA"], "Which side of a pair is the source.")
flags.DEFINE_enum(
    "labels",
    "auto",
    ["auto", "source", "target", "none"],
    "Which side is a label map, to be resized without new colours; auto: palette pictures.",
)
flags.DEFINE_string(
    "load_size",
    None,
    "Side, or HEIGHTxWIDTH, from which training crops are cut; default 286/256 of --image_size.",
)
flags.DEFINE_bool("flip", True, "Mirror half of the training pairs.")
flags.DEFINE_integer("source_channels", 3, "Channels of the source.", 1, 4)
flags.DEFINE_integer("target_channels", 3, "Channels of the target.", 1, 4)

ROWS = 6  # of a sample grid
BATCH = 4


flags.register_validator(
    "load_size",
    lambda value: value is None or common.is_size(value),
    "must be a side in pixels, such as 286, or HEIGHTxWIDTH",
)


def load_size():
    """Size (height, width) at which training pairs are decoded: the paper's 286 for 256, or
    --load_size.
    """
    if FLAGS.load_size is not None:
        return common.size(FLAGS.load_size)
    return tuple(round(side * 286 / 256) for side in common.image_size())


def augmentation():
    """The paper's jitter, for `data.pipeline.train_batches`."""
    crop = common.image_size()
    return {"crop_size": None if crop == load_size() else crop, "flip": FLAGS.flip}


def open_split(name, size, directory):
    """One split of --data at `size` (height, width)."""
    from tfgan_zoo.data.sources import open_pairs

    return open_pairs(
        FLAGS.data,
        name,
        image_size=size,
        source_channels=FLAGS.source_channels,
        target_channels=FLAGS.target_channels,
        direction=FLAGS.direction,
        labels=FLAGS.labels,
        **common.source_options(directory),
    )


def open_data(directory):
    """The three splits of --data."""
    return common.Splits(
        train=open_split("train", load_size(), directory),
        validation=open_split("validation", common.image_size(), directory),
        test=open_split("test", common.image_size(), directory),
    )


def draw(model, data):
    """Source, generated and target of the first validation pairs."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    pairs = data.validation.fetch(np.arange(min(ROWS, len(data.validation))))
    source, target = to_float(pairs["source"]), to_float(pairs["target"])
    fake = model(source)
    return sheet(source, fake, target), fake, target


def sheet(source, fake, target):
    """The grid that a person looks at."""
    from tfgan_zoo.training import pictures

    return pictures.grid([source, fake, target], ["input", "generated", "target"])


def validate(model, data):
    """Means of L1, PSNR and SSIM over the validation split."""
    return measure(model, data.validation)


def measure(generate, examples):
    """Means of L1, PSNR and SSIM of `generate(source)` against the target."""
    import numpy as np

    from tfgan_zoo.data.pipeline import eval_batches
    from tfgan_zoo.metrics import reconstruction

    metrics = {
        "L1": reconstruction.l1,
        "PSNR": reconstruction.psnr,
        "SSIM": reconstruction.ssim,
    }
    values = {name: [] for name in metrics}
    for batch in eval_batches(examples, BATCH):
        fake = generate(batch["source"])
        for name, metric in metrics.items():
            values[name].append(metric(batch["target"], fake))
    return {name: float(np.mean(np.concatenate(parts))) for name, parts in values.items()}


def export(model, data, directory, steps, seconds):
    """Writes, scores and reports the exported generator."""
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data.pipeline import to_float
    from tfgan_zoo.export import serving, signatures
    from tfgan_zoo.metrics import label_recovery
    from trainers.tasks import shipping

    size = common.image_size()
    inputs = to_float(data.test.fetch(np.arange(min(8, len(data.test))))["source"])
    train = open_split("train", size, directory)
    palette = data.test.info.get("palette")

    def measure_all(served):
        constant = label_recovery.constant_picture(train, palette)
        scores = measure(served, data.test)
        baselines = {
            "constant colour per label" if palette else "mean training picture": measure(
                constant, data.test
            )
        }
        if data.channels("source") == data.channels("target"):
            baselines["the input itself"] = measure(lambda source: source, data.test)
        if palette:
            recovery = label_recovery.fit(train, palette)
            scores |= recovery(served, data.test)
            baselines["constant colour per label"] |= recovery(constant, data.test)
            baselines["real photographs"] = recovery(None, data.test)
        return scores, baselines

    def draw_served(served):
        pairs = data.test.fetch(np.arange(min(ROWS, len(data.test))))
        source = to_float(pairs["source"])
        return sheet(source, served(source), to_float(pairs["target"]))

    def sample(images, seed):
        return model(images, seed=tf.stack([seed, 0]))

    labels = data.test.fields["source"].kind == "labels"
    calibration = to_float(train.fetch(np.arange(min(100, len(train))))["source"])
    shipping.ship(
        model,
        directory=directory,
        title=f"{model.name} on {data.info['name']}",
        summary=f"Draws the target picture of a pair from its source, {size[0]}x{size[1]}.",
        data=data,
        generate=model,
        signatures=signatures.translation(
            model,
            image_size=size,
            source_channels=data.channels("source"),
            target_channels=data.channels("target"),
            resize_method="nearest" if labels else "antialias",
            sample=sample,
        ),
        requests=serving.translation_requests(size, data.channels("source"), sample=True),
        inputs=inputs,
        calibration=[image[None] for image in calibration],
        interface={
            "input": [*size, data.channels("source")],
            "output": [*size, data.channels("target")],
        },
        measure=measure_all,
        draw=draw_served,
        protocol=(
            f"Means per image over all {len(data.test)} pairs of the split "
            f"'{data.test.info['split']}', {size[0]}x{size[1]}, drawn by the SavedModel with "
            "noise seed 0; L1 in units of [-1, 1]."
        ),
        steps=steps,
        seconds=seconds,
    )
