"""Pictures from noise: data, grids, scores and export."""

from absl import flags

from trainers import common

FLAGS = flags.FLAGS
flags.DEFINE_bool("flip", False, "Mirror half of the training pictures.")
flags.DEFINE_integer("channels", 3, "Channels of the pictures.", 1, 4)
flags.DEFINE_list(
    "metrics",
    [],
    "Scores taken at each validation, such as fid,prdc (python -m tfgan_zoo.metrics.score "
    "--list_metrics names them), of pictures from fixed latents against training pictures.",
)
flags.DEFINE_string("extractor", "auto", "Of --metrics; as in python -m tfgan_zoo.metrics.score.")
flags.DEFINE_integer("num_samples", 1000, "Pictures of either side for --metrics.", 2)

SIDE = 8  # of the square sample grid
BATCH = 64


def augmentation():
    """For `data.pipeline.train_batches`."""
    return {"crop_size": None, "flip": FLAGS.flip}


def open_data(directory):
    """The training and test splits of --data."""
    from tfgan_zoo.data.sources import open_images

    train, test = (
        open_images(
            FLAGS.data,
            split,
            image_size=common.image_size(),
            channels=FLAGS.channels,
            **{**common.source_options(directory), "val_count": FLAGS.validation_count or 0},
        )
        for split in ("train", "test")
    )
    return common.Splits(train=train, test=test)


def validator(data):
    """model -> the scores of --metrics; None where there are none.

    Against training pictures, as the literature's Frechet distances are: the test split must not
    choose a checkpoint, and is kept for the scores of the export.
    """
    import numpy as np

    from tfgan_zoo.metrics.monitor import Monitor, extractor_for
    from tfgan_zoo.metrics.suite import Settings

    if not FLAGS.metrics:
        return None
    count = min(FLAGS.num_samples, len(data.train))
    rows = np.sort(np.random.default_rng(0).choice(len(data.train), count, replace=False))
    monitor = Monitor(
        FLAGS.metrics,
        extractor_for(FLAGS.extractor, data.train.fields["images"].shape),
        (data.train.fetch(rows[i : i + BATCH])["images"] for i in range(0, count, BATCH)),
        FLAGS.num_samples,
        Settings(kid_subset_size=min(1000, count, FLAGS.num_samples)),
    )

    def validate(model):
        latents = model.sample_latents(FLAGS.num_samples, seed=[0, 2]).numpy()
        return monitor(model(latents[i : i + BATCH]) for i in range(0, len(latents), BATCH))

    return validate


def draw(model, data):
    """A square of samples from fixed latents."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    samples = model(model.sample_latents(SIDE**2, seed=[0, 0])).numpy()
    real = to_float(data.test.fetch(np.arange(min(SIDE**2, len(data.test))))["images"])
    return sheet(samples), samples, real


def sheet(samples):
    """The grid that a person looks at; small pictures twice as large."""
    from tfgan_zoo.training import pictures

    return pictures.square_grid(samples, scale=2 if samples.shape[1] <= 32 else 1)


def sampler(model):
    """(latents, seed int32 []) -> pictures, of a model that draws with noise besides; None of
    others.
    """
    import tensorflow as tf

    if not getattr(model, "noisy", False):
        return None
    return lambda latents, seed: model(latents, seed=tf.stack([seed, 0]))


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
    real = to_float(data.test.fetch(np.arange(count))["images"])

    def compare(pictures):
        flat = [np.reshape(images, (count, -1)) for images in (real, pictures)]
        accuracy = neighbours.nearest_neighbour_accuracy(*flat)
        return {
            "1-NN accuracy": accuracy["total"],
            "1-NN accuracy, real": accuracy["real"],
            "1-NN accuracy, fake": accuracy["fake"],
            "spread": spread(pictures) / spread(real),
        }

    def measure(served):
        batches = [served(latents[i : i + BATCH]) for i in range(0, count, BATCH)]
        noise = np.random.default_rng(0).uniform(-1, 1, real.shape)
        train = to_float(data.train.fetch(np.arange(count))["images"])
        return compare(np.concatenate(batches)), {
            "training pictures": compare(train),
            "uniform noise": compare(noise),
        }

    def sample_latents(num_images, seed):
        return model.sample_latents(num_images, tf.stack([seed, 0]))

    shipping.ship(
        model,
        directory=directory,
        title=f"{model.name} on {data.info['name']}",
        summary=f"Draws pictures of {size[0]}x{size[1]} from latents.",
        data=data,
        generate=model,
        signatures=signatures.latent(
            model,
            latent_dim=model.latent_dim,
            sample_latents=sample_latents,
            sample=sampler(model),
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
        draw=lambda served: sheet(served(latents[: SIDE**2])),
        protocol=(
            f"{count} pictures drawn by the SavedModel from latents of seed 1 against as many of "
            f"the split '{data.test.info['split']}': leave-one-out 1-nearest-neighbour accuracy "
            "on pixels (0.5 is ideal, under it means copies) and the spread (mean over pixels of "
            "the standard deviation) as a share of the real pictures'."
        ),
        steps=steps,
        seconds=seconds,
    )
