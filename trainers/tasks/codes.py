"""Pictures from noise and codes that no label was given for."""

from trainers.tasks import pictures, unconditional

KNOBS = pictures.KNOBS
BATCH = 250  # pictures whose statistics are taken at a time
COLUMNS = 10  # of a grid
SWEEP = 2.0  # continuous codes of a grid go from -SWEEP to SWEEP, as in the paper


def task(values):
    """The `Task`, from the flags."""
    from tfgan_zoo.evaluate import codes, latent

    scores = pictures.monitored(values)

    def validated(model, splits):
        chosen = scores(latent.inputs_of(model.prior), splits)
        return [*chosen, codes.training(reader(model), model.categories, splits.train)]

    def judged(model, splits):
        readers = (reader(model), lambda pictures: reader_of_drawn(model, pictures))
        of_codes = (*readers, model.categories, model.noise_dim)
        return [codes.export(model.prior, *of_codes, splits.train, splits.test)]

    return pictures.generator_task(
        values,
        interface=unconditional.from_latents,
        validated=validated,
        judged=judged,
        examples=lambda model, splits: latent.inputs_of(model.prior)(100, latent.SEED),
        summary="Draws pictures of {size} from noise and from codes, whose meaning it found in the "
        "pictures without labels.",
        grid=lambda model: {"latents": grid_latents(model)},
        sheet=sheet,
        samples=lambda model: latent.inputs_of(model.prior)(64, (0, 0)),
        opened=pictures.opened(values),
    )


def reader(model):
    """Real pictures -> Q's probabilities of the categories."""
    return lambda pictures: model.read_codes(pictures)[0]


def reader_of_drawn(model, pictures):
    """The same for drawn pictures `[N, H, W, C]`, by their own statistics."""
    import tensorflow as tf

    from tfgan_zoo.training.batch_statistics import recomputed

    starts = range(0, len(pictures), BATCH)
    network = recomputed(
        model.discriminator, lambda: (pictures[start : start + BATCH] for start in starts)
    )
    return lambda batch: tf.nn.softmax(network(batch, training=False)[1])


def grid_latents(model):
    """Latents of the grids, each row by row: noise under every category; then, for each continuous
    code, one noise under every category while the code goes from -2 to 2.
    """
    import numpy as np
    import tensorflow as tf

    rows = model.categories
    category = np.repeat(np.arange(rows), COLUMNS)
    noise = model.prior.sample(COLUMNS, [0, 0])[:, : model.noise_dim]
    still = tf.zeros([rows * COLUMNS, model.continuous])
    grids = [model.join(tf.tile(noise, [rows, 1]), category, still)]
    for code in range(model.continuous):
        swept = np.zeros([rows * COLUMNS, model.continuous], np.float32)
        swept[:, code] = np.tile(np.linspace(-SWEEP, SWEEP, COLUMNS), rows)
        grids.append(model.join(tf.repeat(noise[:1], rows * COLUMNS, axis=0), category, swept))
    return np.concatenate(grids)


def sheet(samples, model):
    """The grids side by side."""
    import numpy as np

    from tfgan_zoo.kinds import image

    grids = np.split(samples, len(samples) // (model.categories * COLUMNS))
    gap = np.ones_like(grids[0][::COLUMNS])
    columns = []
    for grid in grids:
        columns += [grid[column::COLUMNS] for column in range(COLUMNS)] + [gap]
    return image.grid(columns[:-1])
