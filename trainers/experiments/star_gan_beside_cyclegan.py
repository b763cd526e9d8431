"""Measures one StarGAN for all classes beside one CycleGAN for each pair of classes: how often what
they draw is read as the class that was asked for, and how much of the picture stays.

python -m trainers.experiments.star_gan_beside_cyclegan --faces=DIR
python -m trainers.experiments.star_gan_beside_cyclegan --faces=DIR --output=beside.png
    --star_gan=runs/a/export/star_gan --cyclegans=runs/b/export/cyclegan,runs/c/export/cyclegan,...

The first command writes pictures of three classes where both trainers find them: DIR/all with a
folder for each class is the StarGAN's --data, DIR/happiness_neutral and its like are those of the
CycleGANs. They are grey faces of the set lfw_expressions, which is for research and is not
downloaded, unless --data and --classes say otherwise. The second names a CycleGAN for each pair, in
the order in which the first lists them. Who reads the classes is a
classifier that is trained on real training pictures alone, as often on those of each class. The
command prints a table, writes the numbers as JSON beside the picture, and draws the first pictures
of each class: what StarGAN draws of them, and below it what the CycleGANs do.
"""

import itertools
import pathlib
import shutil

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

SPLITS = {"test": "test", "validation": "val", "train": "train"}  # and the names of their folders
SHOWN = 3  # pictures of each class

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("faces", None, "Folder of the pictures; made where it is missing.")
    flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets.")
    flags.DEFINE_string("data", "tfds:lfw_expressions", "Pictures with classes, as for a trainer.")
    flags.DEFINE_list("classes", ["happiness", "neutral", "surprise"], "Names of the classes.")
    flags.DEFINE_integer("most", 1000, "Pictures of a class that are written at most.", 1)
    flags.DEFINE_string("image_size", "64", "Of the pictures, in pixels: height and width.")
    flags.DEFINE_string("star_gan", None, "Export of a StarGAN of all classes.")
    flags.DEFINE_list("cyclegans", [], "Exports of CycleGANs, one for each pair of classes.")
    flags.DEFINE_enum("split", "test", ("test", "validation"), "The pictures that are translated.")
    flags.DEFINE_string("output", None, "The PNG to write; the numbers lie beside it, as .json.")


def main():
    if not FLAGS.faces:
        raise UsageError("--faces is needed: the folder of the pictures.")
    if len(set(FLAGS.classes)) < 2:
        raise UsageError("--classes are two names or more, with commas between.")
    faces, pairs = pathlib.Path(FLAGS.faces), list(itertools.combinations(FLAGS.classes, 2))
    if not faces.exists():
        write_faces(faces, pairs)
    if not FLAGS.star_gan:
        print(
            f"{faces} is ready. Train a StarGAN with --data={faces}/all, and a CycleGAN each with"
        )
        print("\n".join(f"  --data={faces}/{a}_{b}" for a, b in pairs))
        return
    if len(FLAGS.cyclegans) != len(pairs) or not FLAGS.output:
        names = ", ".join(f"{a} and {b}" for a, b in pairs)
        raise UsageError(f"--output and {len(pairs)} --cyclegans are needed, for {names}.")
    cyclegans = dict(zip(pairs, FLAGS.cyclegans, strict=True))
    drawers = opened(FLAGS.star_gan, FLAGS.classes, cyclegans)
    train, held = pictures(faces, "train"), pictures(faces, FLAGS.split)
    error = reader(train)
    found = {"real": real_scores(error, held)}
    for name, draw in drawers.items():
        found[name] = scores(draw, error, held)
    for name, values in found.items():
        print(f"{name}: {running.said(values)}")
    output = pathlib.Path(FLAGS.output)
    running.written(found, output)
    drawn(drawers, held).save(output)


def write_faces(folder, pairs):
    """Writes the pictures of the classes, once for StarGAN and once for each pair; all or none."""
    from PIL import Image

    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate.tables import first
    from tfgan_zoo.export import places

    request = Request(image_size=running.size(FLAGS.image_size), data_dir=FLAGS.data_dir)
    folder.parent.mkdir(parents=True, exist_ok=True)
    fresh = places.partial(folder)
    try:
        for split, part in SPLITS.items():
            table = open_images(FLAGS.data, split, request)
            # lfw_expressions was written with names such as "b'neutral'".
            names = [one.removeprefix("b'").removesuffix("'") for one in table.info["label_names"]]
            missing = sorted(set(FLAGS.classes) - set(names))
            if missing:
                raise UsageError(
                    f"--classes: {FLAGS.data} has no '{missing[0]}', but {', '.join(names)}."
                )
            fields = first(table, len(table))
            for name in FLAGS.classes:
                own = fields["images"][fields["labels"] == names.index(name)][: FLAGS.most]
                sides = [(pair, pair.index(name)) for pair in pairs if name in pair]
                inner = [f"{a}_{b}/{part}{'AB'[side]}" for (a, b), side in sides]
                for target in (fresh / "all" / part / name, *(fresh / one for one in inner)):
                    target.mkdir(parents=True)
                    for number, picture in enumerate(own):
                        grey = Image.fromarray(picture).convert("L")
                        grey.save(target / f"{number:04d}.png")
        fresh.rename(folder)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


