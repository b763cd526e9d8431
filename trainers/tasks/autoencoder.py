"""Pictures, codes and back: models with an encoder, and a decoder that has a likelihood."""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import pictures

KNOBS = (
    # A discriminator, whose features could be exported, there is none.
    *(item for item in pictures.KNOBS if item.name != "export_features"),
    flags.knob(
        "weighed_pictures",
        100,
        "Held-out pictures whose likelihood the export's scores bound tightly, by importance "
        "weights and by annealing; 0 for none.",
        low=0,
    ),
    flags.knob(
        "importance_samples", 5000, "Draws of the posterior of each weighed picture.", low=1
    ),
    flags.knob(
        "ais_distributions",
        500,
        "Distributions of annealed importance sampling, from the prior to the posterior.",
        low=2,
    ),
)
COLUMNS = 8  # of a grid of samples, and rows
PLANE = 20  # pictures in a row of the plane of two latent dimensions


def task(values):
    """The `Task`, from the flags."""
    from tfgan_zoo.evaluate import encoding, latent, likelihood
    from tfgan_zoo.evaluate.tables import first_pictures, shown
    from tfgan_zoo.export import interface as made
    from tfgan_zoo.training.task import Export, Task

    scores, few = pictures.monitored(values), values.weighed_pictures
    effort = likelihood.Effort(few=few)
    if few:
        effort = likelihood.Effort(
            few, samples=values.importance_samples, distributions=values.ais_distributions
        )

    def encoder(model, splits):
        shape = splits.train.fields["images"].shape
        outputs = [made.vector(name, model.prior.size) for name in ("means", "log_variances")]

        def call(images):
            return dict(zip(("means", "log_variances"), model.encode(images), strict=True))

        return interface(model, "encode", made.source_images(shape), outputs, call, model.encoder)

    def decoder(model, splits):
        shape = splits.train.fields["images"].shape
        outputs = [made.images(shape)]
        if model.likelihood == "gaussian":
            outputs.append(made.Output("log_variances", "vector", shape))

        def call(latents):
            found = {"images": model.decode(latents)}
            if model.likelihood == "gaussian":
                found["log_variances"] = model.decoder(latents, training=False)[1]
            return found

        return interface(model, "decode", made.latents(model.prior), outputs, call, model.decoder)

    def both(model, splits):
        shape = splits.train.fields["images"].shape
        return interface(
            model,
            "reconstruct",
            made.source_images(shape),
            [made.images(shape)],
            lambda images: model.reconstruct(images),
            model.encoder,
            model.decoder,
        )

    def interface(model, part, given, outputs, call, *networks):
        name = f"{model.name}_{part}"
        return made.Interface(name, (given,), tuple(outputs), call, networks, part=part)

    def validation_scores(model, splits):
        chosen = scores(latent.inputs_of(model.prior), splits)
        return [*chosen, likelihood.training(model, splits.validation)]

    def preview(model, splits):
        samples = model(model.prior.sample(COLUMNS**2, [0, 0])).numpy()
        return pictures.preview(splits, drawn(model.prior, lambda z: model(z).numpy()), samples)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        name = splits.info["name"]
        real, training = first_pictures(splits.test, COLUMNS), first_pictures(splits.train, 100)
        latents = latent.inputs_of(model.prior)(100, latent.SEED)
        return [
            Export(
                encoder(model, splits),
                title=f"{model.name} on {name}: encoder",
                summary=f"Gives the Gaussian of the latents that a picture of {height}x{width} may "
                "have come from.",
                examples={"images": real},
                evaluators=[encoding.posterior(splits.test)],
                picture=lambda served: beside(
                    real, model.decode(served(images=real)["means"]).numpy()
                ),
                calibration={"images": training},
                animated=False,
                shown=shown(splits.test, {"images": "images"}),
            ),
            Export(
                decoder(model, splits),
                title=f"{model.name} on {name}: decoder",
                summary=f"Draws pictures of {height}x{width} from latents: the mean of each pixel.",
                examples={"latents": latents["latents"][:8]},
                evaluators=[
                    likelihood.export(model, model.encode, splits.test, splits.train, effort),
                    latent.export(model.prior, splits.train, splits.test),
                ],
                picture=lambda served: drawn(model.prior, lambda z: served(latents=z)["images"]),
                calibration=latents,
                shown=shown(splits.test, {"real": "images"}),
            ),
            Export(
                both(model, splits),
                title=f"{model.name} on {name}: there and back",
                summary=f"Encodes a picture of {height}x{width} and decodes the mean of its "
                "latents.",
                examples={"images": real},
                evaluators=[encoding.there_and_back(splits.test, splits.train)],
                picture=lambda served: beside(real, served(images=real)["images"]),
                calibration={"images": training},
                animated=False,
                shown=shown(splits.test, {"images": "images"}),
            ),
        ]

    return Task(
        open=opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(decoder, validation_scores),
        batches=pictures.stream(values),
        averaged=("autoencoder",),
    )


def drawn(prior, decode):
    """Samples of a decoder, or the plane of a normal latent of two dimensions: a `PIL.Image`.

    Args:
        prior: of `networks.priors`.
        decode: latents `[B, Z]` -> pictures `[B, H, W, C]`, NumPy arrays.
    """
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training.plane import plane

    if prior.describe() == [{"kind": "normal", "size": 2}]:
        return image.grid([plane(decode, PLANE)[None]])
    return pictures.square(decode(prior.sample(COLUMNS**2, [0, 0]).numpy()))


def beside(real, again):
    """Pictures and what comes back of them, a `PIL.Image`."""
    from tfgan_zoo.kinds import image

    return image.grid([real, again], ["picture", "and back"], scale=2)


def opened(values):
    """directory -> the training, test and validation splits of --data."""
    spec, cache_dir = values.data, values.cache_dir
    request = values.filled(Request, "images", progress=pictures.show_reading)

    def open_splits(directory):
        from tfgan_zoo.data.sources import open_images
        from tfgan_zoo.training.task import Splits

        own = dataclasses.replace(request, cache_dir=cache_dir or directory.cache)
        return Splits(*(open_images(spec, name, own) for name in ("train", "test", "validation")))

    return open_splits
