"""A convolutional classifier of token sequences (Kim 2014, arXiv 1408.5882; Zhang & LeCun 2015,
arXiv 1502.01710) with a highway layer (Srivastava et al. 2015, arXiv 1505.00387).
"""

import keras

from tfgan_zoo.layers.dropout import TrainingDropout


def text_cnn(vocabulary, length, widths, filters, embedding=64, dropout=0.25, classes=2, name=None):
    """Logits `[B, classes]` of tokens int32 `[B, length]` and, for the dropout, a seed int32 [2].

    Args:
        vocabulary: number of tokens.
        length: tokens in a sequence, T.
        widths: of the convolutions, in tokens; each at most T.
        filters: how many of each width.
        embedding: size of a token's vector.
        dropout: share of the features that training sets to zero before the last layer.
        classes: number of logits.

    Raises:
        ValueError: if a width is longer than the sequences, or one has no number of filters.
    """
    if len(widths) != len(filters) or max(widths) > length:
        raise ValueError(
            f"Each of the widths {tuple(widths)} needs a number of filters, here {tuple(filters)}, "
            f"and none may be over {length}, the length of a sequence."
        )
    tokens = keras.Input([length], dtype="int32", name="tokens")
    seed = keras.Input(batch_shape=[2], dtype="int32", name="seed")
    spread = keras.initializers.RandomUniform(-1.0, 1.0)
    x = keras.layers.Embedding(vocabulary, embedding, embeddings_initializer=spread)(tokens)

    pooled = []
    for width, number in zip(widths, filters, strict=True):
        maps = keras.layers.Conv1D(
            number,
            width,
            activation="relu",
            kernel_initializer=_narrow(),
            bias_initializer=_slightly_on(),
        )(x)  # [B, T - width + 1, number]
        pooled.append(keras.layers.GlobalMaxPooling1D()(maps))
    x = keras.layers.Concatenate()(pooled) if len(pooled) > 1 else pooled[0]

    transformed = keras.layers.Dense(sum(filters), activation="relu", name="highway")(x)
    gate = keras.layers.Dense(sum(filters), activation="sigmoid", name="highway_gate")(x)
    carried = keras.layers.Multiply()([keras.ops.subtract(1.0, gate), x])
    x = keras.layers.Add()([keras.layers.Multiply()([gate, transformed]), carried])

    x = TrainingDropout(dropout)(x, seed)
    logits = keras.layers.Dense(
        classes,
        kernel_initializer=_narrow(),
        bias_initializer=_slightly_on(),
        dtype="float32",
        name="logits",
    )(x)
    return keras.Model([tokens, seed], logits, name=name)


def _narrow():
    return keras.initializers.TruncatedNormal(stddev=0.1)


def _slightly_on():
    return keras.initializers.Constant(0.1)
