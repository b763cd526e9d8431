"""Trains the toy model under a strategy; run as a process of its own by the tests.

python -m tests.distribution.worker mirrored|multi_worker RESULT.npz
"""

import sys

import keras
import numpy as np
import tensorflow as tf

from tests.toy import Toy, toy_data
from tfgan_zoo.layers.dropout import SeededDropout
from tfgan_zoo.models.translation.pix2pix import Pix2Pix
from tfgan_zoo.optimizers.adam import Adam

STEPS = 10


def make(strategy, normalise=False, optimizer=lambda: keras.optimizers.SGD(0.2)):
    keras.utils.set_random_seed(1)
    with strategy.scope():
        model = Toy(normalise=normalise)
        model.compile(generator=optimizer(), discriminator=optimizer())
    return model


def fit(model, strategy, data):
    """`fit` over arrays [steps, global batch, ...], of which each replica gets its part."""
    steps, global_batch = next(iter(data.values())).shape[:2]
    examples = {name: values.reshape(-1, *values.shape[2:]) for name, values in data.items()}

    def batches(context):
        # Replicas take consecutive parts of a global batch, workers in turn.
        part = tf.data.Dataset.from_tensor_slices(examples)
        part = part.batch(global_batch // context.num_replicas_in_sync, drop_remainder=True)
        return part.shard(context.num_input_pipelines, context.input_pipeline_id)

    history = model.fit(
        strategy.distribute_datasets_from_function(batches),
        steps_per_epoch=steps,
        shuffle=False,
        verbose=0,
    ).history
    return {name: float(np.mean(values[-1])) for name, values in history.items()}


def poison_last(array):
    """NaN in the last example of each global batch: in one replica's part."""
    array[:, -1] = np.nan


def local(strategy, value):
    return [v.numpy() for v in strategy.experimental_local_results(value)]


def flat(state):
    return np.concatenate([np.ravel(values) for values in state])


def scenarios(strategy):
    """Results by name."""
    results = {}
    model = make(strategy)
    logs = fit(model, strategy, toy_data(STEPS))
    results["weights"] = flat(model.state())
    results["logs"] = np.array([logs[name] for name in sorted(logs)])
    results["log_names"] = np.array(sorted(logs))

    # Plain descent at a rate of 1 with a bound of 0.1 on the gradients moves each player by 0.1.
    bounded = make(strategy, optimizer=lambda: keras.optimizers.SGD(1.0, global_clipnorm=0.1))
    before = flat(bounded.weights)
    fit(bounded, strategy, toy_data(1))
    results["bounded"] = flat(bounded.weights) - before
    if strategy.num_replicas_in_sync == 1:
        return results

    # Every replica holds the same weights.
    weight = model.generator.trainable_variables[0].value
    results["replica_weights"] = np.stack(local(strategy, weight))

    # One replica meets a number that is not finite: nobody moves, nothing is averaged.
    broken = fit(model, strategy, toy_data(3, real=poison_last))
    results["weights_after_broken"] = flat(model.state())
    results["skipped"] = np.array([broken["skipped"], broken["skipped_in_a_row"]])
    results["counters"] = np.array([model.step.numpy(), model.skipped.numpy()])
    results["broken_logs"] = np.array([broken[name] for name in sorted(broken)])

    # Each replica draws noise of its own.
    @tf.function
    def noise():
        def draw():
            step = model.begin_step()
            dropped = SeededDropout(0.5)(tf.ones([2, 64]), step.seed(), training=True)
            return tf.random.stateless_uniform([64], step.seed(1), alg="philox"), dropped

        return strategy.run(draw)

    for name, value in zip(("latents", "mask"), noise(), strict=True):
        results[f"noise_{name}"] = np.stack(local(strategy, value))

    # Adam, batch normalisation, loss scaling: the scale falls in all replicas, nothing else moves.
    keras.mixed_precision.set_dtype_policy("mixed_float16")
    model = make(
        strategy,
        normalise=True,
        optimizer=lambda: keras.optimizers.LossScaleOptimizer(Adam(0.01), initial_scale=256.0),
    )
    keras.mixed_precision.set_dtype_policy("float32")
    fit(model, strategy, toy_data(2))
    before, scale = flat(model.state()), model.optimizers["discriminator"].dynamic_scale.value
    results["scale_before"] = np.stack(local(strategy, scale))
    fit(model, strategy, toy_data(1, real=poison_last))
    results["scale_after"] = np.stack(local(strategy, scale))
    results["half_precision_moved"] = np.array(np.any(flat(model.state()) != before))
    fit(model, strategy, toy_data(1))
    results["half_precision_goes_on"] = np.array(np.any(flat(model.state()) != before))

    try:
        with strategy.scope():
            Toy().compile(generator=Adam(), discriminator=Adam(), jit_compile=True)
    except ValueError as error:
        results["refusal"] = np.array(str(error))
    return results


def variant(strategy):
    """Results of a whole variant, with Adam and dropout."""
    with strategy.scope():
        model = Pix2Pix((8, 8), generator_filters=2, discriminator_filters=2, patch=16)
        model.compile(generator=Adam(1e-3), discriminator=Adam(1e-3))
    images = np.random.default_rng(0).uniform(-1, 1, (2, 2, 8, 8, 3)).astype("float32")
    logs = fit(model, strategy, {"source": images, "target": images})
    weights = [local(strategy, variable.value) for variable in model.trainable_variables]
    return {
        "pix2pix_logs": np.array(list(logs.values())),
        "pix2pix_weights": np.stack([flat(replica) for replica in zip(*weights, strict=True)]),
    }


def main(kind, path):
    tf.config.threading.set_inter_op_parallelism_threads(4)
    if kind == "mirrored":
        [cpu] = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
        strategy = tf.distribute.MirroredStrategy(["CPU:0", "CPU:1"])
        np.savez(path, **scenarios(strategy), **variant(strategy))
    else:
        np.savez(path, **scenarios(tf.distribute.MultiWorkerMirroredStrategy()))


if __name__ == "__main__":
    main(*sys.argv[1:])
