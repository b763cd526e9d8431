"""Points of a world whose modes are known, from latents.

Models take examples of any shape under the name `images`: points are handed to them as such.
"""

from trainers.tasks import pictures

DRAWN = 1000  # points of a plot


def is_world(values):
    """Whether --data names a world of points."""
    from tfgan_zoo.data import worlds

    return worlds.is_world(values.data)


def task(values, networks=lambda model: (model.generator,), more=None, averaged=("generator",)):
    """The `Task`, from the flags, of models that tell the `realness` of examples.

    Args:
        values: the flags.
        networks: model -> the networks that draw.
        more: (model, world, test points) -> further evaluators of an export; None for none.
        averaged: as of `Task`.
    """
    import functools

    from tfgan_zoo.data import worlds
    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.evaluate import latent
    from tfgan_zoo.evaluate import points as scores
    from tfgan_zoo.export.interface import Interface, latents, points
    from tfgan_zoo.training import plots
    from tfgan_zoo.training.task import Export, Preview, Splits, Task

    spec, world = values.data, worlds.find(values.data)

    def open_splits(directory):
        request = Request()
        return Splits(*(worlds.open_points(spec, split, request) for split in ("train", "test")))

    def interface(model, splits):
        (dimensions,) = splits.train.fields["points"].shape
        return Interface(
            model.name,
            (latents(model.prior),),
            (points(dimensions),),
            call=lambda latents: model(latents),
            networks=networks(model),
        )

    def plot(model, splits, samples):
        real = splits.test.fetch(range(DRAWN))["points"]
        frame = plots.extent(real)
        surface = model.realness(plots.surface_points(frame)).numpy().ravel()
        title = f"{model.name} on {splits.info['name']}, step {int(model.step)}"
        return Preview(
            plots.scatter(samples, real, surface, frame, title),
            samples,
            real,
            splits.test.fields["points"].spread,
        )

    def preview(model, splits):
        return plot(model, splits, model(model.prior.sample(DRAWN, [0, 0])).numpy())

    def exports(model, splits):
        drawn = latent.inputs_of(model.prior)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary="Draws points from latents.",
                examples=drawn(100, latent.SEED),
                evaluators=[
                    scores.export(model.prior, world, splits.test),
                    *(more(model, world, splits.test) if more else ()),
                ],
                picture=lambda served: (
                    plot(model, splits, served(**drawn(DRAWN, (0, 0)))["points"]).picture
                ),
                calibration=drawn(100, latent.SEED),
            )
        ]

    def batches(examples, **options):
        stream = functools.partial(train_batches, examples)
        return stream(**options).map(lambda batch: {"images": batch["points"]})

    return Task(
        open=open_splits,
        preview=preview,
        exports=exports,
        validation=pictures.validation(
            interface, lambda model, splits: [scores.training(model.prior, world)]
        ),
        batches=batches,
        averaged=averaged,
        unit="points",
    )
