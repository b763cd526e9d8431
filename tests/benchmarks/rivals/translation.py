"""Updates of picture-to-picture variants as the tutorials on tensorflow.org write them.

The nets are the variant's own. What differs is all around them: one `tf.function`, a tape for each
player, `keras.losses.BinaryCrossentropy(from_logits=True)` against tensors of ones and zeros,
losses written out, and `keras.optimizers.Adam`.
"""

import keras
import tensorflow as tf

from tests.benchmarks import project

cross_entropy = keras.losses.BinaryCrossentropy(from_logits=True)


def real_or_fake(real_logits, fake_logits):
    real = cross_entropy(tf.ones_like(real_logits), real_logits)
    return real + cross_entropy(tf.zeros_like(fake_logits), fake_logits)


def deceive(fake_logits):
    return cross_entropy(tf.ones_like(fake_logits), fake_logits)


def adam():
    return keras.optimizers.Adam(2e-4, beta_1=0.5)


def apply(optimizer, tape, loss, *nets):
    weights = [weight for net in nets for weight in net.trainable_variables]
    gradients = tape.gradient(loss, weights)
    optimizer.apply_gradients(zip(gradients, weights, strict=True))


def decay(*nets):
    return 1e-5 * tf.add_n([tf.nn.l2_loss(w) for net in nets for w in net.trainable_variables])


def disco_gan(model):
    """One update of the discriminators on a third of the pictures, two of the generators."""
    ab, ba, a, b = (
        *(model.generator_ab, model.generator_ba),
        *(model.discriminator_a, model.discriminator_b),
    )
    generator_optimizer, discriminator_optimizer = adam(), adam()

    def features_and_verdict(net, real, fake):
        _, *real_features = net(real, training=True)
        logits, *fake_features = net(fake, training=True)
        matched = 0.0
        for one, other in zip(real_features, fake_features, strict=True):
            apart = tf.reduce_mean(one, 0) - tf.reduce_mean(other, 0)
            matched += tf.reduce_mean(tf.square(apart))
        return 0.1 * deceive(logits) + 0.9 * matched

    @tf.function
    def train_step(images_a, images_b):
        turns = list(zip(tf.split(images_a, 3), tf.split(images_b, 3), strict=True))
        real_a, real_b = turns[0]
        fake_b, fake_a = ab(real_a, training=True), ba(real_b, training=True)
        with tf.GradientTape() as tape:
            loss = decay(a, b)
            for net, real, fake in ((b, real_b, fake_b), (a, real_a, fake_a)):
                logits = net(real, training=True)[0], net(fake, training=True)[0]
                loss += 0.5 * real_or_fake(*logits)
        apply(discriminator_optimizer, tape, loss, a, b)
        for real_a, real_b in turns[1:]:
            with tf.GradientTape() as tape:
                fake_b, fake_a = ab(real_a, training=True), ba(real_b, training=True)
                again_a, again_b = ba(fake_b, training=True), ab(fake_a, training=True)
                game = features_and_verdict(b, real_b, fake_b)
                game += features_and_verdict(a, real_a, fake_a)
                again = tf.reduce_mean(tf.square(real_a - again_a))
                again += tf.reduce_mean(tf.square(real_b - again_b))
                loss = 0.99 * game + 0.01 * again / 4 + decay(ab, ba)
            apply(generator_optimizer, tape, loss, ab, ba)
        return loss

    return train_step


def dual_gan(model):
    """One update of the discriminators, two of the generators; a U-Net is handed its noise."""
    ab, ba, a, b = (
        *(model.generator_ab, model.generator_ba),
        *(model.discriminator_a, model.discriminator_b),
    )
    generator_optimizer, discriminator_optimizer = adam(), adam()

    def noise():
        return tf.random.uniform([2], maxval=2**31 - 1, dtype=tf.int32)

    @tf.function
    def train_step(real_a, real_b):
        fake_b, fake_a = ab([real_a, noise()], training=True), ba([real_b, noise()], training=True)
        with tf.GradientTape() as tape:
            loss = real_or_fake(a(real_a, training=True), a(fake_a, training=True))
            loss += real_or_fake(b(real_b, training=True), b(fake_b, training=True))
        apply(discriminator_optimizer, tape, loss, a, b)
        for _ in range(2):
            with tf.GradientTape() as tape:
                fake_b = ab([real_a, noise()], training=True)
                fake_a = ba([real_b, noise()], training=True)
                again_a = ba([fake_b, noise()], training=True)
                again_b = ab([fake_a, noise()], training=True)
                loss = deceive(b(fake_b, training=True)) + deceive(a(fake_a, training=True))
                loss += 20 * tf.reduce_mean(tf.abs(real_a - again_a))
                loss += 20 * tf.reduce_mean(tf.abs(real_b - again_b))
            apply(generator_optimizer, tape, loss, ab, ba)
        return loss

    return train_step


