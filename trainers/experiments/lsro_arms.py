"""Measures what generated pictures are worth to a net that recognises people of whom there are few
pictures: the uniform label of LSRO beside one more class, pseudo-labels and none.

python -m trainers.experiments.lsro_arms --generated=runs/dcgan/export/dcgan --output=lsro.json

A net learns from a few pictures of each training person of the street, and in three of the four
arms from pictures of a frozen generator too, from the same first weights. It is tested on other
people of the street, by rank-1 and mAP. Every row is printed and written when it is there, and a
repeated command goes on behind the last.
"""

import json
import os
import pathlib

from absl import flags

from tfgan_zoo import command
from tfgan_zoo.command import UsageError
from trainers.experiments.reid_transfer import SOURCE, learnt, said, table

ARMS = ("none", "lsro", "extra_class", "pseudo_label")

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("generated", None, "Folder of an exported generator of people.")
    flags.DEFINE_string("output", None, "The JSON of the rows.")
    flags.DEFINE_list("seeds", ["0", "1", "2"], "Seeds, a row of each arm for each.")
    flags.DEFINE_string("split", "test", "Whose people are found: test or validation.")
    flags.DEFINE_string("image_size", "32x32", "Pixels that the generator draws, HEIGHTxWIDTH.")
    flags.DEFINE_integer("labelled", 300, "Training pictures, as many of each of 100 people.", 1)
    flags.DEFINE_integer("generated_count", 1000, "Pictures that the generator draws, once.", 1)
    flags.DEFINE_integer("steps", 400, "Steps of a net.", 1)
    flags.DEFINE_integer("batch_size", 32, "Real pictures in a step.", 1)
    flags.DEFINE_integer("generated_batch_size", 16, "Generated pictures in a step.", 1)
    flags.DEFINE_integer("filters", 16, "Channels of the net's first layer.", 1)
    flags.DEFINE_float("dropout", 0.5, "Share of the features that training sets to zero.", 0.0)
    flags.DEFINE_float("learning_rate", 0.05, "Learning rate; a tenth in the last fifth.", 0.0)
    flags.DEFINE_string("data_dir", None, "Folder of prepared TensorFlow Datasets.")


def main(argv):
    if len(argv) > 1:
        raise UsageError(f"Unexpected argument '{argv[1]}'; every option is a --flag=value.")
    if not (FLAGS.generated and FLAGS.output):
        raise UsageError("--generated and --output are needed.")
    if not all(seed.isdecimal() for seed in FLAGS.seeds):
        raise UsageError("--seeds are whole numbers from 0 on, with commas between.")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.semi_supervised import choose_labelled
    from tfgan_zoo.data.sources import open_images
    from tfgan_zoo.evaluate import recognition
    from tfgan_zoo.evaluate.evaluator import served_by
    from tfgan_zoo.evaluate.tables import first
    from trainers.flags import size
    from trainers.tasks.recognition import generated, with_labels

    request = Request(image_size=size(FLAGS.image_size), data_dir=FLAGS.data_dir)
    train = with_labels(open_images(SOURCE, "train", request), SOURCE)
    judged = open_images(SOURCE, FLAGS.split, request)
    kind = train.fields["images"]
    output = pathlib.Path(FLAGS.output)
    rows = json.loads(output.read_text("utf-8")) if output.exists() else []
    done = {(row["arm"], row["seed"]) for row in rows}
    for seed in map(int, FLAGS.seeds):
        few = choose_labelled(train, FLAGS.labelled, seed)
        known = first(few, len(few))
        drawn = generated(FLAGS.generated, FLAGS.generated_count, seed, kind)
        drawn = first(drawn, len(drawn))["generated"]
        for arm in ARMS:
            if (arm, seed) in done:
                continue
            settings = FLAGS.flag_values_dict()
            model = learnt(known["images"], known["labels"], seed, settings, arm, drawn)
            found = recognition.scores(served_by(lambda images, m=model: m(images)), judged)
            rows.append({"arm": arm, "seed": seed, "split": FLAGS.split, **found})
            output.write_text(json.dumps(rows, indent=1) + "\n", "utf-8")
            print(f"{arm}, seed {seed}: {said(found)}", flush=True)
    print("\n".join(table(rows, ("rank-1", "mAP"))))


if __name__ == "__main__":
    define_flags()
    command.run(main, __doc__)
