"""Updates of picture-to-picture variants as the tutorials on tensorflow.org write them.

The nets are the variant's own. What differs is all around them: one `tf.function`, a tape for each
player, `keras.losses.BinaryCrossentropy(from_logits=True)` against tensors of ones and zeros,
losses written out, and `keras.optimizers.Adam`.
"""

import keras
import tensorflow as tf

from tests.benchmarks import project
from tfgan_zoo.layers.warping import warp

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


def noise():
    """A seed of a layer that draws."""
    return tf.random.uniform([2], maxval=2**31 - 1, dtype=tf.int32)


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


def mean_square(values, goal):
    return tf.reduce_mean(tf.square(values - goal))


def matched(real_maps, fake_maps):
    """Features of discriminators, all but the last map of each scale."""
    total = 0.0
    for real, fake in zip(real_maps, fake_maps, strict=True):
        for wanted, found in zip(real[:-1], fake[:-1], strict=True):
            apart = tf.reduce_mean(tf.abs(tf.stop_gradient(wanted) - found))
            total += 4.0 / (len(real) - 1) / len(real_maps) * apart
    return total


def perceived(features, real, fake):
    wanted, found = features(real, training=False), features(fake, training=False)
    weights = (1 / 32, 1 / 16, 1 / 8, 1 / 4, 1.0)[-len(wanted) :]
    parts = zip(weights, wanted, found, strict=True)
    return tf.add_n([w * tf.reduce_mean(tf.abs(tf.stop_gradient(a) - b)) for w, a, b in parts])


def spgan(model):
    """Both translators, then both discriminators, then the embedding of who is who."""
    ab, ba, a, b = (
        *(model.generator_ab, model.generator_ba),
        *(model.discriminator_a, model.discriminator_b),
    )
    embedding, optimizers = model.embedding, (adam(), adam(), adam())

    def alike(*pairs):
        found = [[embedding([x, noise()], training=True) for x in pair] for pair in pairs]
        apart = [tf.reduce_sum(tf.square(one - other), -1) for one, other in found]
        far = tf.nn.relu(2.0 - tf.sqrt(apart[2] + 1e-12))
        pulled = tf.reduce_mean(apart[0]) + tf.reduce_mean(apart[1])
        return (pulled + 2.0 * tf.reduce_mean(tf.square(far))) / 4

    @tf.function
    def train_step(real_a, real_b):
        with tf.GradientTape() as tape:
            fake_b, fake_a = ab(real_a, training=True), ba(real_b, training=True)
            again_a, again_b = ba(fake_b, training=True), ab(fake_a, training=True)
            same_a, same_b = ba(real_a, training=True), ab(real_b, training=True)
            generator_loss = mean_square(b(fake_b, training=True), 1.0)
            generator_loss += mean_square(a(fake_a, training=True), 1.0)
            generator_loss += 10 * tf.reduce_mean(tf.abs(real_a - again_a))
            generator_loss += 10 * tf.reduce_mean(tf.abs(real_b - again_b))
            generator_loss += 5 * tf.reduce_mean(tf.abs(real_a - same_a))
            generator_loss += 5 * tf.reduce_mean(tf.abs(real_b - same_b))
            generator_loss += 2 * alike((real_a, fake_b), (real_b, fake_a), (real_a, real_b))
        apply(optimizers[0], tape, generator_loss, ab, ba)
        shown_a, shown_b = model.pool_a(fake_a, noise()), model.pool_b(fake_b, noise())
        with tf.GradientTape() as tape:
            loss = 0.0
            for net, real, shown in ((a, real_a, shown_a), (b, real_b, shown_b)):
                loss += 0.5 * mean_square(net(real, training=True), 1.0)
                loss += 0.5 * mean_square(net(shown, training=True), 0.0)
        apply(optimizers[1], tape, loss, a, b)
        with tf.GradientTape() as tape:
            loss = alike((real_a, fake_b), (real_b, fake_a), (real_a, real_b))
        apply(optimizers[2], tape, loss, embedding)
        return generator_loss

    return train_step


def lsro(model):
    """Real pictures by their label, generated ones alike for everybody; a pass for each."""
    classifier, optimizer = model.classifier, adam()
    cross = keras.losses.CategoricalCrossentropy(from_logits=True, reduction="sum")

    @tf.function
    def train_step(images, labels, generated):
        with tf.GradientTape() as tape:
            real = classifier([images, noise()], training=True)["logits"]
            drawn = classifier([generated, noise()], training=True)["logits"]
            count = real.shape[1]
            loss = cross(tf.one_hot(labels, count), real)
            loss += cross(tf.fill(tf.shape(drawn), 1.0 / count), drawn)
            loss /= tf.cast(tf.shape(real)[0] + tf.shape(drawn)[0], tf.float32)
            kernels = [w for w in classifier.trainable_variables if w.name == "kernel"]
            loss += 1e-4 * tf.add_n([tf.nn.l2_loss(w) for w in kernels])
        apply(optimizer, tape, loss, classifier)
        return loss

    return train_step


