"""Pictures, codes and back: models that infer a picture's latent, by an encoder or otherwise, and
have no likelihood.
"""

import dataclasses

from trainers import flags
from trainers.tasks import autoencoder, pictures

KNOBS = (
    # A discriminator may judge pictures and latents together: it has no features of pictures.
    *(item for item in pictures.KNOBS if item.name != "export_features"),
    flags.knob(
        "encoded_pictures",
        10_000,
        "Held-out pictures that the export's scores encode, at most.",
        low=2,
    ),
    flags.knob(
        "neighbours",
        10_000,
        "Training pictures, at most, whose labels the export's scores read off by the nearest "
        "code; 0 for no such score.",
        low=0,
    ),
)


def task(values, encoder=("encoder",), decoder=("decoder",), averaged=("generator",)):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        encoder, decoder: names of the model's networks whose weights `encode` and `decode` read; a
            model that infers through its decoder has the same in both.
        averaged: the players whose moving averages are drawn, scored and exported.

    The model has `prior`; `codes`, name -> length of each vector that `encode(images)` gives in a
    dict, of which `latents` is what `decode(latents)` takes; and `reconstruct(images)`.
    """
    from tfgan_zoo.evaluate import inference, latent
    from tfgan_zoo.evaluate.tables import first_pictures, shown
    from tfgan_zoo.export import interface as made
    from tfgan_zoo.training.task import Export, Task

    scores = pictures.monitored(values)
    encoded, neighbours = values.encoded_pictures, values.neighbours

    def encoding(model, splits):
        given = made.source_images(shape(splits))
        outputs = [made.vector(name, length) for name, length in model.codes.items()]
        return interface(model, "encode", given, outputs, lambda images: model.encode(images))

    def decoding(model, splits):
        given, outputs = made.latents(model.prior), [made.images(shape(splits))]
        found = interface(model, "decode", given, outputs, lambda latents: model.decode(latents))
        also = [
            dataclasses.replace(
                other(model, splits), name=name, part=None, networks=(), about=about
            )
            for name, other, about in (
                ("encode", encoding, "The latent that a picture is drawn from."),
                ("reconstruct", both, "What is drawn from the latent of a picture."),
            )
        ]
        return dataclasses.replace(found, also=tuple(also))

    def both(model, splits):
        given, outputs = made.source_images(shape(splits)), [made.images(shape(splits))]
        return interface(
            model, "reconstruct", given, outputs, lambda images: model.reconstruct(images)
        )

    def interface(model, part, given, outputs, call):
        read = encoder if part == "encode" else (*decoder, *encoder)
        networks = tuple(getattr(model, name) for name in dict.fromkeys(read))
        name = f"{model.name}_{part}"
        return made.Interface(name, (given,), tuple(outputs), call, networks, part=part)

    def validation_scores(model, splits):
        chosen = scores(latent.inputs_of(model.prior), splits)
        return [*chosen, inference.training(model, splits.train, splits.validation)]

    def preview(model, splits):
        samples = model.decode(model.prior.sample(autoencoder.COLUMNS**2, [0, 0])).numpy()
        picture = autoencoder.drawn(model.prior, lambda latents: model.decode(latents).numpy())
        return pictures.preview(splits, picture, samples)

    def exports(model, splits):
        height, width, _ = shape(splits)
        name = splits.info["name"]
        real = first_pictures(splits.test, autoencoder.COLUMNS)
        training = first_pictures(splits.train, 100)
        latents = latent.inputs_of(model.prior)(100, latent.SEED)
        return [
            Export(
                encoding(model, splits),
                title=f"{model.name} on {name}: encoder",
                summary=f"Gives the latent that a picture of {height}x{width} is drawn from.",
                examples={"images": real},
                evaluators=[
                    inference.labels(
                        *(splits.train, splits.test, model.prior, tuple(model.codes)),
                        *(encoded, neighbours),
                    )
                ],
                picture=lambda served: autoencoder.beside(
                    real, model.decode(served(images=real)["latents"]).numpy()
                ),
                calibration={"images": training},
                animated=False,
                shown=shown(splits.test, {"images": "images"}),
            ),
            Export(
                decoding(model, splits),
                title=f"{model.name} on {name}: decoder",
                summary=f"Draws pictures of {height}x{width} from latents, and infers latents "
                "from pictures.",
                examples={"latents": latents["latents"][:8]},
                evaluators=[latent.export(model.prior, splits.train, splits.test)],
                picture=lambda served: autoencoder.drawn(
                    model.prior, lambda latents: served(latents=latents)["images"]
                ),
                calibration=latents,
                shown=shown(splits.test, {"real": "images"}),
            ),
            Export(
                both(model, splits),
                title=f"{model.name} on {name}: there and back",
                summary=f"Encodes a picture of {height}x{width} and decodes its latent.",
                examples={"images": real},
                evaluators=[inference.there_and_back(splits.test, splits.train, encoded)],
                picture=lambda served: autoencoder.beside(real, served(images=real)["images"]),
                calibration={"images": training},
                animated=False,
                shown=shown(splits.test, {"images": "images"}),
            ),
        ]

    return Task(
        open=autoencoder.opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(decoding, validation_scores),
        batches=pictures.stream(values),
        averaged=averaged,
    )


def shape(splits):
    """(height, width, channels) of the pictures."""
    return splits.train.fields["images"].shape
