"""Image-to-image translation with pairs: data, grids, scores and export."""

from absl import flags

from trainers import common

FLAGS = flags.FLAGS
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

ROWS = 4  # of a sample grid
BATCH = 4
FIT = 100  # training pairs that the baselines and the segmenter are fitted on

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


def validator(data):
    """model -> means of l1, psnr and ssim over the validation split."""
    return lambda model: measure(lambda batch: model(batch["source"]), data.validation)


def measure(answer, examples, segmenter=None, palette=None):
    """Scores of the pictures `answer(batch)` over all pairs of `examples`.

    Means of l1, psnr and ssim against the target; with a `segmenter`, also the shares of the label
    map, in the colours of `palette`, that it finds again.
    """
    import numpy as np

    from tfgan_zoo.data.pipeline import eval_batches, to_uint8
    from tfgan_zoo.metrics import label_recovery
    from tfgan_zoo.metrics.reconstruction import reconstruction_scores

    scores, found, truth = [], [], []
    for batch in eval_batches(examples, BATCH):
        pictures = np.asarray(answer(batch))
        scores.append(reconstruction_scores(pictures, batch["target"]))
        if segmenter is not None:
            found.append(segmenter(pictures))
            labels = to_uint8(batch["source"]).numpy()
            truth.append(label_recovery.labels_to_index(labels, palette))
    means = {
        name: float(np.mean(np.concatenate([batch[name] for batch in scores])))
        for name in scores[0]
    }
    if segmenter is not None:
        means |= label_recovery.recovery_scores(
            np.concatenate(found), np.concatenate(truth), len(palette)
        )
    return means


def label_palette(*tables):
    """The colours of the label maps in `tables`, `[K, 3]`; None if the sources are no RGB label
    maps.
    """
    import numpy as np

    from tfgan_zoo.metrics.label_recovery import label_colours

    field = tables[0].fields["source"]
    if field.kind != "labels" or field.shape[-1] != 3:
        return None
    seen = [
        label_colours(table.fetch(np.array([index]))["source"])
        for table in tables
        for index in range(len(table))
    ]
    return label_colours(np.concatenate(seen))


def evaluate(served, data, train):
    """Scores of `served` and of the baselines on the test split; `train` is at the same size."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float, to_uint8
    from tfgan_zoo.metrics import baselines, label_recovery

    pairs = train.fetch(np.arange(min(FIT, len(train))))
    palette = label_palette(data.test, train)
    answers = {"exported model": lambda batch: served(batch["source"])}
    if palette is not None:
        paint = baselines.constant_colour_per_label(pairs["source"], pairs["target"], palette)
        answers["one colour per label"] = lambda batch: paint(to_uint8(batch["source"]).numpy())
    else:
        mean = baselines.mean_target(pairs["target"])
        answers["mean training picture"] = lambda batch: mean(batch["source"])
    if data.channels("source") == data.channels("target"):
        answers["the input itself"] = lambda batch: batch["source"]

    segmenter = None
    if palette is not None and data.channels("target") == 3:
        segmenter = label_recovery.fit_segmenter(
            to_float(pairs["target"]).numpy(),
            label_recovery.labels_to_index(pairs["source"], palette),
            len(palette),
        )
    scores = {
        name: measure(answer, data.test, segmenter, palette) for name, answer in answers.items()
    }
    if segmenter is not None:
        ceiling = measure(lambda batch: batch["target"], data.test, segmenter, palette)
        # Compared with themselves they say nothing; what is left is what the segmenter can do.
        scores["the true pictures"] = {
            name: ceiling[name] for name in ("pixel_accuracy", "class_accuracy", "class_iou")
        }
    return scores.pop("exported model"), scores


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
        measure=lambda served: evaluate(served, data, train),
        draw=draw_served,
        protocol=(
            f"Means over all {len(data.test)} pairs of the split '{data.test.info['split']}' at "
            f"{size[0]}x{size[1]}, drawn by the SavedModel with noise seed 0. l1 in units of "
            "[-1, 1], psnr in dB, ssim after Wang et al. 2004. pixel_accuracy, class_accuracy and "
            "class_iou: how much of the label map a segmenter finds again in the picture; it is "
            f"a ridge regression fitted on {min(FIT, len(train))} true training pairs, so that "
            "its own score on the true pictures is the ceiling."
        ),
        steps=steps,
        seconds=seconds,
    )
