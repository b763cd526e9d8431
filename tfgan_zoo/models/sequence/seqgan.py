"""SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient.

Yu et al. 2016, arXiv 1609.05473. Authors' code: github.com/LantaoYu/SeqGAN (sequence_gan.py,
generator.py, rollout.py, discriminator.py, at e2b52fb).

Tokens are discrete, so that no gradient of a discriminator reaches the generator through them.
SeqGAN takes the generator for a policy that chooses one token after the other and the
discriminator's verdict on the whole sequence for its reward, and climbs the policy gradient. What a
token was worth before the sequence is whole, rollouts tell: the policy completes the prefix many
times, and the mean verdict on what comes out is the token's reward.

What a shortcut would miss:
- the reward of a token is that of the prefix which ends in it: rollouts leave the prefix alone, and
  the last token's reward is the verdict on the sequence itself, without a rollout;
- rewards are constants: the probability of 'real', with the discriminator's dropout off;
- the loss is the sum over batch and time of -log p times the reward: no baseline, no mean, and a
  likely token is not spared; the bound of 5 on the gradient's norm makes a mean of it in effect;
- the generator is made ready by maximum likelihood and then the discriminator on its samples, each
  with an Adam of its own: moments of likelihood's small gradients would throw the policy's first
  steps far off, hence the player `pretraining`;
- the discriminator's negatives are drawn anew for each of its rounds, while the positives stay;
  it sees both three times before the next round;
- L2 of 0.2 is on the discriminator's last layer alone, its bias included, and a square counts half;
- it is measured on fresh samples under the oracle, not by data under the generator
  (`evaluate/text.py` takes both, since either alone can be fooled).

Departures, each with its reason:
- The paper delays the rollout policy behind the generator, at an update rate of 0.8. In the
  authors' code that has no effect: the graph of the rollouts is built once, from the generator's
  own variables, and what the update replaces is never run. So is it here: the current policy.
- A round of the discriminator is as large as the batch it is given: the authors' with a batch of
  all 10,000 positives, which on two cores is hours of work. The flagfiles say what they give.
- The discriminator's minibatches are of equal numbers of positives and negatives; the authors' are
  so on average, shuffled together.
- The generator's highest bias is not on forgetting and all its weights are N(0, 0.1), as theirs;
  their gates are twelve matrices, here two of the same distribution (Keras' cell).
- Texts shorter than T end in padding that counts as tokens do, as in theirs of real text.
"""

import tensorflow as tf

from tfgan_zoo.base import Trained
from tfgan_zoo.networks.text_cnn import text_cnn
from tfgan_zoo.networks.token_lstm import TokenLSTM

REAL = 1  # the discriminator's logit of 'real'