def star_gan(model):
    """Five updates of the critic, each on pictures of its own, and one of the generator."""
    generator, critic = model.generator, model.critic
    generator_optimizer, critic_optimizer = adam(), adam()

    def classes(attributes, logits):
        losses = tf.nn.sigmoid_cross_entropy_with_logits(attributes, logits)
        return tf.reduce_mean(tf.reduce_sum(losses, 1))

    def penalty(real, fake):
        share = tf.random.uniform([tf.shape(real)[0], 1, 1, 1])
        between = share * real + (1 - share) * fake
        with tf.GradientTape() as tape:
            tape.watch(between)
            scores, _ = critic(between, training=True)
        slopes = tape.gradient(scores, between)
        norms = tf.sqrt(tf.reduce_sum(tf.square(slopes), [1, 2, 3]) + 1e-12)
        return tf.reduce_mean(tf.square(norms - 1))

    @tf.function
    def train_step(images, attributes):
        for real, own in zip(tf.split(images, 5), tf.split(attributes, 5), strict=True):
            wanted = tf.random.shuffle(own)
            fake = generator([real, wanted], training=True)
            with tf.GradientTape() as tape:
                real_scores, logits = critic(real, training=True)
                fake_scores, _ = critic(fake, training=True)
                loss = tf.reduce_mean(fake_scores) - tf.reduce_mean(real_scores)
                loss += classes(own, logits) + 10 * penalty(real, fake)
            apply(critic_optimizer, tape, loss, critic)
        with tf.GradientTape() as tape:
            fake = generator([real, wanted], training=True)
            again = generator([fake, own], training=True)
            scores, logits = critic(fake, training=True)
            loss = classes(wanted, logits) - tf.reduce_mean(scores)
            loss += 10 * tf.reduce_mean(tf.abs(real - again))
        apply(generator_optimizer, tape, loss, generator)
        return loss

    return train_step


def srgan(model):
    """Both players from one pass."""
    generator, discriminator, features = model.generator, model.discriminator, model.features
    generator_optimizer, discriminator_optimizer = adam(), adam()

    @tf.function
    def train_step(source, target):
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            fake = generator(source, training=True)
            real_logits = discriminator(target, training=True)
            fake_logits = discriminator(fake, training=True)
            apart = features(target, training=False)[-1] - features(fake, training=False)[-1]
            generator_loss = tf.reduce_mean(tf.square(apart)) / 12.75**2
            generator_loss += 1e-3 * deceive(fake_logits)
            loss = real_or_fake(real_logits, fake_logits)
        apply(generator_optimizer, generator_tape, generator_loss, generator)
        apply(discriminator_optimizer, discriminator_tape, loss, discriminator)
        return generator_loss

    return train_step


def completion(model):
    """The discriminator first, then the completion net against it, from one drawing."""
    generator, discriminator = model.generator, model.discriminator
    generator_optimizer, discriminator_optimizer = adam(), adam()

    def noise():
        return tf.random.uniform([2], maxval=2**31 - 1, dtype=tf.int32)

    @tf.function
    def train_step(real):
        masks, others = model.draw_holes(real, noise()), model.draw_holes(real, noise())
        with tf.GradientTape() as generator_tape:
            drawn = generator([real, masks], training=True)
            fake = masks * drawn + (1 - masks) * real
            with generator_tape.stop_recording():
                with tf.GradientTape() as tape:
                    loss = real_or_fake(model.judge(real, others), model.judge(fake, masks))
                apply(discriminator_optimizer, tape, loss, discriminator)
            logits = model.judge(fake, masks)
            generator_loss = tf.reduce_mean(masks * tf.square(real - drawn))
            generator_loss -= 4e-4 * cross_entropy(tf.zeros_like(logits), logits)
        apply(generator_optimizer, generator_tape, generator_loss, generator)
        return generator_loss

    return train_step


STEPS = {
    "disco_gan": disco_gan,
    "dual_gan": dual_gan,
    "star_gan": star_gan,
    "srgan": srgan,
    "completion": completion,
}


def train_step(variant, image_size, batch_size, filters):
    """The step of a variant by its name."""
    step = STEPS[variant](project.build(variant, image_size, filters))
    batch = project.random_batch(variant, image_size, batch_size)
    values = [tf.constant(value) for value in batch.values()]
    return lambda: float(step(*values))
