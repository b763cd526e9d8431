"""The discriminator's features beside the exported generator: --export_features."""

BATCH = 250


def parts(values):
    """The fields of a `Task` that write them, from the flags; none without --export_features."""
    if not values.export_features:
        return {}

    def check(model, splits):
        from tfgan_zoo.export import features

        network = judge(model)
        try:
            features.pooled_maps(network)
        except ValueError as error:
            raise ValueError(
                f"--export_features: the {network.name} of {model.name} has no such features: "
                f"{error} Leave the flag out."
            ) from error

    def extras(model, splits, folder, say):
        from tfgan_zoo.data import pipeline
        from tfgan_zoo.export import features, saved_model
        from tfgan_zoo.export.ship import next_version
        from tfgan_zoo.training.batch_statistics import recomputed

        def batches():
            stream = pipeline.eval_batches(splits.train, BATCH, ["images"])
            return (batch["images"] for batch in stream)

        network = features.pooled_maps(recomputed(judge(model), batches))
        path = saved_model.save(
            folder / "features",
            network=network,
            signatures=features.signatures(network),
            version=max(map(next_version, (folder, folder / "features"))),
        )
        say(f"The discriminator's {network.output.shape[-1]:,} features: {path}")

    return {"check": check, "extras": extras}


def judge(model):
    """The network that judges pictures: the player that is called discriminator or critic."""
    (name,) = {"discriminator", "critic"}.intersection(model.players)
    return getattr(model, name)
