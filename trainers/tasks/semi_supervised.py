"""Pictures of which --labelled have their class told, beside all that `samples` does; without
--labelled nothing else.
"""

import dataclasses

from trainers import flags
from trainers.tasks import samples

KNOBS = (
    *samples.KNOBS,
    flags.knob(
        "labelled",
        0,
        "Training pictures whose class is told, as many of each class, chosen by --seed; 0: none "
        "is.",
        low=0,
    ),
    flags.knob("supervised_only", False, "The --labelled alone teach the classifier."),
)


def classes(values, splits):
    """Number of classes; 0 without --labelled.

    Raises:
        DataError: where no class can be told.
    """
    from tfgan_zoo.data.errors import DataError
    from tfgan_zoo.evaluate.labels import count_classes

    if not values.labelled:
        return 0
    if "labels" not in splits.train.fields:
        raise DataError("--labelled needs pictures with classes, and these have none.")
    return count_classes(splits.train)


def task(values):
    """The `Task`, from the flags."""
    plain = samples.task(values)
    if not values.labelled:
        return plain
    labelled, seed, best = values.labelled, values.seed, values.best_metric

    def batches(examples, **options):
        from tfgan_zoo.data import semi_supervised

        chosen = semi_supervised.choose_labelled(examples, labelled, seed)
        return semi_supervised.train_batches(examples, chosen, **options)

    def validation(model, splits):
        import tensorflow as tf

        from tfgan_zoo.evaluate import semi_supervised
        from tfgan_zoo.training.task import Validation

        if "test_error" in (best or ""):
            raise ValueError(
                "The test split must not choose a checkpoint: leave --best_metric out."
            )
        others = plain.validation(model, splits)
        errors = semi_supervised.training(
            tf.function(
                lambda images: model.discriminator(images, training=False), reduce_retracing=True
            ),
            model.averaged_classifier,
            splits.test,
        )

        def measure(model):
            return (others.measure(model) if others else {}) | errors.measure(None)

        return Validation(measure, lambda: (others.better() if others else {}) | errors.better())

    return dataclasses.replace(plain, batches=batches, validation=validation)


def first(values, splits, count):
    """The first training examples, as the model takes them."""
    from tfgan_zoo.evaluate.tables import first, first_pictures
    from trainers.tasks import points

    if points.is_world(values):
        return first(splits.train, count)["points"]
    return first_pictures(splits.train, count)
