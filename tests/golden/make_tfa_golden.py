"""Computes `tfa_golden.npz`: what TensorFlow Addons gave, for fixed inputs and weights.

TensorFlow Addons ended in May 2024 and cannot be imported beside Keras 3, so this script runs once,
in an environment of its own (Python 3.9 to 3.11):

    python3.11 -m venv /tmp/tfa
    /tmp/tfa/bin/pip install 'tensorflow-cpu==2.15.*' tensorflow-addons==0.23.0
    /tmp/tfa/bin/python tests/golden/make_tfa_golden.py

Each array is named `group/array`; `tests/layers/test_tfa_replacements.py` reads every group. Inputs
and weights are stored beside the results, so that no random generator has to stay the same.
"""

import pathlib

import numpy as np
import tensorflow as tf
import tensorflow_addons as tfa

OUTPUT = pathlib.Path(__file__).with_name("tfa_golden.npz")
random = np.random.RandomState(20240501)


def normal(*shape, scale=1.0, shift=0.0):
    """Float32 normal numbers of the given shape."""
    return (shift + scale * random.standard_normal(shape)).astype(np.float32)


def normalizations():
    """InstanceNormalization and GroupNormalization, on a batch whose images differ in scale."""
    x = normal(3, 5, 4, 6, scale=2.0, shift=0.7) * np.float32([0.1, 1, 10]).reshape(3, 1, 1, 1)
    gamma, beta = normal(6, shift=1.0), normal(6)
    result = {"x": x, "gamma": gamma, "beta": beta}
    for name, layer in {
        "instance": tfa.layers.InstanceNormalization(),
        "instance_1e-5": tfa.layers.InstanceNormalization(epsilon=1e-5),
        "group_3": tfa.layers.GroupNormalization(groups=3),
        "group_1": tfa.layers.GroupNormalization(groups=1),
    }.items():
        layer.build(x.shape)
        layer.set_weights([gamma, beta])
        result[name] = layer(x)
    return result


def spectral(layer, x, power_iterations):
    """Four calls in training, with an SGD step after each, then inference."""
    wrapper = tfa.layers.SpectralNormalization(layer, power_iterations=power_iterations)
    wrapper.build(x.shape)
    kernel, bias, u = (
        normal(*layer.kernel.shape),
        normal(*layer.bias.shape),
        normal(*wrapper.u.shape),
    )
    layer.set_weights([kernel, bias])
    wrapper.u.assign(u)
    result = {"x": x, "kernel": kernel, "bias": bias, "u": u, "inference_before": wrapper(x)}
    outputs = []
    for _ in range(4):
        with tf.GradientTape() as tape:
            y = wrapper(x, training=True)
            loss = tf.reduce_mean(tf.square(y))
        outputs.append(y)
        variables = [layer.kernel, layer.bias]
        gradients = tape.gradient(loss, variables)
        for i in range(2):
            variables[i].assign_sub(0.5 * gradients[i])
    return result | {
        "outputs": np.stack(outputs),
        "inference_after": wrapper(x, training=False),
        "kernel_after": layer.kernel,
        "u_after": wrapper.u,
    }


def spectral_zero():
    """A kernel of zeros, which TensorFlow Addons divides by its norm."""
    layer = tf.keras.layers.Dense(3, kernel_initializer="zeros")
    x = normal(2, 4)
    return {"x": x, "output": tfa.layers.SpectralNormalization(layer)(x, training=True)}


def optimizer(make, steps=6, **attributes):
    """A variable under a fixed list of gradients."""
    start, gradients = normal(4, 3), normal(steps, 4, 3)
    variable = tf.Variable(start)
    instance = make()
    path = []
    for gradient in gradients:
        instance.apply_gradients([(tf.constant(gradient), variable)])
        path.append(variable.numpy())
    result = {"start": start, "gradients": gradients, "path": np.stack(path)}
    if isinstance(instance, tfa.optimizers.MovingAverage):
        result["average"] = instance.get_slot(variable, "average")
    return result | {name: np.float64(value) for name, value in attributes.items()}


def moving_average(**keywords):
    """SGD with momentum under MovingAverage."""
    sgd = tf.keras.optimizers.legacy.SGD(0.1, momentum=0.9)
    return optimizer(lambda: tfa.optimizers.MovingAverage(sgd, average_decay=0.8, **keywords))


def maxout():
    x = normal(2, 6, 12)
    return {
        "x": x,
        "units_4": tfa.layers.Maxout(4)(x),
        "units_3_axis_1": tfa.layers.Maxout(3, 1)(x),
    }


def activations():
    x = np.linspace(-4, 4, 33, dtype=np.float32).reshape(3, 11)
    names = ["mish", "tanhshrink", "softshrink", "hardshrink", "lisht", "snake"]
    result = {name: getattr(tfa.activations, name)(x) for name in names}
    for approximate in (False, True):
        result[f"gelu_{approximate}"] = tfa.activations.gelu(x, approximate=approximate)
    return {"x": x} | result


def blur():
    x = normal(2, 9, 8, 3)
    return {
        "x": x,
        "reflect": tfa.image.gaussian_filter2d(x, (5, 3), (1.2, 0.8), padding="REFLECT"),
        "constant": tfa.image.gaussian_filter2d(x, (3, 5), (1.2, 0.8), padding="CONSTANT"),
    }


def warp():
    """Flows that stay inside, that end on pixels, and that leave the picture."""
    x, flow = normal(2, 6, 7, 3), normal(2, 6, 7, 2, scale=3.0)
    flow[0, :3] = np.round(flow[0, :3])
    points = random.uniform(-1, 7, (2, 11, 2)).astype(np.float32)
    return {
        "x": x,
        "flow": flow,
        "warped": tfa.image.dense_image_warp(x, flow),
        "points": points,
        "interpolated": tfa.image.interpolate_bilinear(x, points),
    }


