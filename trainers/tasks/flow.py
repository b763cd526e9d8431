"""Pictures to latents and back by one invertible chain, whose density is known exactly."""

from trainers import flags
from trainers.tasks import autoencoder, pictures, points

KNOBS = (
    # A discriminator, whose features could be exported, there is none.
    *(item for item in pictures.KNOBS if item.name != "export_features"),
    flags.knob(
        "cool",
        0.7,
        "Temperature of the second half of the samples on the card's sheet; the first are drawn at "
        "1. Lower ones are more alike and more typical.",
        above=0.0,
        free=True,
    ),
)
LEVELS = (2, 4, 8, 16, 32, 64, 128, 256)  # that the 256 grey levels can be rounded down to
COLUMNS = 8  # of a grid of samples, and rows
BETWEEN = 5  # pictures between two real ones


def task(values):
    """The `Task` of pictures or, where --data names a world, of points, from the flags."""
    if points.is_world(values):
        return of_points(values)
    return of_pictures(values)


def of_points(values):
    """The `Task` of points, whose density is known too."""
    from tfgan_zoo.evaluate import flow

    return points.task(
        values,
        networks=lambda model: tuple(model.trained_layers("flow")),
        more=lambda model, world, test: [flow.of_points(model, world, test)],
        averaged=("flow",),
    )


def of_pictures(values):
    """The `Task` of pictures."""
    from tfgan_zoo.evaluate import flow, latent
    from tfgan_zoo.evaluate.tables import shown
    from tfgan_zoo.training.task import Export, Task

    scores, cool = pictures.monitored(values), values.cool

    def validation_scores(model, splits):
        chosen = scores(latent.inputs_of(model.prior), splits)
        return [*chosen, flow.training(model, splits.validation)]

    def preview(model, splits):
        samples = model(model.prior.sample(COLUMNS**2, [0, 0])).numpy()
        return pictures.preview(splits, pictures.square(samples), samples)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        drawn = latent.inputs_of(model.prior)(100, latent.SEED)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws pictures of {height}x{width} from latents, finds the latents of "
                "pictures, and says how probable they are.",
                examples={"latents": drawn["latents"][:8]},
                evaluators=[
                    flow.export(model, splits.test, splits.train),
                    latent.export(model.prior, splits.train, splits.test),
                ],
                picture=lambda served: sheet(model, splits, cool),
                calibration=drawn,
                shown=shown(splits.test, {"real": "images"}),
            )
        ]

    return Task(
        open=autoencoder.opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(interface, validation_scores),
        batches=pictures.stream(values),
        averaged=("flow",),
    )


def interface(model, splits):
    """latents -> images, and the further functions of a flow."""
    import tensorflow as tf

    from tfgan_zoo.export import interface as made
    from tfgan_zoo.layers.flows import within_levels

    shape = splits.train.fields["images"].shape
    # What must not be computed at each call, nor in operations that TFLite has not.
    constants = model.constants()
    # Each stands in the SavedModel once, whichever signatures call it.
    draw = tf.function(
        lambda latents, temperature: model(latents, temperature=temperature, **constants)
    )
    measure = tf.function(lambda images, noise: model.measure(images, noise))
    one = tf.constant(1.0)

    def encode(images):
        return measure(images, tf.fill(tf.shape(images), 0.5))[0]

    def log_prob(images, seed):
        return measure(images, within_levels(images, tf.stack([seed, 0])))[1][:, None]

    def further(name, inputs, output, call, about):
        return made.Interface(name, inputs, (output,), call=call, about=about)

    also = (
        further(
            "encode",
            (made.source_images(shape),),
            made.vector("latents", model.prior.size),
            encode,
            "The latents of pictures, of which `serving_default` makes them again; each grey level "
            "is taken in its middle.",
        ),
        further(
            "log_prob",
            (made.source_images(shape), made.seed()),
            made.vector("log_prob", 1),
            log_prob,
            f"A lower bound of the logarithm of a picture's probability, in nats, of "
            f"{model.grey_levels} grey levels: exact for the density of the picture after uniform "
            f"noise of the seed within each level. -log_prob / ({model.size} ln 2) are bits per "
            "dimension.",
        ),
        further(
            "reconstruct",
            (made.source_images(shape),),
            made.images(shape),
            lambda images: draw(encode(images), one),
            "Pictures after the way to their latents and back, which are the same.",
        ),
        further(
            "at_temperature",
            (made.latents(model.prior), made.number("temperature", 0.7)),
            made.images(shape),
            draw,
            "Pictures from latents that are multiplied by the temperature: below 1 they are more "
            "alike and more typical.",
        ),
    )
    return made.Interface(
        model.name,
        (made.latents(model.prior),),
        (made.images(shape),),
        call=lambda latents: draw(latents, one),
        networks=tuple(model.trained_layers("flow")),
        also=also,
    )


def sheet(model, splits, cool):
    """Samples at a temperature of 1, cooler ones of the same latents, and, row by row, a real
    picture, those on the straight line between both latents, and another real picture.
    """
    import numpy as np

    from tfgan_zoo.evaluate.tables import first_pictures
    from tfgan_zoo.kinds import image

    latents = model.prior.sample(COLUMNS**2, [0, 0])
    samples = [model(latents, temperature=temperature).numpy() for temperature in (1.0, cool)]
    real = first_pictures(splits.test, 2 * COLUMNS)
    ends = [model.encode(real[side::2]) for side in (0, 1)]
    between = [
        model((1.0 - share) * ends[0] + share * ends[1]).numpy()
        for share in np.linspace(0.0, 1.0, BETWEEN + 2)[1:-1]
    ]
    gap = np.ones_like(real[:COLUMNS])
    columns = [grid[column::COLUMNS] for grid in samples for column in range(COLUMNS)]
    columns.insert(COLUMNS, gap)
    columns += [gap, real[0::2], *between, real[1::2]]
    captions = [""] * len(columns)
    captions[0], captions[COLUMNS + 1] = "1.0", f"{cool:g}"
    captions[2 * COLUMNS + 2] = captions[-1] = "real"
    return image.grid(columns, captions, scale=2 if real.shape[1] <= 32 else 1)
