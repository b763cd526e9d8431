"""WGAN: Wasserstein GAN.

Arjovsky, Chintala & Bottou, ICML 2017, arXiv 1701.07875. Authors' code:
github.com/martinarjovsky/WassersteinGAN (PyTorch).

A discriminator becomes a critic without a sigmoid, whose difference between real and generated
examples, over all functions of bounded slope, is their Wasserstein distance times that slope.
Clipping its weights bounds the slope. The better the critic is trained, the better the generator's
gradient, and the critic's loss says how far training has come.

What a shortcut would miss:
- every weight is clipped to [-0.01, 0.01], biases and the scales of normalisation too, before each
  critic step, as in the code, so that a trained weight may be over the bound by one step; on the
  last of them the generator learns;
- five critic steps on fresh minibatches of 64 for each step of the generator, but 100 for the first
  25 and every 500th: the authors' README says that the paper forgot to;
- RMSProp at 5e-5, without momentum, which does harm here, and with Torch's epsilon: Keras' would
  be larger than most of these small gradients;
- real and generated examples are two batches of the critic's normalisation;
- the loss is comparable for one critic and bound only, and is noisy: the authors' plots show its
  running median.

Departures:
- The 95 further minibatches of a step with 100 are drawn from those of the step, every example
  anew, with replacement, where the code reads on: a training step has one batch of fixed size. It
  works on one device.
- Batch normalisation draws with moving averages, where the code takes each batch's statistics:
  a picture must not depend on the others of its request.
- DCGAN's nets have 5x5 kernels and a dense last layer with a bias (code: 4x4 kernels, no biases,
  a last convolution).
"""

import tensorflow as tf

from tfgan_zoo.base import Trained, minibatches
from tfgan_zoo.losses.adversarial import wasserstein_critic_loss, wasserstein_generator_loss
from tfgan_zoo.networks.dcgan import dcgan_discriminator, dcgan_generator
from tfgan_zoo.networks.pictures import size_and_channels
from tfgan_zoo.networks.priors import Normal
from tfgan_zoo.regularizers.clipping import clip_weights, share_at_bound


class WGAN(Trained):
    """WGAN with the defaults of the authors' code.

    Args:
        shape: of an example: (side, side, channels) of a picture, whose side is a power of two of
            at least 16; anything where both nets are given.
        latent_dim: length of the latent (100).
        filters: width of the generator's last hidden layer and the critic's first (64).
        clip: c, the largest weight of the critic (0.01).
        critic_steps: for each step of the generator (5).
        long_critic_steps: the same for its first `long_steps` and then every `long_every`th (100,
            25 and 500; 0 steps, or every 0th, are none).
        generator, critic: nets in place of the paper's: latents `[B, latent_dim]` to examples, and
            these to scores `[B, 1]`; `filters` says nothing to them.
        seed: of the latents and of the examples drawn again in training.

    `train_step` takes `images [B, *shape]`, pictures in [-1, 1] or examples of any other shape. B
    is `critic_steps` minibatches, one for each.

    Raises:
        ValueError: for a shape that the paper's nets cannot draw, or long steps on several devices.
    """

    paper = {
        "title": "Wasserstein GAN",
        "authors": "Arjovsky, Chintala & Bottou, ICML 2017",
        "arxiv": "1701.07875",
        "code": "https://github.com/martinarjovsky/WassersteinGAN",
    }

    players = ("generator", "critic")

    def __init__(
        self,
        shape=(64, 64, 3),
        latent_dim=100,
        filters=64,
        clip=0.01,
        critic_steps=5,
        long_critic_steps=100,
        long_steps=25,
        long_every=500,
        generator=None,
        critic=None,
        seed=0,
        name="wgan",
    ):
        super().__init__(seed=seed, name=name)
        self.prior, self.clip = Normal(latent_dim), clip
        self.critic_steps, self.long_critic_steps = critic_steps, long_critic_steps
        self.long_steps, self.long_every = long_steps, long_every
        self.sometimes_longer = long_critic_steps > critic_steps and (long_steps or long_every)
        if self.sometimes_longer and self.distribute_strategy.num_replicas_in_sync > 1:
            raise ValueError(
                f"The steps with {long_critic_steps} critic steps work on one device only: switch "
                "them off with long_critic_steps=0."
            )
        self.generator = generator or dcgan_generator(
            *size_and_channels(shape), latent_dim, filters
        )
        self.critic = critic or dcgan_discriminator(
            *size_and_channels(shape), filters, name="critic"
        )

    def call(self, latents):
        """Examples `[B, *shape]` from latents `[B, latent_dim]`."""
        return self.generator(latents, training=False)

    def further_critic_steps(self, step):
        """How many critic steps beyond `critic_steps` the generator's step 0, 1, ... has; int32."""
        long = step < self.long_steps
        if self.long_every:
            long |= step % self.long_every == 0
        return tf.where(long, max(self.long_critic_steps - self.critic_steps, 0), 0)

    def realness(self, examples):
        """How real the critic takes examples to be, at inference: scores `[B, 1]`."""
        return self.critic(examples, training=False)

    def updates_in(self, player, steps):
        if player == "generator":
            return steps
        further = self.further_critic_steps(tf.range(steps))
        return steps * self.critic_steps + int(tf.reduce_sum(further))

    def train_step(self, data):
        real = self.fields(data, "images")
        step = self.begin_step()
        parts = minibatches(real, self.critic_steps)
        size = tf.shape(parts[0])[0]

        def train_critic(minibatch, seed):
            clip_weights(self.critic.trainable_variables, self.clip)
            fake = self.generator(self.prior.sample(size, seed), training=True)
            with tf.GradientTape() as tape:
                real_scores = self.critic(minibatch, training=True)
                fake_scores = self.critic(fake, training=True)
                critic_loss = wasserstein_critic_loss(real_scores, fake_scores)
            step.update(tape, critic=critic_loss)
            return critic_loss

        for number, minibatch in enumerate(parts):
            critic_loss = train_critic(minibatch, step.seed(number + 3))

        # The loop hands on what `step` remembers of its updates.
        def train_on_drawn(number, _loss, finite, _norm):
            step.finite = finite
            rows, noise = (tf.random.fold_in(step.seed(k), number, alg="philox") for k in (1, 2))
            rows = tf.random.stateless_uniform(
                [size], rows, 0, tf.shape(real)[0], tf.int32, alg="philox"
            )
            loss = train_critic(tf.gather(real, rows), noise)
            return number + 1, loss, step.finite, step.gradient_norms["critic"]

        if self.sometimes_longer:
            further = self.further_critic_steps(self.step.read_value())
            state = (0, critic_loss, step.finite, step.gradient_norms["critic"])
            state = tf.while_loop(lambda number, *_: number < further, train_on_drawn, state)
            _, critic_loss, step.finite, step.gradient_norms["critic"] = state

        with tf.GradientTape() as tape:
            fake = self.generator(self.prior.sample(size, step.seed(0)), training=True)
            generator_loss = wasserstein_generator_loss(self.critic(fake, training=True))
        step.update(tape, generator=generator_loss)

        return step.report(
            critic_loss=critic_loss,
            generator_loss=generator_loss,
            share_at_clip=share_at_bound(self.critic.trainable_variables, self.clip),
        )
