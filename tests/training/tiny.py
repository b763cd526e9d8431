"""A model, data and a run small enough to be trained, killed and repeated many times."""

import dataclasses
import json
import os
import pathlib
import time

import keras
import numpy as np
import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.kinds import image
from tfgan_zoo.optimizers.adam import Adam
from tfgan_zoo.training import fit as engine
from tfgan_zoo.training import strategy as strategies
from tfgan_zoo.training.ema import averaged_weights
from tfgan_zoo.training.run_directory import RunDirectory, RunError
from tfgan_zoo.training.schedules import learning_rate
from tfgan_zoo.training.settings import Settings
from tfgan_zoo.training.task import Phase, Preview

SIZE = 8


class TinyGAN(Trained):
    """Pictures [B, 8, 8, 1] from latents [B, 4].

    Both players hold a Keras Dropout, whose seed generator is state; the generator holds a batch
    normalisation.
    """

    def __init__(self, seed=0):
        super().__init__(seed=seed, name="tiny")
        layers = keras.layers
        self.generator = keras.Sequential(
            [
                keras.Input((4,)),
                layers.Dense(16),
                layers.BatchNormalization(),
                layers.ReLU(),
                layers.Dropout(0.2, seed=1),
                layers.Dense(SIZE * SIZE, activation="tanh"),
                layers.Reshape((SIZE, SIZE, 1), dtype="float32"),
            ],
            name="generator",
        )
        self.discriminator = keras.Sequential(
            [
                keras.Input((SIZE, SIZE, 1)),
                layers.Flatten(),
                layers.Dense(16),
                layers.LeakyReLU(0.2),
                layers.Dropout(0.2, seed=2),
                layers.Dense(1, dtype="float32"),
            ],
            name="discriminator",
        )

    def call(self, latents):
        return self.generator(latents, training=False)

    def train_step(self, data):
        real = data["images"]
        step = self.begin_step()
        latents = tf.random.stateless_normal([tf.shape(real)[0], 4], step.seed())
        with tf.GradientTape(persistent=True) as tape:
            fake = self.generator(latents, training=True)
            real_logits = self.discriminator(real, training=True)
            fake_logits = self.discriminator(fake, training=True)
            discriminator_loss = tf.reduce_mean(
                tf.nn.softplus(-real_logits) + tf.nn.softplus(fake_logits)
            )
            generator_loss = tf.reduce_mean(tf.nn.softplus(-fake_logits))
        step.update(tape, discriminator=discriminator_loss, generator=generator_loss)
        return step.report(discriminator_loss=discriminator_loss, generator_loss=generator_loss)

    def warm_step(self, data):
        """A step of the discriminator alone, against noise."""
        step = self.begin_step()
        noise = tf.random.stateless_normal(tf.shape(data["images"]), step.seed(), alg="philox")
        with tf.GradientTape() as tape:
            real_logits = self.discriminator(data["images"], training=True)
            noise_logits = self.discriminator(noise, training=True)
            loss = tf.reduce_mean(tf.nn.softplus(-real_logits) + tf.nn.softplus(noise_logits))
        step.update(tape, discriminator=loss)
        return step.report(warm_loss=loss)


class Table:
    """Stands for the examples of `batches`, which draws them."""

    info = {"name": "tiny", "contents": lambda: {"a": "1"}}

    def __len__(self):
        return 100


def images(step, count):
    """float32 [count, 8, 8, 1] in [-1, 1], a function of the step and the position in it."""
    positions = tf.cast(step, tf.float32) * count + tf.range(count, dtype=tf.float32)
    pixels = tf.reshape(tf.range(SIZE * SIZE, dtype=tf.float32), [1, SIZE, SIZE, 1])
    return tf.sin(pixels * 0.1 + tf.reshape(positions, [-1, 1, 1, 1]) * 0.37)


def batches(batch_size=4, strategy=None, broken=()):
    """start_step -> endless dataset; the pictures of the steps in `broken` are not finite.

    Of a strategy's replicas each gets its consecutive share of the global batch.
    """
    replicas = strategy.num_replicas_in_sync if strategy else 1
    share = batch_size // replicas

    def begin(start):
        def pipeline(context=None):
            local = replicas // context.num_input_pipelines if context else 1
            first = context.input_pipeline_id * local if context else 0

            def batch(number):
                step, replica = number // local, first + number % local
                part = images(step, batch_size)[replica * share :][:share]
                bad = tf.reduce_any(tf.equal(step, tf.constant(list(broken), tf.int64)))
                return {
                    "images": tf.ensure_shape(
                        tf.where(bad, float("nan"), part), (share, SIZE, SIZE, 1)
                    )
                }

            return tf.data.Dataset.counter(start * local).map(batch, 2).prefetch(2)

        return strategy.distribute_datasets_from_function(pipeline) if strategy else pipeline()

    return begin


