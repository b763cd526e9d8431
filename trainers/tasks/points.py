"""Points of a world whose modes are known: data, plots, scores and export."""

from absl import flags

from trainers import common

FLAGS = flags.FLAGS

DRAWN = 1000  # points of a plot
SCORED = 2500  # points of a validation, as Metz et al. count modes
TRANSPORTED = 1000  # of them, for the exact distance


def augmentation():
    """For `data.pipeline.train_batches`."""
    return {}


def open_data(directory):
    """The training and test splits of --data."""
    from tfgan_zoo.data.worlds import open_points

    return common.Splits(
        train=open_points(FLAGS.data, "train"), test=open_points(FLAGS.data, "test")
    )


def validator(data):
    """model -> how far its points are from the world's; how many modes it draws, how well, how
    evenly.
    """
    return lambda model: measure(model(model.sample_latents(SCORED, seed=[0, 2])))


def measure(points):
    """The Wasserstein distance (W1) to points drawn from the world, and, for a world with modes,
    numbers of `metrics.modes.mode_coverage`; by name.
    """
    import numpy as np

    from tfgan_zoo.data.worlds import find
    from tfgan_zoo.metrics.modes import mode_coverage
    from tfgan_zoo.metrics.transport import wasserstein

    world, points = find(FLAGS.data), np.asarray(points)
    drawn = world.sample(TRANSPORTED, np.random.default_rng(2))
    distance = {"wasserstein": wasserstein(drawn, points[:TRANSPORTED])}
    if world.centres is None:
        return distance
    found = mode_coverage(points, world.centres, world.stds, weights=world.weights)
    names = ("modes", "high_quality", "kl", "shrunken_variance")
    return {name: float(found[name]) for name in names} | distance


def realness(model, points):
    """How real the discriminator or critic takes points to be, a number each: more is more real.
    A model whose discriminator gives anything else has a method of this name.
    """
    if hasattr(model, "realness"):
        return model.realness(points)
    judge = model.discriminator if hasattr(model, "discriminator") else model.critic
    return judge(points, training=False)


def draw(model, data):
    """A plot of samples from fixed latents over the discriminator's surface."""
    import numpy as np

    from tfgan_zoo.training import plots

    samples = model(model.sample_latents(DRAWN, seed=[0, 0])).numpy()
    real = data.test.fetch(np.arange(DRAWN))["points"]
    frame = plots.extent(real)
    surface = realness(model, plots.surface_points(frame)).numpy().ravel()
    title = f"{model.name} on {data.info['name']}, step {int(model.step)}"
    return plots.scatter(samples, real, surface, frame, title), samples, real


def export(model, data, directory, steps, seconds):
    """Writes the generator as a SavedModel from latents to points, its plot and its scores."""
    import json
    import pathlib

    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data.worlds import find
    from tfgan_zoo.export import saved_model, signatures
    from tfgan_zoo.metrics.modes import perfect_sampler
    from tfgan_zoo.training import pictures
    from tfgan_zoo.training.run_directory import versions, write_atomically
    from trainers.tasks import shipping

    folder = directory.export / model.name if not FLAGS.export_dir else FLAGS.export_dir
    folder = pathlib.Path(folder)
    path = saved_model.save(
        folder,
        network=model.generator,
        signatures=signatures.points(
            model,
            latent_dim=model.latent_dim,
            sample_latents=lambda count, seed: model.sample_latents(count, tf.stack([seed, 0])),
        ),
        version=shipping.next_version(folder),
    )
    served = tf.saved_model.load(str(path)).signatures["serving_default"]
    latents = model.sample_latents(len(data.test), seed=[0, 1])
    points = served(latents=latents)["points"].numpy()
    world = find(FLAGS.data)
    scores = {
        "exported model": measure(points),
        "test points": measure(data.test.fetch(np.arange(len(data.test)))["points"]),
    }
    if world.centres is not None:
        scores["perfect sampler"] = perfect_sampler(
            len(points), world.weights, world.centres.shape[1]
        )
    picture, _, _ = draw(model, data)
    pictures.save(picture, folder / "samples.png")
    card = {
        "name": model.name,
        "kind": "points",
        "paper": model.paper,
        "data": {key: data.info[key] for key in ("name", "description", "licence")},
        "interface": {"input": [model.latent_dim], "output": [points.shape[1]]},
        "training": {
            "command": shipping.command(model.name),
            "flags": shipping.card_flags(),
            "steps": steps,
            "seconds": round(seconds),
            "versions": versions(),
        },
        "scores": scores,
    }
    write_atomically(folder / "card.json", json.dumps(card, indent=2, sort_keys=True) + "\n")
    common.say(f"\n{len(points)} points of the exported model, and what can be reached:")
    for name, values in scores.items():
        common.say(f"  {name:<18}" + "  ".join(f"{k} {v:.4g}" for k, v in values.items()))
    for label, file in (
        ("picture", "samples.png"),
        ("SavedModel", path.name),
        ("card", "card.json"),
    ):
        common.say(f"  {label:<12}{folder / file}")
