"""Image-to-image translation between two sets without pairs: data, grids, scores and export."""

from absl import flags

from trainers import common
from trainers.tasks import pair_scores
from trainers.tasks.jitter import augmentation, load_size

__all__ = ["augmentation", "draw", "export", "open_data", "train_batches", "validator"]

FLAGS = flags.FLAGS
flags.DEFINE_enum(
    "labels",
    "auto",
    ["auto", "a", "b", "none"],
    "Which set is one of label maps, to be resized without new colours; auto: palette pictures.",
)
flags.DEFINE_integer("channels_a", 3, "Channels of the pictures of A.", 1, 4)
flags.DEFINE_integer("channels_b", 3, "Channels of the pictures of B.", 1, 4)
flags.DEFINE_bool(
    "known_pairs",
    None,
    "Pictures of one name belong together: held-out ones are scored against the true picture. "
    "Training does not look at names. Default: for --data=facades.",
)

ROWS = 4  # of a sample grid
BATCH = 4


def train_batches(data, **options):
    """The training stream; see `data.unpaired`."""
    from tfgan_zoo.data import unpaired

    return unpaired.train_batches(data, **options)


def open_split(name, size, directory):
    """One split of --data at `size` (height, width)."""
    from tfgan_zoo.data.unpaired import open_unpaired

    return open_unpaired(
        FLAGS.data,
        name,
        image_size=size,
        channels_a=FLAGS.channels_a,
        channels_b=FLAGS.channels_b,
        labels=FLAGS.labels,
        **common.source_options(directory),
    )


def open_data(directory):
    """The three splits of --data."""
    data = common.Splits(
        train=open_split("train", load_size(), directory),
        validation=open_split("validation", common.image_size(), directory),
        test=open_split("test", common.image_size(), directory),
    )
    if pairs_are_known():
        for split in (data.train, data.validation, data.test):
            split.pairs()  # says at once if the names do not fit
    return data


def pairs_are_known():
    """Whether the held-out pictures have a true partner."""
    return FLAGS.data == "facades" if FLAGS.known_pairs is None else FLAGS.known_pairs


def sides(data):
    """Direction -> (table of its sources, table of its targets, name of the direction back)."""
    return {"a_to_b": (data.a, data.b, "b_to_a"), "b_to_a": (data.b, data.a, "a_to_b")}


def pairs_of(data, direction):
    """The true pairs of `data` with the fields `source` and `target` of a direction."""
    from tfgan_zoo.data.examples import Examples

    pairs = data.pairs()
    names = ["source", "target"] if direction == "a_to_b" else ["target", "source"]
    fields = dict(zip(("images_a", "images_b"), names, strict=True))

    def fetch(indices):
        return {fields[name]: array for name, array in pairs.fetch(indices).items()}

    renamed = {fields[name]: spec for name, spec in pairs.fields.items()}
    return Examples(renamed, pairs.names, pairs.info, fetch)


def first(table, count):
    """The first pictures of a table of one field, in [-1, 1]."""
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float

    (pictures,) = table.fetch(np.arange(min(count, len(table)))).values()
    return to_float(pictures)


def draw(model, data):
    """For each direction: held-out pictures, what is drawn of them, and what is drawn back."""
    columns, captions = [], []
    for direction, (sources, _, back) in sides(data.validation).items():
        images = first(sources, ROWS)
        fake = model.directions[direction](images, training=False)
        columns += [images, fake, model.directions[back](fake, training=False)]
        captions += [direction[0].upper(), direction.replace("_", " "), "and back"]
    drawn = columns[1]
    return sheet(columns, captions), drawn.numpy(), first(data.validation.b, len(drawn))


