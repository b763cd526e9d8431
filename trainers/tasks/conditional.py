"""Pictures from noise and a label: data, grids, scores and export.

Inside, what a generator draws from is one array `inputs [B, latent_dim + classes]`, the latents
with their one-hot labels beside them, as `model.condition` makes it: that is what TFLite files
take. The SavedModel takes latents and labels.
"""

from absl import flags

from trainers import common
from trainers.tasks import unconditional

FLAGS = flags.FLAGS
flags.DEFINE_bool(
    "shuffle_labels",
    False,
    "Ablation: give every training picture the label of another, so that labels say nothing.",
)
flags.DEFINE_integer(
    "per_label", 1000, "Pictures of each label that the digit classifier reads for the scores.", 1
)

NEIGHBOURS = 10_000  # labelled samples of the 1-nearest-neighbour classifier
COLUMNS = 10  # of the grid with one row per label
augmentation = unconditional.augmentation


def open_data(directory):
    """The training and test splits of --data, with labels."""
    import numpy as np

    from tfgan_zoo.data.examples import DataError, Examples

    data = unconditional.open_data(directory)
    if "labels" not in data.train.fields:
        raise DataError(
            f"--data={FLAGS.data} has no labels: give a folder with one folder per class."
        )
    if FLAGS.shuffle_labels:
        train = data.train
        labels = train.fetch(np.arange(len(train)))["labels"]
        shuffled = np.random.default_rng(FLAGS.seed).permutation(labels)
        data.train = Examples(
            train.fields,
            train.names,
            train.info,
            lambda rows: {**train.fetch(rows), "labels": shuffled[rows]},
        )
    return data


def count_classes(data):
    """Number of labels in the training split."""
    import numpy as np

    names = data.info.get("label_names")
    return (
        len(names)
        if names
        else 1 + int(data.train.fetch(np.arange(len(data.train)))["labels"].max())
    )


def inputs(model, labels, seed):
    """Latents of `seed` with `labels [B]` beside them, float32 `[B, latent_dim + classes]`."""
    return model.condition(model.sample_latents(len(labels), seed), labels).numpy()


def example_inputs(model, count):
    """Inputs for a test: every label in turn."""
    import numpy as np

    return inputs(model, np.arange(count) % model.classes, [0, 3])


def arguments(model, inputs):
    """`inputs` as the SavedModel's signature takes them."""
    import tensorflow as tf

    latents, conditions = tf.split(tf.constant(inputs), [model.latent_dim, model.classes], -1)
    return {"latents": latents, "labels": tf.argmax(conditions, -1, tf.int32)}


def reader(data):
    """pictures -> digits, by the zoo's frozen classifier; None if the pictures are no grey ones of
    ten classes.
    """
    from tfgan_zoo.metrics import extractors, generated

    shape = data.train.fields["images"].shape
    if count_classes(data) != 10 or extractors.automatic(shape) != "mnist_cnn":
        return None
    classify = extractors.find("mnist_cnn")
    return lambda images: classify(generated.quantise(images, "The generator"))[1].argmax(1)


def label_accuracy(draw, read, model, per_label, seed):
    """Share of the pictures that are read as the label they were drawn for, over all labels and
    for the worst.

    Args:
        draw: inputs -> pictures.
        read: pictures -> labels.
    """
    import numpy as np

    hits = [
        np.mean(read(draw(inputs(model, np.full(per_label, label), [label, seed]))) == label)
        for label in range(model.classes)
    ]
    return {"label_accuracy": float(np.mean(hits)), "worst_label_accuracy": float(np.min(hits))}


def neighbour_errors(draw, model, data):
    """Test errors of two 1-nearest-neighbour classifiers on pixels: one of generated pictures, of
    every label as many, and one of as many training pictures.
    """
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float
    from tfgan_zoo.metrics import neighbours

    count = min(NEIGHBOURS, len(data.train))
    test, train = (
        t.fetch(np.arange(n)) for t, n in ((data.test, len(data.test)), (data.train, count))
    )
    labels = np.arange(count) % model.classes
    generated = draw(inputs(model, labels, [0, 6]))

    def error(pictures, labels):
        flat = [np.reshape(p, (len(p), -1)) for p in (pictures, to_float(test["images"]))]
        return neighbours.classification_error(flat[0], labels, flat[1], test["labels"])

    return error(generated, labels), error(to_float(train["images"]), train["labels"])


def spread_of_labels(pictures, labels):
    """Mean over the labels of the spread of their pictures: what one label leaves to the latent."""
    import numpy as np

    from tfgan_zoo.training.watchdogs import spread

    labels = np.asarray(labels)
    return float(np.mean([spread(pictures[labels == label]) for label in np.unique(labels)]))


class Labelled:
    """The model as one that draws from latents, labels in turn, which `--metrics` are taken of."""

    def __init__(self, model):
        self.model = model

    def sample_latents(self, count, seed):
        """Inputs with every label equally often."""
        import tensorflow as tf

        latents = self.model.sample_latents(count, seed)
        return self.model.condition(latents, tf.range(count) % self.model.classes)

    def __call__(self, inputs):
        return self.model(inputs)