def opened(star_gan, classes, cyclegans):
    """Drawers by name: (pictures `[N, H, W, C]`, class, class asked for) -> pictures.

    Args:
        star_gan: folder of the export.
        classes: their names, in the order of its labels.
        cyclegans: {pair of classes: folder of the export's two parts}.
    """
    import numpy as np

    from tfgan_zoo.evaluate.evaluator import in_batches, served_by

    def function(path):
        loaded = running.loaded(path)
        return served_by(lambda **inputs: loaded.signatures["serving_default"](**inputs))

    star, ways = function(star_gan), {}
    for (a, b), path in cyclegans.items():
        ways[a, b] = function(pathlib.Path(path) / "a_to_b")
        ways[b, a] = function(pathlib.Path(path) / "b_to_a")

    def by_label(images, own, wanted):
        labels = np.full(len(images), classes.index(wanted), np.int32)
        return in_batches(star, "images", 25, {"images": images, "labels": labels})

    def by_pair(images, own, wanted):
        return in_batches(ways[own, wanted], "images", 25, {"images": images})

    return {"StarGAN": by_label, "CycleGANs": by_pair}


def pictures(faces, split):
    """Pictures float32 `[N, H, W, 1]` in [-1, 1] of each class, by its name."""
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate.tables import first
    from tfgan_zoo.kinds.image import to_float

    request = Request(image_size=running.size(FLAGS.image_size), channels=1)
    table = open_images(str(faces / "all"), split, request)
    fields = first(table, len(table))
    if list(table.info["label_names"]) != FLAGS.classes:
        raise UsageError(
            f"--faces={faces} has the classes {', '.join(table.info['label_names'])}: name these "
            "with --classes, or another folder."
        )
    images = to_float(fields["images"]).numpy()
    return {name: images[fields["labels"] == i] for i, name in enumerate(FLAGS.classes)}


def reader(train):
    """The classifier, from as many pictures of each class: those of smaller classes come again.

    Args:
        train: pictures by class.

    Returns:
        (pictures, class) -> the share of the pictures that are not read as this class.
    """
    import numpy as np

    from tfgan_zoo.metrics.attribute_accuracy import fit_reader

    most = max(map(len, train.values()))
    images = [own[np.arange(most) % len(own)] for own in train.values()]
    labels = np.repeat(np.eye(len(train), dtype=np.float32), most, 0)
    read = fit_reader(np.concatenate(images), labels, exclusive=True)

    def error(pictures, wanted):
        return float(1 - read(pictures)[:, list(train).index(wanted)].mean())

    return error


def real_scores(error, held):
    """How often real pictures are misread, by class and as the mean over the classes."""
    found = {name: error(own, name) for name, own in held.items()}
    return {"error": sum(found.values()) / len(found), **found}


def scores(draw, error, held):
    """The errors of each way from class to class, their mean, and how much of a picture comes back.

    Args:
        draw: (pictures, class, class asked for) -> pictures.
        error: of `reader`.
        held: pictures by class.

    Returns:
        dict: `error`, the mean over the ways; `back_l1`, the mean difference to the picture itself
        after there and back, colours from -1 to 1; and the error of each way, as `a to b`.
    """
    import numpy as np

    errors, back = {}, []
    for own, wanted in itertools.permutations(held, 2):
        there = draw(held[own], own, wanted)
        errors[f"{own} to {wanted}"] = error(there, wanted)
        back.append(np.mean(np.abs(draw(there, wanted, own) - held[own])))
    means = {"error": float(np.mean(list(errors.values()))), "back_l1": float(np.mean(back))}
    return means | errors


def drawn(drawers, held):
    """A grid: pictures, and what each drawer makes of them in each class; two rows for each."""
    import numpy as np

    from tfgan_zoo.kinds import image

    rows = {"input": [], **{name: [] for name in held}}
    for own, pictures in held.items():
        real = pictures[:SHOWN]
        for draw in drawers.values():
            rows["input"].append(real)
            for wanted in held:
                rows[wanted].append(real if wanted == own else draw(real, own, wanted))
    columns = [np.concatenate(parts) for parts in rows.values()]
    return image.grid(columns, list(rows))


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