def build(
    *,
    seed=0,
    precision="float32",
    ema=0.0,
    steps_per_execution=1,
    rates=(2e-3, 2e-3),
    schedule="constant",
    total_steps=1,
    jit_compile=False,
):
    """A compiled TinyGAN. `rates` are those of generator and discriminator."""
    keras.utils.set_random_seed(seed)
    keras.mixed_precision.set_dtype_policy(precision)
    model = TinyGAN(seed)
    generator, discriminator = (learning_rate(r, schedule, total_steps) for r in rates)
    model.compile(
        generator=Adam(
            generator, beta_1=0.5, use_ema=ema > 0, ema_momentum=ema or 0.99, name="generator"
        ),
        discriminator=Adam(discriminator, beta_1=0.5, name="discriminator"),
        steps_per_execution=steps_per_execution,
        jit_compile=jit_compile,
    )
    keras.mixed_precision.set_dtype_policy("float32")
    return model


def fit(
    model,
    stream,
    *,
    run,
    total_steps,
    batch_size,
    draw=None,
    validate=None,
    extra_callbacks=(),
    warm_steps=0,
    **settings,
):
    """`training.fit.fit` of one phase, or of two of which the first, of half of the batch size,
    takes `warm_steps` by `warm_step`.
    """
    main = Phase("training", total_steps - warm_steps, batch_size=batch_size, batches=stream)
    warm = dataclasses.replace(
        main,
        name="warming",
        steps=warm_steps,
        method="warm_step",
        batch_size=batch_size // 2,
        batches=batches(batch_size // 2),
    )
    phases = [warm, main] if warm_steps else [main]
    return engine.fit(
        model,
        phases,
        run=run,
        settings=Settings(**settings),
        preview=draw,
        validate=validate,
        extra_callbacks=extra_callbacks,
    )


def drawing(model, latents=None):
    """The preview of a run: a grid of 4 samples, the samples, and real pictures."""
    latents = (
        np.random.default_rng(0).normal(size=(4, 4)).astype("f") if latents is None else latents
    )

    def draw():
        with averaged_weights(model):
            samples = model(latents).numpy()
        picture = image.square_grid(samples)
        return Preview(picture, samples, images(0, 4).numpy(), image.Image((SIZE, SIZE, 1)).spread)

    return draw


def brightness(model):
    """The `validate` of a run: a number that depends on all of the generator's weights."""

    def validate():
        with averaged_weights(model):
            return {"brightness": float(np.mean(model(np.ones((2, 4), "f"))))}

    return validate


def _variables(model):
    found = {name: getattr(model, name) for name in ("step", "skipped", "skipped_in_a_row")}
    found |= {f"model/{i}/{v.path}": v for i, v in enumerate(model.variables)}
    for player, optimizer in model.optimizers.items():
        found |= {f"{player}/{i}/{v.path}": v for i, v in enumerate(optimizer.variables)}
    return found


def state(model):
    """Every number that a run's future depends on: name -> array."""
    return {name: variable.numpy() for name, variable in _variables(model).items()}


def set_state(model, values):
    """Gives a model the numbers that `state` returned."""
    for name, variable in _variables(model).items():
        if name in values:
            variable.assign(values[name])


def begin(devices="one_device", config=None, model=None):
    """A deterministic process's model and strategy.

    Args:
        devices: name of the strategy; 'mirrored' makes two logical CPUs.
        config: TF_CONFIG, as a dict.
        model: options of `build`.
    """
    if config:
        os.environ["TF_CONFIG"] = json.dumps(config)
    tf.config.experimental.enable_op_determinism()
    if devices == "mirrored":
        (cpu,) = tf.config.list_physical_devices("CPU")
        tf.config.set_logical_device_configuration(
            cpu, [tf.config.LogicalDeviceConfiguration()] * 2
        )
    strategy = strategies.strategy(devices)
    with strategy.scope():
        return build(**(model or {})), strategy if devices != "one_device" else None


def run(
    adversary, strategy, directory, outcome, data=None, pause=0.0, extra_callbacks=(), **fitting
):
    """Trains with all that a run has, and writes what came of it.

    Args:
        directory: of the run.
        outcome: path of the .npz with the model's state and `stopped`, or of the .json with an
            error.
        data: options of `batches`.
        pause: seconds after each step, so that a signal finds the run under way on any machine.
        fitting: options of `fit`.
    """
    outcome = pathlib.Path(outcome)
    try:
        stopped = fit(
            adversary,
            batches(strategy=strategy, **(data or {})),
            run=RunDirectory(directory),
            batch_size=4,
            draw=drawing(adversary),
            validate=brightness(adversary),
            extra_callbacks=[
                *extra_callbacks,
                keras.callbacks.LambdaCallback(
                    on_train_batch_end=lambda batch, logs: time.sleep(pause)
                ),
            ],
            **fitting,
        )
    except RunError as error:
        outcome.with_suffix(".json").write_text(json.dumps(str(error)))
        return
    np.savez(outcome, stopped=-1 if stopped is None else stopped, **state(adversary))


def train(directory, outcome, *, devices="one_device", config=None, model=None, **options):
    """The program of a run, for a process of its own: `begin`, then `run`."""
    run(*begin(devices, config, model), directory, outcome, **options)