def validator(data):
    """model -> the scores of --metrics, the spread under each label as a share of the real
    pictures', and the label accuracy where the classifier can tell.
    """
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    scores, read, classes = unconditional.validator(data), reader(data), count_classes(data)
    train = data.train.fetch(np.arange(min(1000, len(data.train))))
    real = spread_of_labels(to_float(train["images"]).numpy(), train["labels"])

    def validate(model):
        found = scores(Labelled(model)) if scores else {}
        labels = np.arange(300) % classes
        pictures = model(inputs(model, labels, [0, 5])).numpy()
        found["label_spread"] = spread_of_labels(pictures, labels) / real
        if read:
            found |= label_accuracy(lambda batch: model(batch).numpy(), read, model, 100, seed=5)
        return found

    return validate


def draw(model, data):
    """One row per label; the pictures of a column share their latent."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    samples = model(grid_inputs(model)).numpy()
    real = to_float(data.test.fetch(np.arange(min(64, len(data.test))))["images"])
    return sheet(samples), samples, real


def grid_inputs(model):
    """Inputs of the grid, row by row."""
    import numpy as np
    import tensorflow as tf

    latents = tf.tile(model.sample_latents(COLUMNS, seed=[0, 0]), [model.classes, 1])
    labels = np.repeat(np.arange(model.classes), COLUMNS)
    return model.condition(latents, labels).numpy()


def sheet(samples):
    """The grid that a person looks at; small pictures twice as large."""
    from tfgan_zoo.training import pictures

    columns = [samples[column::COLUMNS] for column in range(COLUMNS)]
    return pictures.grid(columns, scale=2 if samples.shape[1] <= 32 else 1)


def export(model, data, directory, steps, seconds):
    """Writes, scores and reports the exported generator."""
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data.pipeline import to_float
    from tfgan_zoo.export import serving, signatures
    from tfgan_zoo.metrics import neighbours
    from tfgan_zoo.training.watchdogs import spread
    from trainers.tasks import shipping

    size, channels = common.image_size(), data.channels("images")
    count = min(1000, len(data.test), len(data.train))
    test, train = (table.fetch(np.arange(count)) for table in (data.test, data.train))
    real, read = to_float(test["images"]).numpy(), reader(data)
    drawn = inputs(model, test["labels"], [0, 1])
    sample = unconditional.sampler(model)

    def compare(pictures, labels):
        flat = [np.reshape(images, (count, -1)) for images in (real, pictures)]
        accuracy = neighbours.nearest_neighbour_accuracy(*flat)
        own = spread_of_labels(pictures, labels)
        return {
            "1-NN accuracy": accuracy["total"],
            "spread": spread(pictures) / spread(real),
            "label spread": own / spread_of_labels(real, test["labels"]),
        }

    def measure(served):
        def batched(batch):
            return np.concatenate([served(batch[i : i + 100]) for i in range(0, len(batch), 100)])

        scores = compare(batched(drawn), test["labels"])
        others = {"training pictures": compare(to_float(train["images"]).numpy(), train["labels"])}
        if read:
            found = label_accuracy(batched, read, model, FLAGS.per_label, seed=4)
            scores |= {name.replace("_", " "): value for name, value in found.items()}
            others["test pictures"] = {"label accuracy": np.mean(read(real) == test["labels"])}
            errors = neighbour_errors(batched, model, data)
            for found, error in zip((scores, others["training pictures"]), errors, strict=True):
                found["1-NN classifier error"] = error
        return scores, others

    reading = (
        f"label accuracy: share of {FLAGS.per_label * model.classes} pictures, "
        f"{FLAGS.per_label} of each label, that the zoo's frozen mnist_cnn reads as the label they "
        "were drawn for. 1-NN classifier error: on all test pictures, of the 1-nearest-neighbour "
        f"classifier on pixels whose examples are {min(NEIGHBOURS, len(data.train)):,} pictures, "
        "the labels in turn (the score of DCGAN's authors). "
    )
    shipping.ship(
        model,
        directory=directory,
        title=f"{model.name} on {data.info['name']}",
        summary=f"Draws pictures of {size[0]}x{size[1]} of a chosen class.",
        data=data,
        generate=model,
        signatures=signatures.conditional(
            lambda latents, labels: model(model.condition(latents, labels)),
            latent_dim=model.latent_dim,
            classes=model.classes,
            sample_latents=lambda count, seed: model.sample_latents(count, tf.stack([seed, 0])),
            sample=sample
            and (lambda latents, labels, seed: sample(model.condition(latents, labels), seed)),
        ),
        requests=serving.conditional_requests(model.latent_dim),
        input_name="inputs",
        inputs=drawn[:8],
        arguments=lambda batch: arguments(model, batch),
        calibration=[row[None] for row in drawn[:100]],
        interface={
            "input": [model.latent_dim],
            "output": [*size, channels],
            "resize_method": None,
            "classes": model.classes,
            "latents": model.latent_code,
        },
        measure=measure,
        draw=lambda served: sheet(served(grid_inputs(model))),
        protocol=(
            f"{reading if read else ''}Of {count} pictures drawn by the SavedModel with the labels "
            f"of as many of the split '{data.test.info['split']}': leave-one-out "
            "1-nearest-neighbour accuracy on pixels (0.5 is ideal, under it means copies) and the "
            "spread (mean over pixels of the standard deviation) as a share of the real pictures', "
            "over all and, as label spread, the mean over those of one label."
        ),
        steps=steps,
        seconds=seconds,
    )
