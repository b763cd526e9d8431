"""Image-to-image translation between two sets without pairs."""

import dataclasses

from tfgan_zoo.data.request import Request
from trainers import flags
from trainers.tasks import jitter
from trainers.tasks.pictures import show_reading

KNOBS = (
    *flags.of(Request, family="unpaired"),
    *jitter.KNOBS,
    flags.knob(
        "known_pairs",
        None,
        "Pictures of one name belong together: held-out ones are scored against the true picture. "
        "Training does not look at names. By default for --data=facades.",
        kind="bool",
    ),
)
# Of the four nets that every such method has.
FILTERS = (
    flags.knob("generator_filters", 64, "Channels of the generators' first layer.", low=1),
    flags.knob("discriminator_filters", 64, "Channels of the discriminators' first layer.", low=1),
)
BLOCKS = flags.knob(
    "blocks",
    None,
    "Residual blocks of a generator; by default 9 from 256x256 pixels on, 6 below.",
    kind="int",
    low=0,
)
PATCH = flags.knob(
    "patch",
    "70",
    "Side, in pixels, of the patch that one score of a discriminator sees.",
    choices=("1", "16", "34", "70", "142", "286"),
)
ROWS = 4  # of a sample grid
BACK = {"a_to_b": "b_to_a", "b_to_a": "a_to_b"}


def task(values, noisy=False):
    """The `Task`, from the flags.

    Args:
        values: the flags.
        noisy: whether the generators draw with noise: take a seed, int32 [2], beside the pictures.
    """
    import tensorflow as tf

    from tfgan_zoo.data import unpaired
    from tfgan_zoo.evaluate import evaluator, tables
    from tfgan_zoo.evaluate import unpaired as scores
    from tfgan_zoo.export import sheet as examples
    from tfgan_zoo.export.interface import Interface, images, source_images
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training.task import Export, Preview, Splits, Task, Validation

    size, larger, options = values.image_size, jitter.load_size(values), jitter.augmentation(values)
    spec, cache_dir = values.data, values.cache_dir
    known = spec == "facades" if values.known_pairs is None else values.known_pairs
    request = values.filled(Request, "unpaired", progress=show_reading)
    places = {}

    def split(name, image_size):
        own = dataclasses.replace(request, image_size=image_size, cache_dir=places["cache"])
        return unpaired.open_unpaired(spec, name, own)

    def open_splits(directory):
        places["cache"] = cache_dir or directory.cache
        splits = Splits(split("train", larger), split("test", size), split("validation", size))
        if known:
            for part in (splits.train, splits.validation, splits.test):
                part.pairs()  # says at once if the names do not fit
        return splits

    def drawn_by(model, direction):
        def draw(images, seed=0):
            inputs = [tf.convert_to_tensor(images), tf.stack([seed, 0])] if noisy else images
            return model.directions[direction](inputs, training=False)

        return draw

    def interface(model, splits, direction):
        sources, targets = scores.sides(splits.test, direction)
        (source,), (target,) = sources.fields.values(), targets.fields.values()
        return Interface(
            f"{model.name}_{direction}",
            (source_images(source.shape, label_map=tables.is_label_map(source)),),
            (images(target.shape),),
            call=lambda images: drawn_by(model, direction)(images),
            networks=(model.directions[direction],),
            noise=(lambda seed, images: drawn_by(model, direction)(images, seed))
            if noisy
            else None,
            part=direction,
        )

    def validation(model, splits):
        def own(model, direction):
            back = drawn_by(model, BACK[direction])
            return scores.training(direction, back, splits.validation, known)

        def measure(model):
            found = {}
            for direction in model.directions:
                served = evaluator.served_by(interface(model, splits, direction))
                found |= own(model, direction).measure(served)
            return found

        return Validation(
            measure, lambda: evaluator.better(own(model, each) for each in model.directions)
        )

    def there_and_back(model, direction, served, part):
        pictures = scores.first(scores.sides(part, direction)[0], ROWS)
        fake = served(images=pictures)["images"]
        return [pictures, fake, drawn_by(model, BACK[direction])(fake)]

    def sheet(columns, captions):
        return image.grid(columns, captions, scale=max(1, 128 // size[0]))

    def preview(model, splits):
        columns, captions = [], []
        for direction in model.directions:
            served = interface(model, splits, direction)
            columns += there_and_back(model, direction, served, splits.validation)
            captions += [direction[0].upper(), direction.replace("_", " "), "and back"]
        real = scores.first(splits.validation.b, ROWS)
        (kind,) = splits.validation.b.fields.values()
        return Preview(sheet(columns, captions), columns[1], real, kind.spread)

    def exports(model, splits):
        train = split("train", size)
        return [export(model, splits, train, direction) for direction in model.directions]

    def export(model, splits, train, direction):
        spoken = direction.replace("_", " ").replace("a", "A").replace("b", "B")
        sources, targets = scores.sides(splits.test, direction)

        def picture(served):
            columns = there_and_back(model, direction, served, splits.test)
            captions = ["input", "generated", "and back"]
            if known:
                columns.append(scores.first(targets, ROWS))
                captions.append("true picture")
            return sheet(columns, captions)

        rows = {"images": scores.first(sources, examples.MOST)}
        if known:
            rows["real"] = scores.first(targets, examples.MOST)
        back = drawn_by(model, BACK[direction])
        return Export(
            interface(model, splits, direction),
            title=f"{model.name} on {splits.info['name']}, {spoken}",
            summary=f"Draws a picture of the other set, {spoken}, {size[0]}x{size[1]}, learnt "
            "without pairs.",
            examples={"images": scores.first(sources, 8)},
            evaluators=[scores.export(direction, back, splits.test, train, known)],
            picture=picture,
            calibration={"images": scores.first(scores.sides(train, direction)[0], 100)},
            shown=examples.matching(rows),
        )

    return Task(
        open=open_splits,
        preview=preview,
        exports=exports,
        validation=validation,
        batches=lambda data, **stream: unpaired.train_batches(data, **options, **stream),
    )
