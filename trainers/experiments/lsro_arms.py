"""Measures what generated pictures are worth to a net that recognises people of whom there are few
pictures: the uniform label of LSRO beside one more class, pseudo-labels and none.

python -m trainers.experiments.lsro_arms --generated=runs/dcgan/export/dcgan --output=lsro.json

A net learns from a few pictures of each training person of the street, and in three of the four
arms from pictures of a frozen generator too, from the same first weights. It is tested on other
people of the street, by rank-1 and mAP. Every row is printed and written when it is there, and a
repeated command goes on behind the last.
"""

import functools
import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running
from trainers.experiments.reid_transfer import SOURCE, SPLITS, learnt, table

SETTINGS = (
    *("split", "steps", "batch_size", "filters", "dropout", "learning_rate", "image_size"),
    *("labelled", "generated", "generated_count", "generated_batch_size"),
)
ARMS = ("none", "lsro", "extra_class", "pseudo_label")

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("generated", None, "Folder of an exported generator of people.")
    flags.DEFINE_string("output", None, "The JSON of the rows.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds, a row of each arm for each.")
    flags.DEFINE_enum("split", "test", SPLITS, "Whose people are found.")
    flags.DEFINE_string(
        "image_size", "32x32", "Pixels of what is drawn: HEIGHTxWIDTH, or one side."
    )
    flags.DEFINE_integer("labelled", 300, "Training pictures, as many of each of 100 people.", 1)
    flags.DEFINE_integer("generated_count", 1000, "Pictures that the generator draws, once.", 1)
    flags.DEFINE_integer("steps", 400, "Steps of a net.", 1)
    flags.DEFINE_integer("batch_size", 32, "Real pictures in a step.", 1)
    flags.DEFINE_integer("generated_batch_size", 16, "Generated pictures in a step.", 1)
    flags.DEFINE_integer("filters", 16, "Channels of the net's first layer.", 1)
    flags.DEFINE_float("dropout", 0.5, "Share of the features that training sets to zero.", 0.0)
    flags.DEFINE_float("learning_rate", 0.05, "Learning rate; a tenth in the last fifth.", 0.0)
    flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets.")


def main():
    if not (FLAGS.generated and FLAGS.output):
        raise UsageError("--generated and --output are needed.")
    seeds = running.numbers(FLAGS.seeds)
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.semi_supervised import choose_labelled
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate import recognition
    from tfgan_zoo.evaluate.evaluator import served_by
    from tfgan_zoo.evaluate.tables import first
    from trainers.tasks.recognition import generated, with_labels

    request = Request(image_size=running.size(FLAGS.image_size), data_dir=FLAGS.data_dir)
    train = with_labels(open_images(SOURCE, "train", request), SOURCE)
    judged = open_images(SOURCE, FLAGS.split, request)
    kind = train.fields["images"]
    settings = {name: FLAGS[name].value for name in SETTINGS}

    @functools.lru_cache(1)
    def pictures(seed):
        """(real pictures, their labels, generated pictures) that all arms of a seed share."""
        few = choose_labelled(train, FLAGS.labelled, seed)
        known = first(few, len(few))
        drawn = generated(FLAGS.generated, FLAGS.generated_count, seed, kind)
        return known["images"], known["labels"], first(drawn, len(drawn))["generated"]

    def measure(arm, seed):
        images, labels, drawn = pictures(seed)
        model = learnt(images, labels, seed, settings, arm, drawn)
        return recognition.scores(served_by(lambda images: model(images)), judged)

    cells = [(arm, seed, settings) for seed in seeds for arm in ARMS]
    rows = running.recorded(pathlib.Path(FLAGS.output), cells, measure)
    print("\n".join(table(rows, ("rank-1", "mAP"))))


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
