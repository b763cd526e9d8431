"""Pictures and latents that were learnt, without an encoder: one export that draws pictures, finds
their latents, and goes there and back.
"""

from trainers import flags
from trainers.tasks import autoencoder, pictures

KNOBS = (
    *(item for item in pictures.KNOBS if item.name != "export_features"),
    flags.knob(
        "encoded_pictures",
        1000,
        "Held-out pictures whose latents the scores find, at most.",
        low=2,
    ),
)
SHOWN = 64  # pictures of the grid


def task(values, learnt, found, opened=None, stream=None):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        learnt: (model, splits) -> `networks.learnt.Learnt` of the model as it is.
        found: a sentence for the card on how a picture's latent is found.
        opened: directory -> `Splits`; None for those of --data.
        stream: `Task.batches`; None for that of --data and --flip.

    The model has a `generator`.
    """
    from tfgan_zoo.evaluate import latent
    from tfgan_zoo.evaluate import learnt as evaluate
    from tfgan_zoo.evaluate.tables import shown
    from tfgan_zoo.export import interface as made
    from tfgan_zoo.training.task import Export, Task

    scores, count = pictures.monitored(values), values.encoded_pictures

    def interface(model, splits):
        return made_of(model, splits, learnt(model, splits))

    def made_of(model, splits, now):
        picture = splits.train.fields["images"].shape
        source, latents = made.source_images(picture), made.vector("latents", now.prior.size)
        encode = made.Interface(
            *("encode", (source,), (latents,)),
            call=lambda images: now.encode(images),
            about=f"{found} TFLite files draw pictures and have no such function.",
        )
        reconstruct = made.Interface(
            *("reconstruct", (source,), (made.images(picture),)),
            call=lambda images: now.reconstruct(images),
            about="The picture as the latent that `encode` finds draws it.",
        )
        return made.Interface(
            *(model.name, (made.latents(now.prior),), (made.images(picture),)),
            call=lambda latents: now.decode(latents),
            networks=(model.generator,),
            also=(encode, reconstruct),
        )

    def validated(model, splits):
        inputs = latent.inputs_of(learnt(model, splits).prior)
        parts = splits.train, splits.validation or splits.test, count
        return [
            *scores(inputs, splits),
            evaluate.training(lambda: learnt(model, splits), *parts),
        ]

    def preview(model, splits):
        now = learnt(model, splits)
        samples = now.decode(now.prior.sample(SHOWN, [0, 0])).numpy()
        return pictures.preview(splits, pictures.square(samples), samples)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        now = learnt(model, splits)
        inputs = latent.inputs_of(now.prior)
        drawn = inputs(100, latent.SEED)
        return [
            Export(
                made_of(model, splits, now),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws pictures of {height}x{width} from latents, and finds the latents "
                "of pictures.",
                examples={"latents": drawn["latents"][:8]},
                evaluators=[
                    latent.export(now.prior, splits.train, splits.test),
                    evaluate.reconstruction(now, splits.train, splits.test, count),
                ],
                picture=lambda served: pictures.square(served(**inputs(SHOWN, (0, 0)))["images"]),
                calibration=drawn,
                shown=shown(splits.test, {"real": "images"}),
            )
        ]

    return Task(
        open=opened or autoencoder.opened(values),
        preview=preview,
        exports=exports,
        validation=pictures.validation(interface, validated),
        batches=stream or pictures.stream(values),
    )
