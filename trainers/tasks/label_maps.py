"""From label maps to pictures, thing by thing: pairs with a map of instances, and styles.

The model has `styles` (`layers.instances.Styles`), or None, which are found in the training
pictures before it is exported; `call(source, instances, seed)`, where the label map stands in for
instances that are None; and `reconstruct(source, target, instances, coarse)`.
"""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import jitter
from trainers.tasks.pictures import show_reading, validation

KNOBS = (
    *flags.of(Request, family="pairs"),
    *jitter.KNOBS,
    flags.knob(
        "instances",
        None,
        "Where the maps of instances are: a folder of pictures that are called as the pairs are, "
        "or areas, which takes each connected area of one label for a thing. Built-in facades have "
        "theirs.",
        kind="str",
    ),
)
ROWS = 4  # of a sample grid
ROWS_OF_CARD = 2
SEEDS = (0, 1)  # of the styles on the card
MOST = 256  # labels


def task(values, phases):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        phases: as `Task.phases`.
    """
    import numpy as np

    from tfgan_zoo.data.instances import open_with_instances
    from tfgan_zoo.data.pipeline import train_batches
    from tfgan_zoo.evaluate import pairs, styles, tables
    from tfgan_zoo.evaluate.evaluator import Evaluator
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training.task import Export, Preview, Splits, Task

    size, larger, options = values.image_size, jitter.load_size(values), jitter.augmentation(values)
    spec, cache_dir, instances = values.data, values.cache_dir, values.instances
    request = values.filled(Request, "pairs", progress=show_reading)
    places = {}

    def split(name, image_size):
        own = dataclasses.replace(request, image_size=image_size, cache_dir=places["cache"])
        return open_with_instances(spec, name, own, instances)

    def open_splits(directory):
        places["cache"] = cache_dir or directory.cache
        return Splits(split("train", larger), split("test", size), split("validation", size))

    def learnt(model, batch):
        """Pictures in the true ones' styles; the global net's own while the enhancer has not learnt
        anything.
        """
        refined = any(int(model.optimizers[p].iterations) for p in ("enhancer", "generator"))
        parts = (batch[name] for name in ("source", "target", "instances"))
        return enlarged(model.reconstruct(*parts, coarse=not refined), size)

    def preview(model, splits):
        found = tables.first(splits.validation, ROWS)
        batch = {n: splits.validation.fields[n].normalise(values) for n, values in found.items()}
        fake = np.asarray(learnt(model, batch))
        shown = [np.asarray(batch["source"]), fake, np.asarray(batch["target"])]
        sheet = image.grid(shown, ["input", "generated", "target"])
        return Preview(sheet, fake, shown[-1], splits.validation.fields["target"].spread)

    def validated(model, splits):
        def measure(_):
            return pairs.scores_of(lambda batch: learnt(model, batch), splits.validation)

        return [Evaluator("pairs", "", measure, training=True, better=pairs.BETTER.copy)]

    def exports(model, splits):
        train = split("train", size)
        if model.styles is not None:
            model.styles.keep(styles.of_examples(model, train))
        more = {} if model.styles is None else {"seed": np.int32(0)}

        def sheet(served):
            source, target = (
                tables.first_pictures(splits.test, ROWS_OF_CARD, f) for f in ("source", "target")
            )
            drawn = [
                served(images=source, **{name: np.int32(seed) for name in more})["images"]
                for seed in (SEEDS if more else SEEDS[:1])
            ]
            names = [f"style {seed}" for seed in SEEDS] if more else ["generated"]
            return image.grid([source, *drawn, target], ["input", *names, "target"])

        def answer(served):
            return lambda batch: served(images=batch["source"], **more)["images"]

        said = "Drawn by the SavedModel from label maps alone"
        styled = ", in the styles of seed 0." if more else "."
        return [
            Export(
                interface(model, splits),
                title=f"{model.name} on {splits.info['name']}",
                summary=f"Draws the picture of a label map, {size[0]}x{size[1]}"
                + (", in styles that a seed chooses." if more else "."),
                examples={"images": tables.first_pictures(splits.test, 8, "source"), **more},
                evaluators=[pairs.export(splits.test, train, said + styled, answer)],
                picture=sheet,
                calibration={"images": tables.first_pictures(train, 100, "source"), **more},
                shown=tables.shown(splits.test, {"images": "source", "real": "target"}),
            )
        ]

    return Task(
        open=open_splits,
        preview=preview,
        exports=exports,
        validation=validation(interface, validated),
        batches=lambda examples, **stream: train_batches(examples, **options, **stream),
        phases=phases,
    )


def interface(model, splits):
    """`images`, and a `seed` where there are styles, to `images`; and the function `things`."""
    from tfgan_zoo.export import interface as made

    source, target = (splits.test.fields[name].shape for name in ("source", "target"))
    labels = made.source_images(source, label_map=True)
    numbers = made.Input("instances", "instance_map", (*source[:2], 1), "int32")
    styled = model.styles is not None
    own = (made.seed(),) if styled else ()
    nets = (model.global_generator, model.enhancer, *((model.styles,) if styled else ()))

    def of_labels(images, seed=0):
        return model(images, seed=seed)

    def of_things(images, instances, seed=0):
        return model(images, instances, seed=seed)

    each = ", and each has a style of its own." if styled else "."
    things = made.Interface(
        "things",
        (labels, numbers, *own),
        (made.images(target),),
        call=of_things,
        about="The same with a map of instances, which has equal numbers in all pixels of one "
        f"thing: things of one label that touch are told apart{each}",
    )
    return made.Interface(
        model.name,
        (labels, *own),
        (made.images(target),),
        call=of_labels,
        networks=nets,
        also=(things,),
    )


def palette(splits):
    """The colour of each label: those of the data where they are known, else all that are seen.

    Raises:
        ValueError: for more colours than labels can be.
    """
    import numpy as np

    from tfgan_zoo.metrics.label_recovery import label_colours

    kind = splits.train.fields["source"]
    if kind.palette is not None:
        return [list(colour) for colour in kind.palette]
    found, channels = set(), kind.shape[-1]
    for part in (splits.train, splits.validation, splits.test):
        for number in range(len(part)):
            pixels = part.fetch(np.array([number]))["source"]
            flat = pixels.reshape(-1, channels)
            colours = label_colours(pixels) if channels == 3 else np.unique(flat, axis=0)
            found |= set(map(tuple, colours.tolist()))
            if len(found) > MOST:
                raise ValueError(
                    f"The label maps hold more than {MOST} colours, each of which would be a "
                    "label: save them without smoothing, and not as JPEG."
                )
    return sorted(map(list, found))


def enlarged(images, size):
    """Pictures `[B, h, w, C]` at the size (height, width), by the nearest pixel."""
    import tensorflow as tf

    return images if images.shape[1:3] == size else tf.image.resize(images, size, "nearest")
