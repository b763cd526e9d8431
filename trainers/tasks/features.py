"""The discriminator's features beside the exported generator: --export_features."""

import pathlib

from absl import flags

from trainers import common

FLAGS = flags.FLAGS
BATCH = 250


def judge(model, data):
    """The network of a model that judges the pictures of `data`.

    Raises:
        ValueError: a sentence, if it has none whose features can be taken.
    """
    from tfgan_zoo.export import features

    found = [getattr(model, name, None) for name in ("discriminator", "critic")]
    network = next((network for network in found if network is not None), None)
    if network is None or "images" not in getattr(data.train, "fields", ()):
        raise ValueError(
            f"--export_features: {model.name} has no discriminator of single pictures here; leave "
            "the flag out."
        )
    try:
        features.pooled_maps(network)
    except ValueError as error:
        raise ValueError(
            f"--export_features: the {network.name} of {model.name} has no such features: {error}"
        ) from error
    return network


def export(model, data, directory):
    """Writes the features as a SavedModel, with batch normalisation over the training split."""
    from tfgan_zoo.data import pipeline
    from tfgan_zoo.export import features, saved_model
    from tfgan_zoo.training.batch_statistics import recomputed
    from trainers.tasks import shipping

    def batches():
        stream = pipeline.eval_batches(data.train, BATCH, ["images"])
        return (batch["images"] for batch in stream)

    network = features.pooled_maps(recomputed(judge(model, data), batches))
    folder = pathlib.Path(FLAGS.export_dir or directory.export / model.name)
    path = saved_model.save(
        folder / "features",
        network=network,
        signatures=features.signatures(network),
        version=max(map(shipping.next_version, (folder, folder / "features"))),
    )
    common.say(f"The discriminator's {network.output.shape[-1]:,} features: {path}")
