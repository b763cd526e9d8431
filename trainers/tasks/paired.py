"""Image-to-image translation with pairs: data, grids, scores and export."""

from absl import flags

from trainers import common
from trainers.tasks import pair_scores
from trainers.tasks.jitter import augmentation, load_size

__all__ = ["augmentation", "draw", "export", "open_data", "validator"]

FLAGS = flags.FLAGS
flags.DEFINE_enum("direction", "AtoB", ["AtoB", "BtoA"], "Which side of a pair is the source.")
flags.DEFINE_enum(
    "labels",
    "auto",
    ["auto", "source", "target", "none"],
    "Which side is a label map, to be resized without new colours; auto: palette pictures.",
)
flags.DEFINE_integer("source_channels", 3, "Channels of the source.", 1, 4)
flags.DEFINE_integer("target_channels", 3, "Channels of the target.", 1, 4)

ROWS = 4  # of a sample grid


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


def validator(data):
    """model -> means of l1, psnr and ssim over the validation split."""
    return lambda model: pair_scores.measure(lambda batch: model(batch["source"]), data.validation)


def export(model, data, directory, steps, seconds):
    """Writes, scores and reports the exported generator."""
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data.pipeline import to_float
    from tfgan_zoo.export import serving, signatures
    from trainers.tasks import shipping

    size = common.image_size()
    train = open_split("train", size, directory)
    labels = data.test.fields["source"].kind == "labels"
    resize_method = "nearest" if labels else "antialias"
    channels = {"source": data.channels("source"), "target": data.channels("target")}

    def sources(examples, count):
        return to_float(examples.fetch(np.arange(min(count, len(examples))))["source"]).numpy()

    def draw_served(served):
        pairs = data.test.fetch(np.arange(min(ROWS, len(data.test))))
        source = to_float(pairs["source"])
        return sheet(source, served(source), to_float(pairs["target"]))

    def sample(images, seed):
        return model(images, seed=tf.stack([seed, 0]))

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
            source_channels=channels["source"],
            target_channels=channels["target"],
            resize_method=resize_method,
            sample=sample,
        ),
        requests=serving.translation_requests(size, channels["source"], sample=True),
        input_name="images",
        inputs=sources(data.test, 8),
        calibration=[image[None] for image in sources(train, 100)],
        interface={
            "input": [*size, channels["source"]],
            "output": [*size, channels["target"]],
            "resize_method": resize_method,
        },
        measure=lambda served: pair_scores.evaluate(served, data.test, train),
        draw=draw_served,
        protocol=(
            "Drawn by the SavedModel with noise seed 0. "
            + pair_scores.protocol(data.test, size, len(train))
        ),
        steps=steps,
        seconds=seconds,
    )