def transform():
    x = normal(2, 7, 7, 3)
    matrix = np.float32([0.9, 0.2, 0.5, -0.1, 1.1, -0.7, 0, 0])
    result = {"x": x, "matrix": matrix}
    for name in ("nearest", "bilinear"):
        result[name] = tfa.image.transform(x, matrix, interpolation=name)
    return result | {"translated": tfa.image.translate(x, [2, -1])}


def pooling():
    x = normal(2, 6, 8, 3)
    return {
        "x": x,
        "average": tfa.layers.AdaptiveAveragePooling2D((3, 2))(x),
        "max": tfa.layers.AdaptiveMaxPooling2D((3, 2))(x),
    }


def attention():
    """Bahdanau and Luong attention of one query over a memory with padding."""
    memory, query = normal(2, 5, 4), normal(2, 6)
    lengths = np.int32([5, 3])
    result = {"memory": memory, "query": query, "lengths": lengths}
    bahdanau = tfa.seq2seq.BahdanauAttention(3, memory, lengths)
    luong = tfa.seq2seq.LuongAttention(6, memory, lengths)
    return result | {
        "bahdanau": bahdanau([query, tf.zeros((2, 5))])[0],
        "bahdanau_memory_kernel": bahdanau.memory_layer.kernel,
        "bahdanau_query_kernel": bahdanau.query_layer.kernel,
        "bahdanau_v": bahdanau.attention_v,
        "luong": luong([query, tf.zeros((2, 5))])[0],
        "luong_memory_kernel": luong.memory_layer.kernel,
    }


def sequence_loss():
    logits, targets = normal(3, 4, 5), random.randint(0, 5, (3, 4)).astype(np.int32)
    weights = np.float32([[1, 1, 1, 1], [1, 1, 0, 0], [1, 1, 1, 0]])
    return {
        "logits": logits,
        "targets": targets,
        "weights": weights,
        "mean": tfa.seq2seq.sequence_loss(logits, targets, weights),
        "per_step": tfa.seq2seq.sequence_loss(
            logits, targets, weights, average_across_timesteps=False, average_across_batch=False
        ),
    }


def multi_head():
    query, value = normal(2, 4, 6), normal(2, 5, 6)
    layer = tfa.layers.MultiHeadAttention(head_size=3, num_heads=2, output_size=6)
    output = layer([query, value])
    names = ["query_kernel", "key_kernel", "value_kernel", "projection_kernel", "projection_bias"]
    weights = {name: getattr(layer, name) for name in names}
    return {"query": query, "value": value, "output": output} | weights


def weight_normalization():
    """No counterpart in Keras: kept for the layer that the first such variant will bring."""
    x = normal(16, 5, scale=2.0, shift=0.5)
    result = {"x": x}
    kernel = normal(5, 3)
    for data_init in (False, True):
        layer = tfa.layers.WeightNormalization(tf.keras.layers.Dense(3), data_init=data_init)
        layer.build(x.shape)
        layer.v.assign(kernel)
        if data_init:
            layer._naked_clone_layer.kernel.assign(kernel)
        result[f"output_{data_init}"] = layer(x)
        result[f"g_{data_init}"] = layer.g
    return result | {"kernel": kernel}


def layer_norm_lstm():
    """No counterpart in Keras: kept for the layer that the first such variant will bring."""
    x = normal(2, 5, 3)
    cell = tfa.rnn.LayerNormLSTMCell(4)
    layer = tf.keras.layers.RNN(cell, return_sequences=True)
    layer.build(x.shape)
    weights = {v.name.split(":")[0].replace("/", "."): v for v in cell.weights}
    for variable in weights.values():
        variable.assign(normal(*variable.shape, scale=0.5, shift=0.3))
    return {"x": x, "output": layer(x)} | weights


def adamw():
    return optimizer(
        lambda: tfa.optimizers.AdamW(weight_decay=0.02, learning_rate=0.05, beta_1=0.5),
        weight_decay=0.02,
        learning_rate=0.05,
        beta_1=0.5,
    )


def main():
    """Runs every group and writes the file."""
    tf.keras.utils.set_random_seed(0)  # the initial weights of the attention layers
    dense, conv = tf.keras.layers.Dense(4), tf.keras.layers.Conv2D(4, 3, padding="same")
    groups = {
        "normalizations": normalizations(),
        "spectral_dense": spectral(dense, normal(3, 5), 1),
        "spectral_conv": spectral(conv, normal(2, 5, 5, 3), 3),
        "spectral_zero": spectral_zero(),
        "moving_average": moving_average(),
        "moving_average_start_1": moving_average(start_step=1),
        "moving_average_dynamic": moving_average(dynamic_decay=True),
        "adamw": adamw(),
        "maxout": maxout(),
        "activations": activations(),
        "blur": blur(),
        "warp": warp(),
        "transform": transform(),
        "pooling": pooling(),
        "attention": attention(),
        "sequence_loss": sequence_loss(),
        "multi_head": multi_head(),
        "weight_normalization": weight_normalization(),
        "layer_norm_lstm": layer_norm_lstm(),
    }
    arrays = {
        f"{g}/{name}": np.asarray(a) for g, items in groups.items() for name, a in items.items()
    }
    versions = {
        "tensorflow": tf.__version__,
        "tensorflow_addons": tfa.__version__,
        "numpy": np.__version__,
    }
    arrays |= {f"versions/{name}": np.array(value) for name, value in versions.items()}
    np.savez_compressed(OUTPUT, **arrays)
    print(f"{OUTPUT}: {len(arrays)} arrays, {OUTPUT.stat().st_size} bytes")


if __name__ == "__main__":
    main()
