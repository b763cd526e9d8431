"""Draws which modes of B the modes of A are sent to: DiscoGAN's toy, in three arms.

python -m trainers.experiments.disco_modes --output=modes.png

A is a ring of five Gaussians, B one of ten. A GAN alone, one with the way back from A, and
DiscoGAN, with the way back from both, learn the same number of iterations on the same points from
the same first weights. The picture has a row for each arm and a column for each seed: held-out
points of A as they were drawn as B, in the colour of their mode, over the true modes of B. Beside
it lies a JSON of what was counted, whose means are printed as a table.
"""

import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

A, B = "ring:modes=5,radius=2,std=0.1", "ring:modes=10,radius=2,std=0.1"
# The paper's sum of both losses at equal weights, without the code's feature matching.
PLAIN = {"adversarial_weight": 1.0, "feature_weight": 0.0, "weight_decay": 0.0, "unit": 1.0}
ARMS = {
    "GAN": {"both_ways": False, "reconstruction_shares": (0.0, 0.0)},
    "way back from A": {"both_ways": False, "reconstruction_shares": (0.5, 0.5)},
    "DiscoGAN": {"reconstruction_shares": (0.5, 0.5)},
}
ITERATIONS = 3  # of a step, on points of their own
TAKEN = 0.1  # of a mode's points that make it a user of a mode of B
SEEN = 0.01  # of all points that cover a mode of B

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string(
        "output", None, "The picture to write; the numbers lie beside it, as .json."
    )
    flags.DEFINE_list("seeds", ["0", "1", "2", "3", "4"], "Seeds, a run of each arm for each.")
    flags.DEFINE_integer("steps", 3000, "Steps of a run, three iterations each.", 1)
    flags.DEFINE_integer("batch_size", 200, "Points of A and of B in an iteration.", 1)
    flags.DEFINE_float("learning_rate", 1e-3, "Learning rate of all players.", 0.0)
    flags.DEFINE_integer("num_points", 5000, "Held-out points of A that are drawn as B.", 1)


def main():
    if not FLAGS.output:
        raise UsageError("--output is needed: the picture to write.")
    seeds = running.numbers(FLAGS.seeds)
    drawn, found = {}, {name: [] for name in ARMS}
    for name in ARMS:
        for seed in seeds:
            points = run(name, seed, FLAGS.steps, FLAGS.batch_size, FLAGS.learning_rate)
            drawn[name, seed] = points(FLAGS.num_points)
            found[name].append({"seed": seed, **counted(*drawn[name, seed])})
            print(f"{name}, seed {seed}: {found[name][-1]}", flush=True)
    output = pathlib.Path(FLAGS.output)
    running.written(found, output)
    picture(drawn, seeds).save(output)
    print("\n".join(table(found)))


def run(name, seed, steps, batch_size, learning_rate):
    """Trains one arm; returns a function of a count: held-out points of A, and what became of them,
    float32 `[count, 2]` each.
    """
    import keras
    import numpy as np
    import tensorflow as tf

    from tfgan_zoo.data import worlds
    from tfgan_zoo.models.translation.disco_gan import DiscoGAN
    from tfgan_zoo.networks import points
    from tfgan_zoo.optimizers.adam import Adam

    keras.utils.set_random_seed(seed)  # the same first weights in all arms
    model = DiscoGAN(**PLAIN, **ARMS[name], **points.disco_gan(2), seed=seed)
    model.compile(**{p: Adam(learning_rate, beta_1=0.5, name=p) for p in model.players})
    step, sides = tf.function(model.train_step, autograph=False), (worlds.find(A), worlds.find(B))

    def batch(number):
        chance = np.random.default_rng([seed, number])
        return [tf.constant(side.sample(ITERATIONS * batch_size, chance)) for side in sides]

    for number in range(steps):
        step(tuple(batch(number)))

    def draw(count):
        held_out = sides[0].sample(count, np.random.default_rng([seed, steps]))
        return held_out, model(held_out).numpy()

    return draw


def counted(held_out, drawn):
    """What the modes of A became.

    Args:
        held_out: points of A `[N, 2]`.
        drawn: what was drawn of each, `[N, 2]`.

    Returns:
        dict of `covered`: modes of B within three deviations of which lies a hundredth of all
        points; `sharing`: modes of A that use a mode of B which another uses too, where a mode is
        used by whom a tenth of his points is drawn there; `near`: share of the points within three
        deviations of a mode.
    """
    import numpy as np

    from tfgan_zoo.data import worlds

    a, b = worlds.find(A), worlds.find(B)
    origin = np.linalg.norm(held_out[:, None] - a.centres, axis=-1).argmin(1)
    distances = np.linalg.norm(drawn[:, None] - b.centres, axis=-1)
    goal, near = distances.argmin(1), distances.min(1) <= 3 * b.stds[0]
    went = np.zeros((len(a.centres), len(b.centres)))
    np.add.at(went, (origin[near], goal[near]), 1)
    uses = went >= TAKEN * np.bincount(origin, minlength=len(a.centres))[:, None]
    shared = uses.sum(0) > 1
    return {
        "covered": int((went.sum(0) >= SEEN * len(drawn)).sum()),
        "sharing": int((uses & shared).any(1).sum()),
        "near": float(near.mean()),
    }


def picture(drawn, seeds):
    """(arm, seed) -> (points of A, what was drawn of them), as an RGB `PIL.Image`."""
    import io

    import numpy as np
    from matplotlib.figure import Figure
    from PIL import Image

    from tfgan_zoo.data import worlds

    a, b = worlds.find(A), worlds.find(B)
    figure = Figure((1.8 * len(seeds) + 1, 1.8 * len(ARMS) + 0.3), dpi=100, layout="constrained")
    axes = figure.subplots(len(ARMS), len(seeds), squeeze=False)
    for line, name in enumerate(ARMS):
        for place, seed in enumerate(seeds):
            panel, (held_out, points) = axes[line, place], drawn[name, seed]
            origin = np.linalg.norm(held_out[:, None] - a.centres, axis=-1).argmin(1)
            panel.scatter(*points.T, s=1, c=origin, cmap="Set1", vmin=0, vmax=8, linewidths=0)
            panel.scatter(*b.centres.T, s=30, marker="x", color="black", linewidths=0.8)
            panel.set(xlim=(-3, 3), ylim=(-3, 3), xticks=[], yticks=[], aspect="equal")
            if line == 0:
                panel.set_title(f"seed {seed}", fontsize=9)
            if place == 0:
                panel.set_ylabel(name, fontsize=9)
    content = io.BytesIO()
    figure.savefig(content, format="png")
    return Image.open(content).convert("RGB")


def table(found):
    """Lines in Markdown: each arm's means over the seeds, and in brackets each seed's."""
    rows = [
        "| arm | modes of B covered, of 10 | modes of A that share one, of 5 | near a mode |",
        "|---|---|---|---|",
    ]
    for name, runs in found.items():
        cells = [name]
        for key, form in (("covered", ".1f"), ("sharing", ".1f"), ("near", ".2f")):
            values = [run[key] for run in runs]
            each = ", ".join(format(v, form if key == "near" else "d") for v in values)
            cells.append(f"{sum(values) / len(values):{form}} ({each})")
        rows.append(f"| {' | '.join(cells)} |")
    return rows


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
