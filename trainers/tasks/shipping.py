"""From a trained generator to files that need neither this package nor its training: SavedModel,
TFLite, card.
"""

import pathlib
import shlex
import sys

import tensorflow as tf
from absl import flags

from tfgan_zoo.export import card, saved_model, serving, tflite
from tfgan_zoo.training import plots
from tfgan_zoo.training.run_directory import versions, write_atomically
from trainers import common

FLAGS = flags.FLAGS
FILES = {"float32": "model_float32.tflite", "float16": "model.tflite", "int8": "model_int8.tflite"}
LATENCY_RUNS = 20
ANIMATION_FRAMES, ANIMATION_SIDE = 12, 264  # small, since it ships with the generator
# Flags that name folders of one machine.
PRIVATE = ("run_dir", "export_dir", "data_dir", "cache_dir")


def ship(
    model,
    *,
    directory,
    title,
    summary,
    data,
    generate,
    signatures,
    requests,
    input_name,
    inputs,
    calibration,
    interface,
    measure,
    draw,
    protocol,
    steps,
    seconds,
    arguments=None,
    part=None,
    network=None,
):
    """Exports `model.generator`, scores what was exported, and prints where it lies.

    Args:
        directory: the `RunDirectory`.
        title, summary: of the card, one line each.
        data: the task's data.
        generate: inputs -> images, what the model itself draws; the reference of every parity.
        signatures: of the SavedModel, name -> tf.function.
        requests: warm-up requests.
        input_name: of the one input of `generate` and of the TFLite files, and of the signatures'
            unless `arguments` is given.
        inputs: real inputs `[N, ...]` on which parity and latency are measured.
        calibration: batches of real inputs for int8.
        interface: shapes of one input and one output.
        measure: served -> (scores, baselines), where `served` maps inputs to images through the
            SavedModel.
        draw: served -> picture for the card.
        protocol: one sentence on how the scores are taken.
        steps, seconds: of training.
        arguments: inputs -> what the SavedModel's default signature takes, by name, where that is
            more than one input; None where it is the input itself.
        part: of a model with several generators the one exported, in a folder of this name beside
            the others'; None where there is one.
        network: that generator; `model.generator` if None.
    """
    folder = pathlib.Path(FLAGS.export_dir or directory.export / model.name) / (part or "")
    name = f"{model.name}_{part}" if part else model.name
    path = saved_model.save(
        folder,
        network=network or model.generator,
        signatures=signatures,
        version=next_version(folder),
        assets_extra={serving.WARMUP_FILE: serving.warmup_requests(name, requests)},
    )
    signature = tf.saved_model.load(str(path)).signatures["serving_default"]

    def served(batch):
        batch = tf.convert_to_tensor(batch, tf.float32)
        return signature(**(arguments(batch) if arguments else {input_name: batch}))[
            "images"
        ].numpy()

    lite, parities = {}, {"SavedModel": tflite.parity(generate, served, inputs)}
    spec = tf.TensorSpec([None, *inputs.shape[1:]], tf.float32, name=input_name)
    for kind, file in FILES.items():
        content = tflite.convert(
            generate, spec, kind=kind, calibration=calibration if kind == "int8" else None
        )
        lite[kind] = tflite.TFLiteRunner(content)
        kept = kind in FLAGS.tflite
        if kept:
            write_atomically(folder / file, content)
        parities[kind] = {
            **tflite.parity(generate, lite[kind], inputs),
            "file": file if kept else None,
        }

    timed = next((kind for kind in FLAGS.tflite), "float32")
    latency = card.latency_ratio(lite[timed], served, inputs[:1], LATENCY_RUNS)
    scores, baselines = measure(served)
    moving = plots.animation(
        sorted(directory.samples.glob("step_*.png")), frames=ANIMATION_FRAMES, side=ANIMATION_SIDE
    )
    if moving is not None:
        write_atomically(folder / card.ANIMATION, moving)
    found = versions()
    card.write_card(
        folder,
        {
            "name": name,
            "title": title,
            "summary": summary,
            "paper": model.paper,
            "data": {key: data.info[key] for key in ("name", "description", "licence")},
            "training": {
                "command": command(model.name),
                "flags": card_flags(),
                "steps": steps,
                "seconds": round(seconds),
                "machine": found.pop("machine"),
                "commit": found.pop("commit"),
                "versions": found,
            },
            "interface": {"classes": None, "latents": None, **interface},
            "scores": {"protocol": protocol, "model": scores, "baselines": baselines},
            "tflite": {kind: parities[kind] for kind in FILES},
            "latency": {"kind": timed, "batch_size": 1, **latency},
        },
        draw(served),
    )
    report(folder, path, scores, baselines, parities)


def next_version(folder):
    """The number after the highest version in a folder of SavedModels, or 1."""
    return 1 + max([int(p.name) for p in folder.glob("[0-9]*") if p.name.isdigit()], default=0)


def command(name):
    """The command line for the card; a folder of this machine is named by its flag alone."""
    words = ["python", "-m", f"trainers.{name}"]
    for word in sys.argv[1:]:
        flag = word.lstrip("-").split("=", 1)[0]
        words.append(f"--{flag}={flag.upper()}" if flag in PRIVATE else word)
    return shlex.join(words)


def card_flags():
    """The flags of the run, by name, as the card lists them: without the folders of one machine."""
    return {
        name: flag.value
        for name, flag in ((n, FLAGS[n]) for n, line in common.resolved_flags().items() if line)
        if name not in PRIVATE and flag.value not in (None, "", [])
    }


def report(folder, path, scores, baselines, parities):
    """Prints the scores beside their baselines, the parities and the paths."""
    say = common.say
    columns = {"exported model": scores, **baselines}
    width = max(len(name) for name in columns) + 2
    say("\nScores on the held-out split:")
    for name, values in columns.items():
        say(f"  {name:<{width}}" + "  ".join(f"{k} {v:.4g}" for k, v in values.items()))
    say("Largest difference to the model itself, in units of [-1, 1]:")
    say("  " + "  ".join(f"{kind} {values['max_abs']:.1e}" for kind, values in parities.items()))
    say("Files:")
    for label, file in (
        ("picture", folder / "samples.png"),
        ("SavedModel", path),
        *((f"TFLite {kind}", folder / FILES[kind]) for kind in FLAGS.tflite),
        ("card", folder / "README.md"),
    ):
        say(f"  {label:<16}{file}")