def pix2pix_hd(model):
    """The last phase: all of the generator at full size, and the discriminators, from one pass."""
    generator_optimizer, discriminator_optimizer = adam(), adam()
    generator, discriminators = (model.global_generator, model.enhancer), model.discriminators

    def judged(conditions, images):
        seen, found = tf.concat([conditions, images], -1), []
        for net in discriminators:
            found.append(net(seen, training=True))
            seen = model.half(seen)
        return found

    @tf.function
    def train_step(source, target, instances):
        conditions, styles = model.conditions_and_styles(source, target, instances, False)
        taken = tf.concat([conditions, styles], -1)
        with tf.GradientTape() as generator_tape, tf.GradientTape() as discriminator_tape:
            coarse = model.global_generator(model.half(taken), training=True)
            fake = model.enhancer([taken, coarse], training=True)
            real_maps, fake_maps = judged(conditions, target), judged(conditions, fake)
            generator_loss = 10 * matched(real_maps, fake_maps)
            generator_loss += 10 * perceived(model.features, target, fake)
            loss = 0.0
            for real, drawn in zip(real_maps, fake_maps, strict=True):
                generator_loss += mean_square(drawn[-1], 1.0)
                loss += 0.5 * (mean_square(real[-1], 1.0) + mean_square(drawn[-1], 0.0))
        apply(generator_optimizer, generator_tape, generator_loss, *generator)
        apply(discriminator_optimizer, discriminator_tape, loss, *discriminators)
        return generator_loss

    return train_step


def vid2vid(model):
    """A clip frame by frame, each from those drawn before it; then the game in time."""
    generator_optimizer, discriminator_optimizer, temporal_optimizer = adam(), adam(), adam()

    def verdicts(net, real, fake):
        real_maps, fake_maps = net(real, training=True), net(fake, training=True)
        game, loss = 10 * matched(real_maps, fake_maps), 0.0
        for wanted, found in zip(real_maps, fake_maps, strict=True):
            game += mean_square(found[-1], 1.0)
            loss += 0.5 * (mean_square(wanted[-1], 1.0) + mean_square(found[-1], 0.0))
        return game, loss

    def off(found, wanted, mask):
        return tf.reduce_mean(tf.abs(found - tf.stop_gradient(wanted)) * mask)

    @tf.function
    def train_step(source, target, motion):
        length = source.shape[1]
        blank = tf.zeros_like(target[:, 0])
        past, fakes = [blank, blank], []
        generator_loss = loss = temporal_loss = 0.0
        with (
            tf.GradientTape() as generator_tape,
            tf.GradientTape() as discriminator_tape,
            tf.GradientTape() as temporal_tape,
        ):
            for t in range(length):
                labels, real = source[:, t], target[:, t]
                seen = tf.concat([source[:, max(t - 2, 0)], source[:, max(t - 1, 0)], labels], -1)
                began = tf.fill(tf.shape(labels[..., :1]), float(t > 0))
                made = model.frame(seen, tf.concat(past, -1), began, training=True)
                for drawn in (made["fake"], made["raw"]):
                    pairs = tf.concat([labels, real], -1), tf.concat([labels, drawn], -1)
                    game, lost = verdicts(model.discriminator, *pairs)
                    loss += lost / length
                    generator_loss += game / length
                    generator_loss += 10 * perceived(model.features, real, drawn) / length
                if t:
                    flow, trusted, share = motion[:, t, ..., :2], motion[:, t, ..., 2:], length - 1
                    moved = warp(target[:, t - 1], made["flow"])
                    generator_loss += 10 * off(made["flow"], flow, trusted) / share
                    generator_loss += 10 * off(moved, real, trusted) / share
                    generator_loss += off(made["mask"], 0.0, trusted) / share
                    kept = warp(past[-1], flow)
                    generator_loss += 10 * off(made["fake"], kept, trusted) / share
                past = [past[-1], tf.stop_gradient(made["fake"])]
                fakes.append(made["fake"])
            for t in range(2, length):
                flows = [motion[:, t - back, ..., :2] / model.flow_scale for back in (1, 0)]
                before = [tf.stop_gradient(fake) for fake in fakes[t - 2 : t]]
                real = tf.concat([*tf.unstack(target[:, t - 2 : t + 1], axis=1), *flows], -1)
                fake = tf.concat([*before, fakes[t], *flows], -1)
                game, lost = verdicts(model.temporal_1, real, fake)
                generator_loss += game / (length - 2)
                temporal_loss += lost / (length - 2)
        apply(generator_optimizer, generator_tape, generator_loss, model.generator)
        apply(discriminator_optimizer, discriminator_tape, loss, model.discriminator)
        apply(temporal_optimizer, temporal_tape, temporal_loss, model.temporal_1)
        return generator_loss

    return train_step


STEPS = {
    "disco_gan": disco_gan,
    "dual_gan": dual_gan,
    "star_gan": star_gan,
    "srgan": srgan,
    "completion": completion,
    "spgan": spgan,
    "lsro": lsro,
    "pix2pix_hd": pix2pix_hd,
    "vid2vid": vid2vid,
}


def train_step(variant, image_size, batch_size, filters):
    """The step of a variant by its name."""
    step = STEPS[variant](project.build(variant, image_size, filters))
    batch = project.random_batch(variant, image_size, batch_size)
    values = [tf.constant(value) for value in batch.values()]
    return lambda: float(step(*values))
