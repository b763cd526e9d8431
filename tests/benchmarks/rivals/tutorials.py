"""GANs as the tutorials on tensorflow.org teach them, written anew from what they describe.

Layers of `keras.layers` in `Sequential` blocks, a `train_step` under `tf.function` with one tape
for each player, `BinaryCrossentropy(from_logits=True)` against tensors of ones and zeros, and
`keras.optimizers.Adam`.
"""

import keras
import tensorflow as tf
from keras import layers

from tests.benchmarks.project import random_batch

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


def initial():
    return keras.initializers.RandomNormal(0.0, 0.02)


def discriminator_loss(real_logits, fake_logits):
    real = cross_entropy(tf.ones_like(real_logits), real_logits)
    return real + cross_entropy(tf.zeros_like(fake_logits), fake_logits)


def adam():
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def downsample(filters, normalise=True):
    block = keras.Sequential()
    block.add(
        layers.Conv2D(filters, 4, 2, padding="same", kernel_initializer=initial(), use_bias=False)
    )
    if normalise:
        block.add(layers.BatchNormalization())
    block.add(layers.LeakyReLU())
    return block


def upsample(filters, dropout=False):
    block = keras.Sequential()
    block.add(
        layers.Conv2DTranspose(
            filters, 4, 2, padding="same", kernel_initializer=initial(), use_bias=False
        )
    )
    block.add(layers.BatchNormalization())
    if dropout:
        block.add(layers.Dropout(0.5))
    block.add(layers.ReLU())
    return block


def pix2pix_generator(image_size, filters):
    levels = image_size.bit_length() - 1
    widths = [filters * min(2**level, 8) for level in range(levels)]
    images = keras.Input((image_size, image_size, 3))
    features, skips = images, []
    for level, width in enumerate(widths):
        features = downsample(width, normalise=level > 0)(features)
        skips.append(features)
    for level, width in enumerate(reversed(widths[:-1])):
        features = upsample(width, dropout=level < 3)(features)
        features = layers.Concatenate()([features, skips[-2 - level]])
    drawn = layers.Conv2DTranspose(
        3, 4, 2, padding="same", kernel_initializer=initial(), activation="tanh"
    )(features)
    return keras.Model(images, drawn)


def pix2pix_discriminator(image_size, filters):
    source = keras.Input((image_size, image_size, 3))
    target = keras.Input((image_size, image_size, 3))
    features = layers.Concatenate()([source, target])
    for level in range(3):
        features = downsample(filters * 2**level, normalise=level > 0)(features)
    features = layers.ZeroPadding2D()(features)
    features = layers.Conv2D(filters * 8, 4, kernel_initializer=initial(), use_bias=False)(features)
    features = layers.BatchNormalization()(features)
    features = layers.LeakyReLU()(features)
    features = layers.ZeroPadding2D()(features)
    logits = layers.Conv2D(1, 4, kernel_initializer=initial())(features)
    return keras.Model([source, target], logits)


def pix2pix(image_size, batch_size, filters):
    generator = pix2pix_generator(image_size, filters)
    discriminator = pix2pix_discriminator(image_size, filters)
    generator_optimizer, discriminator_optimizer = adam(), adam()

    @tf.function
    def train_step(source, target):
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fake = generator(source, training=True)
            real_logits = discriminator([source, target], training=True)
            fake_logits = discriminator([source, fake], training=True)
            adversarial = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            generator_loss = adversarial + 100 * tf.reduce_mean(tf.abs(target - fake))
            loss = discriminator_loss(real_logits, fake_logits)
        weights = generator.trainable_variables
        gradients = generator_tape.gradient(generator_loss, weights)
        generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        weights = discriminator.trainable_variables
        gradients = discriminator_tape.gradient(loss, weights)
        discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return generator_loss

    batch = random_batch("pix2pix", image_size, batch_size)
    source, target = tf.constant(batch["source"]), tf.constant(batch["target"])
    return lambda: float(train_step(source, target))


def dcgan_generator(image_size, filters, latent_dim):
    doublings = image_size.bit_length() - 3
    width = filters * 2 ** (doublings - 1)
    net = keras.Sequential([keras.Input((latent_dim,))])
    net.add(layers.Dense(4 * 4 * width, use_bias=False, kernel_initializer=initial()))
    net.add(layers.Reshape((4, 4, width)))
    net.add(layers.BatchNormalization())
    net.add(layers.ReLU())
    for level in range(1, doublings):
        net.add(
            layers.Conv2DTranspose(
                width // 2**level,
                5,
                2,
                padding="same",
                use_bias=False,
                kernel_initializer=initial(),
            )
        )
        net.add(layers.BatchNormalization())
        net.add(layers.ReLU())
    net.add(
        layers.Conv2DTranspose(
            3, 5, 2, padding="same", activation="tanh", kernel_initializer=initial()
        )
    )
    return net


def dcgan_discriminator(image_size, filters):
    net = keras.Sequential([keras.Input((image_size, image_size, 3))])
    for level in range(image_size.bit_length() - 3):
        net.add(
            layers.Conv2D(
                filters * 2**level,
                5,
                2,
                padding="same",
                use_bias=level == 0,
                kernel_initializer=initial(),
            )
        )
        if level > 0:
            net.add(layers.BatchNormalization())
        net.add(layers.LeakyReLU())
    net.add(layers.Flatten())
    net.add(layers.Dense(1, kernel_initializer=initial()))
    return net


def dcgan(image_size, batch_size, filters, latent_dim=100):
    generator = dcgan_generator(image_size, filters, latent_dim)
    discriminator = dcgan_discriminator(image_size, filters)
    generator_optimizer, discriminator_optimizer = adam(), adam()

    @tf.function
    def train_step(real):
        latents = tf.random.normal([batch_size, latent_dim])
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fake = generator(latents, training=True)
            real_logits = discriminator(real, training=True)
            fake_logits = discriminator(fake, training=True)
            generator_loss = cross_entropy(tf.ones_like(fake_logits), fake_logits)
            loss = discriminator_loss(real_logits, fake_logits)
        weights = generator.trainable_variables
        gradients = generator_tape.gradient(generator_loss, weights)
        generator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        weights = discriminator.trainable_variables
        gradients = discriminator_tape.gradient(loss, weights)
        discriminator_optimizer.apply_gradients(zip(gradients, weights, strict=True))
        return generator_loss

    real = tf.constant(random_batch("dcgan", image_size, batch_size)["images"])
    return lambda: float(train_step(real))


def train_step(variant, **options):
    """The step of a variant by its name."""
    return {"pix2pix": pix2pix, "dcgan": dcgan}[variant](**options)
