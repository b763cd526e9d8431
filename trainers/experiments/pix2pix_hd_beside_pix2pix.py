"""Measures exports of pix2pixHD beside one of pix2pix on the same test pairs: operations, l1, SSIM,
and how much of the label maps is found again.

python -m trainers.experiments.pix2pix_hd_beside_pix2pix --pix2pix=runs/a/export/pix2pix
    --pix2pix_hd=runs/b/export/pix2pix_hd --data=facades --image_size=256 --output=beside.png

It prints a table, writes the numbers as JSON beside the picture, and draws the first pairs: label
map, pix2pix, pix2pixHD from the label map alone, from the instance map too, true.
"""

import pathlib

from absl import flags

from tfgan_zoo.command import UsageError
from trainers.experiments import running

ROWS = 4  # of the picture
COUNTED = ("Conv2D", "Conv2DBackpropInput", "MatMul", "DepthwiseConv2dNative")

FLAGS = flags.FLAGS


def define_flags():
    """The flags of the command line; not at import: other commands have flags of the same names."""
    flags.DEFINE_string("pix2pix", None, "Folder of an export of trainers.pix2pix.")
    flags.DEFINE_string("pix2pix_hd", None, "Folder of an export of trainers.pix2pix_hd.")
    flags.DEFINE_string("data", "facades", "The pairs, as --data of trainers.pix2pix_hd.")
    flags.DEFINE_string("instances", None, "As --instances of trainers.pix2pix_hd.")
    flags.DEFINE_string("image_size", "256", "Size in pixels: HEIGHTxWIDTH, or one side.")
    flags.DEFINE_string(
        "output", None, "The picture to write; the numbers lie beside it, as .json."
    )


def main():
    if not (FLAGS.pix2pix and FLAGS.pix2pix_hd and FLAGS.output):
        raise UsageError("--pix2pix, --pix2pix_hd and --output are needed.")
    from tfgan_zoo.data.instances import open_with_instances
    from tfgan_zoo.data.request import Request

    request = Request(image_size=running.size(FLAGS.image_size))
    train, test = (
        open_with_instances(FLAGS.data, split, request, FLAGS.instances)
        for split in ("train", "test")
    )
    models = {name: running.loaded(FLAGS[name].value) for name in ("pix2pix", "pix2pix_hd")}
    operations = {name: flops(model, request.image_size) for name, model in models.items()}
    answers = answers_of(*models.values())
    rows = compared(answers, test, train)
    for name, count in operations.items():
        rows[name]["gflops"] = count / 1e9
    for row, scores in rows.items():
        print(f"{row}: " + ", ".join(f"{k} {v:.4g}" for k, v in scores.items()))
    output = pathlib.Path(FLAGS.output)
    drawn(answers, test).save(output)
    running.written(rows, output)


def answers_of(pix2pix, pix2pix_hd):
    """Name -> (batch of pairs -> pictures), of both SavedModels."""
    import tensorflow as tf

    def ask(model, signature, **inputs):
        return model.signatures[signature](**inputs)["images"]

    seed = {"seed": tf.constant(0)}
    return {
        "pix2pix": lambda b: ask(pix2pix, "serving_default", images=b["source"]),
        "pix2pix_hd": lambda b: ask(pix2pix_hd, "serving_default", images=b["source"], **seed),
        "pix2pix_hd with instances": lambda b: ask(
            pix2pix_hd, "things", images=b["source"], instances=b["instances"], **seed
        ),
    }


def compared(answers, test, train):
    """Name -> scores by name, of each answer and of the baselines."""
    from tfgan_zoo.evaluate.pairs import Judge

    judge = Judge(test, train)
    return {name: judge.scores(answer) for name, answer in answers.items()} | judge.baselines()


def flops(model, size):
    """Operations of the convolutions and products for one picture `size` of a SavedModel: two for
    each multiplication that is added.
    """
    import tensorflow as tf
    from tensorflow.python.framework import ops
    from tensorflow.python.framework.convert_to_constants import (
        convert_variables_to_constants_v2,
    )

    signature = model.signatures["serving_default"]
    specs = signature.structured_input_signature[1]
    fixed = {
        name: tf.TensorSpec([1, *size, spec.shape[-1]] if spec.shape.rank else [], spec.dtype)
        for name, spec in specs.items()
    }
    graph = convert_variables_to_constants_v2(
        tf.function(lambda **inputs: signature(**inputs)).get_concrete_function(**fixed)
    ).graph
    counted = [o.node_def for o in graph.get_operations() if o.type in COUNTED]
    return sum(ops.get_stats_for_node_def(graph, node, "flops").value or 0 for node in counted)


def drawn(answers, test):
    """The first pairs, a row each, as a `PIL.Image`."""
    import numpy as np

    from tfgan_zoo.evaluate import tables
    from tfgan_zoo.kinds import image

    found = tables.first(test, ROWS)
    batch = {name: test.fields[name].normalise(values) for name, values in found.items()}
    columns = {"labels": batch["source"]}
    columns |= {name: answer(batch) for name, answer in answers.items()}
    columns["true"] = batch["target"]
    return image.grid([np.asarray(c) for c in columns.values()], list(columns))


if __name__ == "__main__":
    define_flags()
    running.run(main, __doc__)
