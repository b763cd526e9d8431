"""Pictures from latents."""

from trainers.tasks import pictures

KNOBS = pictures.KNOBS
SHOWN = 64  # pictures of the grid


def task(values, noisy=None):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        noisy: model -> whether it draws with noise beside its latents; None: never.
    """
    from tfgan_zoo.evaluate import latent

    scores = pictures.monitored(values)

    def interface(model, splits):
        return from_latents(model, splits, noise_of(model) if noisy and noisy(model) else None)

    return pictures.generator_task(
        values,
        interface=interface,
        validated=lambda model, splits: scores(latent.inputs_of(model.prior), splits),
        judged=lambda model, splits: [latent.export(model.prior, splits.train, splits.test)],
        examples=lambda model, splits: latent.inputs_of(model.prior)(100, latent.SEED),
        summary="Draws pictures of {size} from latents.",
        grid=lambda model: latent.inputs_of(model.prior)(SHOWN, (0, 0)),
        sheet=lambda samples, model: pictures.square(samples),
        opened=pictures.opened(values),
    )


def from_latents(model, splits, noise=None):
    """The `Interface` from latents to pictures."""
    from tfgan_zoo.export.interface import Interface, images, latents

    return Interface(
        model.name,
        (latents(model.prior),),
        (images(splits.train.fields["images"].shape),),
        call=lambda latents: model(latents),
        networks=(model.generator,),
        noise=noise,
    )


def noise_of(model):
    """`Interface.noise` of a model whose call takes a seed."""

    def noise(seed, latents):
        import tensorflow as tf

        return model(latents, seed=tf.stack([seed, 0]))

    return noise
