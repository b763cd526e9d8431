"""Pictures from noise and codes that no label was given for: data, grids, scores and export."""

from absl import flags

from trainers import common
from trainers.tasks import unconditional

FLAGS = flags.FLAGS
COLUMNS = 10  # of a grid
SWEEP = 2.0  # continuous codes of a grid go from -SWEEP to SWEEP, as in the paper
READ = 5000  # training pictures whose codes are read at a validation
BATCH = 100

augmentation = unconditional.augmentation
open_data = unconditional.open_data


def code_error(model, examples, count):
    """Q against the labels of the first `count` examples: (share of wrong ones, label of each
    category); None where there are no labels, or not as many as categories.
    """
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float
    from tfgan_zoo.metrics.clustering import matched_error

    if "labels" not in examples.fields:
        return None
    batch = examples.fetch(np.arange(min(count, len(examples))))
    if batch["labels"].max() >= model.categories:
        return None
    images, found = to_float(batch["images"]), []
    for first in range(0, len(images), BATCH):
        probabilities, _ = model.read_codes(images[first : first + BATCH])
        found.append(probabilities.numpy().argmax(1))
    return matched_error(np.concatenate(found), batch["labels"], model.categories)


def information(model, generate, count, seed):
    """What Q reads of `count` generated pictures about the codes they were drawn with: the bound
    on the mutual information, in nats, and the share of right categories.
    """
    import numpy as np

    latents = model.sample_latents(count, [0, seed]).numpy()
    category = latents[:, model.noise_dim : model.noise_dim + model.categories]
    probabilities = np.concatenate(
        [
            model.read_codes(generate(latents[first : first + BATCH]))[0].numpy()
            for first in range(0, count, BATCH)
        ]
    )
    of_own = np.maximum(probabilities[category == 1], 1e-12)
    return {
        "information": float(np.log(model.categories) + np.mean(np.log(of_own))),
        "own codes read": float(np.mean(probabilities.argmax(1) == category.argmax(1))),
    }


def validator(data):
    """model -> the scores of --metrics, and how far Q's categories are from the labels of training
    pictures, where there are labels.
    """
    scores = unconditional.validator(data)

    def validate(model):
        found = scores(model) if scores else {}
        error = code_error(model, data.train, READ)
        return found | ({} if error is None else {"code_error": error[0]})

    return validate


def grid_latents(model):
    """Latents of the grids, each row by row: noise under every category; then, for each continuous
    code, one noise under every category while the code goes from -2 to 2.
    """
    import numpy as np
    import tensorflow as tf

    rows = model.categories
    category = np.repeat(np.arange(rows), COLUMNS)
    noise = model.sample_latents(COLUMNS, seed=[0, 0])[:, : model.noise_dim]
    still = tf.zeros([rows * COLUMNS, model.continuous])
    grids = [model.join(tf.tile(noise, [rows, 1]), category, still)]
    for code in range(model.continuous):
        swept = np.zeros([rows * COLUMNS, model.continuous], np.float32)
        swept[:, code] = np.tile(np.linspace(-SWEEP, SWEEP, COLUMNS), rows)
        grids.append(model.join(tf.repeat(noise[:1], rows * COLUMNS, axis=0), category, swept))
    return np.concatenate(grids)


def sheet(samples, rows):
    """The grids that a person looks at, side by side."""
    import numpy as np

    from tfgan_zoo.training import pictures

    grids = np.split(samples, len(samples) // (rows * COLUMNS))
    gap = -np.ones_like(grids[0][::COLUMNS])
    columns = []
    for grid in grids:
        columns += [grid[column::COLUMNS] for column in range(COLUMNS)] + [-gap]
    return pictures.grid(columns[:-1])


def draw(model, data):
    """One row per category: other noise in each column; then a sweep of each continuous code."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    samples = model(grid_latents(model)).numpy()
    real = to_float(data.test.fetch(np.arange(min(64, len(data.test))))["images"])
    drawn = model(model.sample_latents(64, seed=[0, 0])).numpy()
    return sheet(samples, model.categories), drawn, real


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
    latents = model.sample_latents(count, seed=[0, 1]).numpy()
    real = to_float(data.test.fetch(np.arange(count))["images"]).numpy()
    error = code_error(model, data.test, len(data.test))

    def compare(pictures):
        flat = [np.reshape(images, (count, -1)) for images in (real, pictures)]
        accuracy = neighbours.nearest_neighbour_accuracy(*flat)
        return {"1-NN accuracy": accuracy["total"], "spread": spread(pictures) / spread(real)}

    def measure(served):
        drawn = [served(latents[i : i + BATCH]) for i in range(0, count, BATCH)]
        scores = compare(np.concatenate(drawn)) | information(model, served, count, seed=4)
        train = to_float(data.train.fetch(np.arange(count))["images"])
        if error:
            scores["code error"] = error[0]
        return scores, {"training pictures": compare(train)}

    reading = ""
    if error:
        reading = (
            f"code error: share of all {len(data.test)} pictures of that split whose likeliest "
            "category under Q is not the one matched to their label; matched one to one for the "
            f"fewest errors, which gives the categories the labels {error[1].tolist()}. "
        )
    shipping.ship(
        model,
        directory=directory,
        title=f"{model.name} on {data.info['name']}",
        summary=(
            f"Draws pictures of {size[0]}x{size[1]} from latents: {model.noise_dim} numbers of "
            f"noise, a one-hot vector of {model.categories} categories that no label was given "
            f"for, and {model.continuous} continuous codes, all in [-1, 1]. In the picture: a row "
            "is a category; left, each column has its noise; then one noise, while a continuous "
            f"code goes from -{SWEEP:g} to {SWEEP:g}."
        ),
        data=data,
        generate=model,
        signatures=signatures.latent(
            model,
            latent_dim=model.latent_dim,
            sample_latents=lambda number, seed: model.sample_latents(number, tf.stack([seed, 0])),
        ),
        requests=serving.latent_requests(model.latent_dim),
        input_name="latents",
        inputs=latents[:8],
        calibration=[latent[None] for latent in latents[:100]],
        interface={
            "input": [model.latent_dim],
            "output": [*size, channels],
            "resize_method": None,
            "latents": model.latent_code,
        },
        measure=measure,
        draw=lambda served: sheet(served(grid_latents(model)), model.categories),
        protocol=(
            f"Of {count} pictures drawn by the SavedModel against as many of the split "
            f"'{data.test.info['split']}': leave-one-out 1-nearest-neighbour accuracy on pixels "
            "(0.5 is ideal, under it means copies); the spread (mean over pixels of the standard "
            "deviation) as a share of the real pictures'; information: Q's bound on the mutual "
            f"information with their categories, at most {np.log(model.categories):.3f} nats; own "
            f"codes read: how often Q's likeliest category is theirs. {reading}"
        ).strip(),
        steps=steps,
        seconds=seconds,
    )
