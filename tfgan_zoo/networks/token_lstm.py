"""A language model of one LSTM: the probability of each next token, and sequences drawn from it."""

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("tfgan_zoo")
class TokenLSTM(keras.Model):
    """An embedding, one LSTM (Hochreiter & Schmidhuber 1997) and a linear layer to all tokens.

    Args:
        vocabulary: number of tokens.
        length: tokens in a sequence, T.
        units: size of the LSTM's state.
        embedding: size of a token's vector.
        start: the token that stands before the first one.
        deviation: of the normal distribution that all weights and biases start from.

    Call: `model(tokens [B, T], temperature=1.0)` -> logits float32 `[B, T, vocabulary]`; those at t
    depend on the tokens before t alone.
    """

    def __init__(
        self, vocabulary, length, units=32, embedding=32, start=0, deviation=0.1, name=None
    ):
        super().__init__(name=name)
        self.vocabulary, self.length, self.start = vocabulary, length, start
        self.units, self.embedding_size, self.deviation = units, embedding, deviation

        def normal():
            return keras.initializers.RandomNormal(stddev=deviation)

        self.embedding = keras.layers.Embedding(
            vocabulary, embedding, embeddings_initializer=normal(), name="embedding"
        )
        self.cell = keras.layers.LSTMCell(
            units,
            kernel_initializer=normal(),
            recurrent_initializer=normal(),
            bias_initializer=normal(),
            unit_forget_bias=False,
            seed=0,  # of dropout, which it has none of; without one it draws a seed to keep
            name="cell",
        )
        self.projection = keras.layers.Dense(
            vocabulary, kernel_initializer=normal(), bias_initializer=normal(), name="projection"
        )
        self.embedding.build([None])
        self.cell.build([None, embedding])
        self.projection.build([None, units])
        self.built = True

    def get_config(self):
        return {
            "vocabulary": self.vocabulary,
            "length": self.length,
            "units": self.units,
            "embedding": self.embedding_size,
            "start": self.start,
            "deviation": self.deviation,
            "name": self.name,
        }

    def first_state(self, count):
        """The state (hidden, cell), `[count, units]` each, before a sequence."""
        return tuple(tf.zeros([count, self.units], self.compute_dtype) for _ in range(2))

    def read(self, tokens, state):
        """The state after the tokens int32 `[B]`."""
        _, state = self.cell(self.embedding(tokens), state)
        return tuple(state)

    def logits_of(self, state, temperature=1.0):
        """Logits float32 `[B, vocabulary]` of the next token; at a temperature below 1 likely
        tokens become likelier still.
        """
        return tf.cast(self.projection(state[0]), tf.float32) / temperature

    def call(self, tokens, temperature=1.0):
        state = self.first_state(tf.shape(tokens)[0])
        before = tf.fill([tf.shape(tokens)[0]], self.start)
        hidden = []
        for position in range(self.length):
            state = self.read(before, state)
            hidden.append(state[0])
            before = tokens[:, position]
        logits = self.projection(tf.stack(hidden, 1))
        return tf.cast(logits, tf.float32) / temperature

    def log_probabilities(self, tokens, temperature=1.0):
        """Logarithm float32 `[B, T]` of the probability of each token after those before it."""
        logits = self(tokens, temperature=temperature)
        return -tf.nn.sparse_softmax_cross_entropy_with_logits(labels=tokens, logits=logits)

    def sample(self, count, seed, temperature=1.0):
        """Sequences int32 `[count, T]` drawn token by token from a seed int32 [2]."""
        return self.complete(tf.zeros([count, self.length], tf.int32), 0, seed, temperature)

    def complete(self, tokens, kept, seed, temperature=1.0):
        """Sequences int32 `[B, T]` that begin as the given ones do; the rest is drawn.

        Args:
            tokens: int32 `[B, T]`; those from position `kept` on are ignored.
            kept: how many tokens of each stay, from 0 to T.
            seed: int32 [2], of the drawn tokens.
            temperature: above 0.
        """
        count = tf.shape(tokens)[0]
        written = tf.TensorArray(tf.int32, self.length, element_shape=[tokens.shape[0]])

        def keep(position, before, state, written):
            token = tokens[:, position]
            return position + 1, token, self.read(before, state), written.write(position, token)

        def draw(position, before, state, written):
            state = self.read(before, state)
            own = tf.random.fold_in(seed, position, alg="philox")
            logits = self.logits_of(state, temperature)
            token = tf.random.stateless_categorical(logits, 1, own, tf.int32)[:, 0]
            return position + 1, token, state, written.write(position, token)

        loop = (tf.constant(0), tf.fill([count], self.start), self.first_state(count), written)
        loop = tf.while_loop(lambda position, *_: position < kept, keep, loop)
        loop = tf.while_loop(lambda position, *_: position < self.length, draw, loop)
        return tf.ensure_shape(tf.transpose(loop[3].stack()), tokens.shape)
