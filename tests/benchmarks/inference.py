"""Milliseconds of one call of a shipped export, by each runtime that is installed.

python -m tests.benchmarks.inference --variant=pix2pix

TFLite (each kind, converted anew), the SavedModel, XLA, ONNX Runtime and OpenVINO take turns, call
by call, at a batch of 1: first with one thread, then with two, in a process of its own for each
number. On a machine that does other work too, only their ratios mean anything.
"""

import argparse
import json
import multiprocessing
import os
import pathlib
import statistics
import time

from tests.benchmarks import race

FOLDER = pathlib.Path(__file__).resolve().parents[2] / "saved_models"
SIDE = 1024  # of the matrices whose product tells the machine's peak


def exports():
    """The names of the shipped exports that run in one call: cyclegan/a_to_b, ..."""
    names = []
    for file in sorted(FOLDER.rglob("card.json")):
        card = json.loads(file.read_text("utf-8"))
        if card.get("kind") != "classifier" and not card["interface"]["lite"]:
            names.append(file.parent.relative_to(FOLDER).as_posix())
    return names


def measure(name, threads, rounds):
    """All about one export as lines of text; TensorFlow has so many threads already."""
    import tensorflow as tf

    from tfgan_zoo.export import measured, onnx_file, reexport, runtimes, served, stored, tflite

    folder = FOLDER / name
    card = stored.find_card(folder)
    version = folder / str(card["version"])
    interface = reexport.restored(card, tf.saved_model.load(str(version)))
    kept = reexport.kept_sheet(card, folder)
    examples = reexport.examples(interface, folder / "samples.png", kept)
    files = {
        kind: tflite.convert(interface, kind=kind, calibration=examples if kind == "int8" else None)
        for kind in tflite.KINDS
    }
    exported = served.of_saved_model(interface, version)
    onnx = None if onnx_file.complaint() else onnx_file.convert(interface)
    raced = runtimes.installed(interface, exported, files, onnx, version, threads)
    batched = {item.name for item in interface.inputs if item.batched}
    one = {n: v[:1] if n in batched else v for n, v in examples.items()}
    raced = runtimes.usable(raced, one)
    parities = {
        runtime: measured.parity(exported, served.Served(interface, run), examples)
        for runtime, run in raced.items()
    }
    flops, peak = operations(version, one), peak_of()
    seconds = measured.race(raced, one, rounds)
    peak = max(peak, peak_of())  # of the quieter minute
    ratios = measured.ratios(seconds, runtimes.SAVED_MODEL) | {runtimes.SAVED_MODEL: 1.0}
    lines = [
        f"{name}, {threads} thread{'s' * (threads > 1)}, {flops / 1e9:.3g} GFLOP a call; a product "
        f"of matrices takes {peak / 1e9:.0f} GFLOP/s; {rounds} rounds",
        f"{'':22}{'median ms':>10}{'least ms':>10}{'ratio':>8}{'GFLOP/s':>9}{'of peak':>9}"
        f"{'PSNR':>8}{'largest':>10}",
    ]
    for runtime in sorted(seconds, key=ratios.get):
        median, least = statistics.median(seconds[runtime]), min(seconds[runtime])
        apart = parities[runtime]
        psnr = "" if apart["psnr"] is None else f"{apart['psnr']:.1f}"
        lines.append(
            f"{runtime:22}{median * 1e3:10.2f}{least * 1e3:10.2f}{ratios[runtime]:8.2f}"
            f"{flops / least / 1e9:9.1f}{flops / least / peak:9.0%}"
            f"{psnr:>8}{apart['max_abs']:10.1e}"
        )
    return lines


def operations(version, inputs):
    """Floating-point operations of a call, as TensorFlow's profiler counts those of the graph."""
    import tensorflow as tf
    from tensorflow.python.framework import convert_to_constants
    from tensorflow.python.profiler import model_analyzer, option_builder

    loaded = tf.saved_model.load(str(version))
    function = tf.function(
        lambda **values: loaded.signatures["serving_default"](**values), autograph=False
    )
    specs = {name: tf.TensorSpec(value.shape, value.dtype) for name, value in inputs.items()}
    frozen = convert_to_constants.convert_variables_to_constants_v2(
        function.get_concrete_function(**specs)
    )
    counted = option_builder.ProfileOptionBuilder.float_operation()
    options = option_builder.ProfileOptionBuilder(counted).with_empty_output().build()
    return model_analyzer.profile(frozen.graph, options=options).total_float_ops


def peak_of():
    """FLOP/s of the best of some products of two square matrices of float32."""
    import tensorflow as tf

    matrix, least = tf.random.normal([SIDE, SIDE]), float("inf")
    for _ in range(50):
        began = time.perf_counter()
        tf.matmul(matrix, matrix).numpy()
        least = min(least, time.perf_counter() - began)
    return 2 * SIDE**3 / least


def _told(connection, name, threads, rounds):
    import tensorflow as tf

    tf.get_logger().setLevel("ERROR")
    tf.config.threading.set_intra_op_parallelism_threads(threads)
    tf.config.threading.set_inter_op_parallelism_threads(1)
    connection.send(measure(name, threads, rounds))


def main(arguments=None):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--variant", choices=(*exports(), "all"), default="pix2pix", help="a shipped export"
    )
    parser.add_argument("--rounds", type=int, default=40, help="calls of each; default: 40")
    options = parser.parse_args(arguments)
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
    context = multiprocessing.get_context("spawn")
    for name in exports() if options.variant == "all" else [options.variant]:
        for threads in (1, 2):
            print(f"before: {race.conditions()}", flush=True)
            ours, theirs = context.Pipe()
            process = context.Process(target=_told, args=(theirs, name, threads, options.rounds))
            process.start()
            theirs.close()
            try:
                print("\n".join(ours.recv()))
            except EOFError as error:
                raise RuntimeError(f"{name} failed; see above.") from error
            process.join()
            print(f"after:  {race.conditions()}\n", flush=True)


if __name__ == "__main__":
    main()