class SeqGAN(Trained):
    """SeqGAN.

    Three methods take a step, in this order of phases: `pretrain_step`, `discriminator_step`,
    `train_step`.

    Args:
        vocabulary: number of tokens.
        length: tokens in a sequence, T.
        start: the token that stands before the first one.
        units: size of the generator's LSTM.
        embedding: size of a token's vector in the generator.
        widths: of the discriminator's convolutions, in tokens; each at most `length`.
        filters: how many of each width.
        discriminator_embedding: size of a token's vector in the discriminator.
        dropout: share of the discriminator's features that its training sets to zero.
        l2: weight of half the squares of the discriminator's last layer.
        samples: sequences that the generator learns from in an adversarial step.
        rollouts: completions of each prefix of each of them.
        rounds: of the discriminator in an adversarial step.
        epochs: how often the discriminator sees the examples of a round.
        minibatch: examples of an update of the discriminator, half of them real; as many as there
            are where a round has fewer.
        seed: of the noise.

    Players: `generator` (in `train_step`), `pretraining` (the generator in `pretrain_step`) and
    `discriminator`. Data: `tokens`, int32 `[B, T]`.

    Raises:
        ValueError: for widths that do not fit the sequences, or on several devices.
    """

    players = ("generator", "discriminator", "pretraining")
    paper = {
        "title": "SeqGAN: Sequence Generative Adversarial Nets with Policy Gradient",
        "authors": "Yu, Zhang, Wang & Yu, AAAI 2017",
        "arxiv": "1609.05473",
        "code": "https://github.com/LantaoYu/SeqGAN",
    }

    def __init__(
        self,
        vocabulary=5000,
        length=20,
        start=0,
        units=32,
        embedding=32,
        widths=(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 15, 20),
        filters=(100, 200, 200, 200, 200, 100, 100, 100, 100, 100, 160, 160),
        discriminator_embedding=64,
        dropout=0.25,
        l2=0.2,
        samples=64,
        rollouts=16,
        rounds=5,
        epochs=3,
        minibatch=64,
        seed=0,
        name="seqgan",
    ):
        super().__init__(seed=seed, name=name)
        if self.distribute_strategy.num_replicas_in_sync > 1:
            raise ValueError(
                "SeqGAN trains on one device: the rounds of its discriminator are a loop, and "
                "TensorFlow cannot bring devices together inside one."
            )
        self.length, self.l2, self.rollouts = length, l2, rollouts
        self.samples, self.rounds, self.epochs = samples, rounds, epochs
        self.minibatch = minibatch
        self.generator = TokenLSTM(vocabulary, length, units, embedding, start, name="generator")
        self.discriminator = text_cnn(
            vocabulary,
            length,
            widths,
            filters,
            discriminator_embedding,
            dropout,
            name="discriminator",
        )

    def trained_layers(self, player):
        return [self.discriminator if player == "discriminator" else self.generator]

    def call(self, tokens):
        """Logits `[B, T, vocabulary]` of each token after those before it, from tokens `[B, T]`."""
        return self.generator(tokens)

    def probability_of_real(self, tokens):
        """The discriminator's verdict `[B]` on tokens `[B, T]`, without dropout."""
        logits = self.discriminator([tokens, tf.zeros([2], tf.int32)], training=False)
        return tf.nn.softmax(logits)[:, REAL]

    def rewards(self, tokens, seed):
        """What each token was worth: `[B, T]` in [0, 1], constants.

        Args:
            tokens: int32 `[B, T]`, sampled from the generator.
            seed: int32 [2], of the rollouts.
        """
        repeated = tf.repeat(tokens, self.rollouts, axis=0)  # [B * rollouts, T]

        def of_prefix(kept):
            own = tf.random.fold_in(seed, kept, alg="philox")
            completed = self.generator.complete(repeated, kept, own)
            verdicts = self.probability_of_real(completed)
            return tf.reduce_mean(tf.reshape(verdicts, [-1, self.rollouts]), axis=1)

        prefixes = tf.range(1, self.length)
        of_prefixes = tf.map_fn(of_prefix, prefixes, fn_output_signature=tf.float32)  # [T - 1, B]
        last = self.probability_of_real(tokens)
        return tf.stop_gradient(tf.transpose(tf.concat([of_prefixes, last[None]], axis=0)))

    def pretrain_step(self, data):
        """Maximum likelihood: the mean over batch and time of the tokens' -log p."""
        real = self.fields(data, "tokens")
        step = self.begin_step()
        with tf.GradientTape() as tape:
            likelihood_loss = -tf.reduce_mean(self.generator.log_probabilities(real))
        step.update(tape, pretraining=likelihood_loss)
        return step.report(likelihood_loss=likelihood_loss)

    def discriminator_step(self, data):
        """One round of the discriminator, whose positives are the batch."""
        real = self.fields(data, "tokens")
        step = self.begin_step()
        discriminator_loss, accuracy = self._train_discriminator(step, real, rounds=1)
        return step.report(discriminator_loss=discriminator_loss, accuracy=accuracy)

    def train_step(self, data):
        """One step of the policy gradient, then rounds of the discriminator with the batch for
        their positives.
        """
        real = self.fields(data, "tokens")
        step = self.begin_step()
        tokens = self.generator.sample(self.samples, step.seed(0))
        rewards = self.rewards(tokens, step.seed(1))
        with tf.GradientTape() as tape:
            generator_loss = policy_gradient_loss(self.generator.log_probabilities(tokens), rewards)
        step.update(tape, generator=generator_loss)

        discriminator_loss, accuracy = self._train_discriminator(step, real, self.rounds)
        return step.report(
            generator_loss=generator_loss,
            discriminator_loss=discriminator_loss,
            reward=tf.reduce_mean(rewards),
            accuracy=accuracy,
        )

    def _train_discriminator(self, step, real, rounds):
        """Rounds of the discriminator, each on the positives `real` and as many fresh negatives.

        Returns:
            Of the last minibatch: its loss, and the share of its examples judged right.
        """
        seed = step.seed(2)
        half = tf.minimum(self.minibatch // 2, tf.shape(real)[0])
        minibatches = tf.shape(real)[0] // half

        # The loops hand on what `step` remembers of its updates.
        def play(number, *memory):
            sampling, dropping = (tf.random.fold_in(seed, 2 * number + i, "philox") for i in (0, 1))
            fake = self.generator.sample(tf.shape(real)[0], sampling)

            def train(update, _loss, _accuracy, finite, _norm):
                step.finite = finite
                rows = tf.range(half) + update % minibatches * half
                tokens = tf.concat([tf.gather(real, rows), tf.gather(fake, rows)], axis=0)
                classes = tf.repeat([REAL, 1 - REAL], half)
                own = tf.random.fold_in(dropping, update, alg="philox")
                with tf.GradientTape() as tape:
                    logits = self.discriminator([tokens, own], training=True)
                    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(classes, logits)
                    last_layer = self.discriminator.get_layer("logits").trainable_variables
                    penalty = self.l2 * tf.add_n([tf.nn.l2_loss(weight) for weight in last_layer])
                    discriminator_loss = tf.reduce_mean(losses) + penalty
                step.update(tape, discriminator=discriminator_loss)
                right = tf.argmax(logits, 1, tf.int32) == classes
                accuracy = tf.reduce_mean(tf.cast(right, tf.float32))
                norm = step.gradient_norms["discriminator"]
                return update + 1, discriminator_loss, accuracy, step.finite, norm

            updates = self.epochs * minibatches
            _, *memory = tf.while_loop(lambda update, *_: update < updates, train, (0, *memory))
            return number + 1, *memory

        memory = (0.0, 0.0, step.finite, 0.0)
        _, *memory = tf.while_loop(lambda number, *_: number < rounds, play, (0, *memory))
        discriminator_loss, accuracy, step.finite, step.gradient_norms["discriminator"] = memory
        return discriminator_loss, accuracy


def policy_gradient_loss(log_probabilities, rewards):
    """REINFORCE (Williams 1992) as SeqGAN sums it: over batch and time, without a baseline.

    Args:
        log_probabilities, rewards: `[B, T]`, of the sampled tokens.
    """
    return -tf.reduce_sum(log_probabilities * rewards)