def sheet(columns, captions):
    """The grid that a person looks at; small pictures larger."""
    from tfgan_zoo.training import pictures

    return pictures.grid(columns, captions, scale=max(1, 128 // common.image_size()[0]))


def validator(data):
    """model -> the scores of both directions over the validation split."""

    def validate(model):
        scores = {}
        for direction in model.directions:
            found = cycle(model, data.validation, direction)
            if pairs_are_known():
                generate = model.directions[direction]
                found |= pair_scores.measure(
                    lambda batch, generate=generate: generate(batch["source"], training=False),
                    pairs_of(data.validation, direction),
                )
            scores |= {f"{direction}_{name}": value for name, value in found.items()}
        return scores

    return validate


def cycle(model, data, direction, generate=None):
    """Mean absolute difference between pictures and what comes back of them, by direction."""
    import numpy as np

    from tfgan_zoo.data.pipeline import eval_batches
    from tfgan_zoo.metrics.reconstruction import reconstruction_scores

    sources, _, back = sides(data)[direction]
    generate = generate or (lambda images: model.directions[direction](images, training=False))
    differences = []
    for batch in eval_batches(sources, BATCH):
        (images,) = batch.values()
        again = model.directions[back](generate(images), training=False)
        differences.append(reconstruction_scores(again, images)["l1"])
    return {"cycle_l1": float(np.mean(np.concatenate(differences)))}


def closeness(served, data, train, direction):
    """Scores without pairs: can the nearest neighbour tell drawn from real pictures?"""
    import numpy as np

    from tfgan_zoo.metrics.neighbours import nearest_neighbour_accuracy

    sources, targets, _ = sides(data)[direction]
    count = min(len(sources), len(targets), 1000)
    images, real = first(sources, count).numpy(), first(targets, count).numpy()
    drawn = [served(images[i : i + BATCH]) for i in range(0, count, BATCH)]

    def compare(pictures):
        flat = [np.reshape(x, (count, -1)) for x in (real, pictures)]
        return {"1-NN accuracy": nearest_neighbour_accuracy(*flat)["total"]}

    baselines = {}
    if images.shape == real.shape:
        baselines["the input itself"] = compare(images)
    targets_of_training = sides(train)[direction][1]
    if len(targets_of_training) >= count:
        baselines["training pictures"] = compare(first(targets_of_training, count))
    return compare(np.concatenate(drawn)), baselines


def export(model, data, directory, steps, seconds):
    """Writes, scores and reports both generators, each in a folder of its own."""
    train = open_split("train", common.image_size(), directory)
    for direction in model.directions:
        export_direction(model, data, train, directory, direction, steps, seconds)


def export_direction(model, data, train, directory, direction, steps, seconds):
    """Writes, scores and reports one generator."""
    from tfgan_zoo.export import serving, signatures
    from trainers.tasks import shipping

    size = common.image_size()
    sources, targets, back = sides(data.test)[direction]
    (source,), (target,) = sources.fields.values(), targets.fields.values()
    resize_method = "nearest" if source.kind == "labels" else "antialias"
    network = model.directions[direction]
    spoken = direction.replace("_", " ").replace("a", "A").replace("b", "B")

    def generate(images):
        return network(images, training=False)

    def measure(served):
        if pairs_are_known():
            scores, baselines = pair_scores.evaluate(
                served, pairs_of(data.test, direction), pairs_of(train, direction)
            )
        else:
            scores, baselines = closeness(served, data.test, train, direction)
        return scores | cycle(model, data.test, direction, served), baselines

    def draw_served(served):
        images = first(sources, ROWS)
        fake = served(images)
        columns = [images, fake, model.directions[back](fake, training=False)]
        captions = ["input", "generated", "and back"]
        if pairs_are_known():
            columns.append(first(targets, ROWS))
            captions.append("true picture")
        return sheet(columns, captions)

    if pairs_are_known():
        protocol = "Trained without pairs. " + pair_scores.protocol(
            pairs_of(data.test, direction), size, len(train)
        )
    else:
        protocol = (
            "1-NN accuracy: leave-one-out, on pixels, between drawn pictures and as many real ones "
            f"of the split '{data.test.info['split']}' at {size[0]}x{size[1]} (0.5 is ideal)."
        )
    shipping.ship(
        model,
        part=direction,
        network=network,
        directory=directory,
        title=f"{model.name} on {data.info['name']}, {spoken}",
        summary=f"Draws a picture of the other set, {spoken}, {size[0]}x{size[1]}, learnt without "
        "pairs.",
        data=data,
        generate=generate,
        signatures=signatures.translation(
            generate,
            image_size=size,
            source_channels=source.shape[-1],
            target_channels=target.shape[-1],
            resize_method=resize_method,
        ),
        requests=serving.translation_requests(size, source.shape[-1]),
        input_name="images",
        inputs=first(sources, 8).numpy(),
        calibration=[image[None] for image in first(sides(train)[direction][0], 100).numpy()],
        interface={
            "input": [*size, source.shape[-1]],
            "output": [*size, target.shape[-1]],
            "resize_method": resize_method,
        },
        measure=measure,
        draw=draw_served,
        protocol=protocol
        + " cycle_l1: the difference to the input after the other generator has drawn it back.",
        steps=steps,
        seconds=seconds,
    )
