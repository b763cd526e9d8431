"""What all families share that learn from single pictures: data, stream, scores while training."""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import features

KNOBS = (
    *flags.of(Request, family="images"),
    flags.knob("flip", False, "Mirror half of the training pictures, left to right."),
    flags.knob(
        "metrics",
        (),
        "Scores taken at each validation, such as fid,prdc (python -m tfgan_zoo.metrics.score "
        "--list_metrics names them), of pictures from fixed inputs against training pictures.",
    ),
    flags.knob(
        "extractor",
        "auto",
        "What --metrics compare: inception, mnist_cnn, pixels, or the folder of a SavedModel; auto "
        "is mnist_cnn for small grey pictures and inception for others.",
    ),
    flags.knob("num_samples", 1000, "Pictures of either side for --metrics.", low=2),
    flags.knob(
        "export_features",
        False,
        "Write the features of the discriminator's convolutions too, which `python -m "
        "tfgan_zoo.explore features` measures.",
        free=True,
    ),
)
ENOUGH = 64  # real pictures beside the previews


def opened(values):
    """directory -> the training and test splits of --data."""
    spec, cache_dir = values.data, values.cache_dir
    request = values.filled(Request, "images", progress=show_reading)
    request = dataclasses.replace(request, val_count=request.val_count or 0)

    def open_splits(directory):
        from tfgan_zoo.data.sources import open_images
        from tfgan_zoo.training.task import Splits

        own = dataclasses.replace(request, cache_dir=cache_dir or directory.cache)
        return Splits(*(open_images(spec, split, own) for split in ("train", "test")))

    return open_splits


def stream(values):
    """The training stream, as `Task.batches`."""
    flip = values.flip

    def batches(examples, **options):
        from tfgan_zoo.data.pipeline import train_batches

        return train_batches(examples, flip=flip, **options)

    return batches


def monitored(values):
    """(inputs, splits) -> the evaluators of --metrics; `inputs` are as for
    `evaluate.monitor.training`.
    """
    names = values.metrics
    if not names:
        return lambda inputs, splits: []
    extractor, count = values.extractor, values.num_samples

    def evaluators(inputs, splits):
        from tfgan_zoo.evaluate import monitor

        return [monitor.training(names, extractor, inputs, splits.train, count)]

    return evaluators


def validation(interface, evaluators):
    """`Task.validation` from (model, splits) -> interface, and (model, splits) -> evaluators."""

    def prepare(model, splits):
        from tfgan_zoo.evaluate import evaluator
        from tfgan_zoo.training.task import Validation

        chosen = evaluators(model, splits)
        if not chosen:
            return None

        def measure(model):
            return evaluator.measure(chosen, evaluator.served_by(interface(model, splits)))

        return Validation(measure, lambda: evaluator.better(chosen))

    return prepare


def generator_task(
    values, *, interface, validated, judged, examples, summary, grid, sheet, samples=None, opened
):
    """The `Task` of a generator of pictures, from the flags and from its parts.

    Args:
        values: the flags.
        interface: (model, splits) -> `Interface` with the output `images`.
        validated, judged: (model, splits) -> the evaluators of a validation, of the export.
        examples: (model, splits) -> a hundred inputs by name, for parity and calibration.
        summary: of the card, with a place for the size.
        grid: model -> the inputs by name of what a person looks at.
        sheet: (pictures, model) -> how they are laid out, a `PIL.Image`.
        samples: model -> inputs of the pictures that the collapse watchdog compares; None: `grid`.
        opened: directory -> `Splits`.
    """
    from tfgan_zoo.evaluate import tables
    from tfgan_zoo.training.task import Export, Task

    def shown(model, splits):
        served = interface(model, splits)
        seen = served(**grid(model))["images"].numpy()
        compared = served(**samples(model))["images"].numpy() if samples else seen
        return preview(splits, sheet(seen, model), compared)

    def exports(model, splits):
        height, width, _ = splits.train.fields["images"].shape
        drawn = examples(model, splits)
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=summary.format(size=f"{height}x{width}"),
                examples={name: array[:8] for name, array in drawn.items()},
                evaluators=judged(model, splits),
                picture=lambda served: sheet(served(**grid(model))["images"], model),
                calibration=drawn,
                shown=tables.shown(splits.test, {"real": "images"}),
            )
        ]

    return Task(
        open=opened,
        preview=shown,
        exports=exports,
        validation=validation(interface, validated),
        batches=stream(values),
        **features.parts(values),
    )


def preview(splits, picture, samples):
    """A `Preview` of pictures beside held-out ones."""
    from tfgan_zoo.evaluate.tables import first_pictures
    from tfgan_zoo.training.task import Preview

    real = first_pictures(splits.test, ENOUGH)
    spread = splits.test.fields["images"].spread
    return Preview(picture, samples, real, spread, real_picture=lambda: square(real))


def square(samples):
    """The grid that a person looks at; small pictures twice as large."""
    from tfgan_zoo.kinds import image

    return image.square_grid(samples, scale=2 if samples.shape[1] <= 32 else 1)


def show_reading(done, total):
    """Counts on the terminal while the data are read."""
    import sys

    if sys.stderr.isatty():
        end = "\r" if done < total else "\r\x1b[2K"
        sys.stderr.write(f"\r\x1b[2KReading the data: {done}/{total}{end}")
