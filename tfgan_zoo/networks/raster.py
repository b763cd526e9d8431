"""A net that tells each pixel from those before it, and draws pictures with it, one pixel after the
other.

A whole picture whose pixels are known goes through it at once. Where pixels are drawn, a net that
is asked anew for each of them does the same work hundreds of times: what it found out about earlier
pixels has not changed. `RasterNet.complete` keeps that, as PixelCNN's followers first did
(Ramachandran et al. 2017, arXiv 1704.06001): once for each row, what the rows above say to each of
its pixels; at each pixel, what those to its left say.

So each part of the net does its work in two ways that agree. A block has

- `call(streams, labels)`: `streams` = (v, h), features `[B, H, W, C]` of a whole picture, of which
  h may know what comes before its pixel and v the rows above alone; v is None in nets without a
  stack of its own for them;
- `memory(batch, width)`: what it keeps from row to row before the first row, a tuple of tensors;
- `begin_row(memory, v, labels)`: before a row, whose v is `[B, W, C]` -> (memory, v of its output,
  what the rows above say `[B, W, n]`);
- `left(batch)`: what it keeps from pixel to pixel at the left edge, a tuple of tensors;
- `pixel(h, left, said)`: at a pixel with h `[B, C]`, of what the rows above say `[B, n]` ->
  (h of its output, left, what the next rows need `[B, kept]` or None where `kept` is 0);
- `end_row(memory, kept)`: after a row, with all that was kept in it `[B, W, kept]` -> memory.
"""

import functools

import keras
import tensorflow as tf

from tfgan_zoo.layers.causal import CausalConv2D


class Block(keras.layers.Layer):
    """A block that keeps nothing; the others say what they do."""

    kept = 0

    def memory(self, batch, width):
        return ()

    def begin_row(self, memory, v, labels):
        raise NotImplementedError

    def left(self, batch):
        return ()

    def pixel(self, h, left, said):
        raise NotImplementedError

    def end_row(self, memory, kept):
        return memory


def batch_of(values):
    """Number of examples in `[B, ...]`: where it is known, as a number, which TFLite wants."""
    return tf.shape(values)[0] if values.shape[0] is None else values.shape[0]


def in_one_graph(method):
    """A model's method that draws pixel by pixel, as a `tf.function` where it is called eagerly:
    from Python an MNIST digit takes a hundred times as long.

    Inside another graph the method itself is called, so that shapes known there stay known.
    """
    traced = tf.function(method, autograph=False, reduce_retracing=True)

    @functools.wraps(method)
    def called(self, *arguments, **named):
        function = traced if tf.executing_eagerly() else method
        return function(self, *arguments, **named)

    return called


def pushed(values, new):
    """`values [B, n, ...]` with `new [B, ...]` behind them, and without the first."""
    return tf.concat([values[:, 1:], new[:, None]], axis=1)


@keras.saving.register_keras_serializable("tfgan_zoo")
class First(keras.layers.Layer):
    """The first convolution, of mask A: pictures to streams.

    Args:
        filters: channels of each stream.
        size: side of its square.
        colors: as of `CausalConv2D`.
        stacks: whether the rows above get a stream of their own, v; otherwise all is in h.
    """

    def __init__(self, filters, size=7, colors=1, stacks=False, **kwargs):
        super().__init__(**kwargs)
        self.filters, self.size, self.colors, self.stacks = filters, size, colors, stacks
        self.reach = size // 2
        part = "left" if stacks else "both"
        self.before = CausalConv2D(filters, size, "A", part, colors, name="before")
        self.rows = CausalConv2D(filters, size, "A", "above", name="rows") if stacks else None

    def build(self, input_shape):
        self.before.build(input_shape)
        if self.stacks:
            self.rows.build(input_shape)
        self.built = True

    def call(self, pixels):
        return (self.rows(pixels) if self.stacks else None), self.before(pixels)

    def begin_row(self, rows):
        """(v `[B, W, filters]` or None, what the rows above say to h `[B, W, filters]`) of the
        last rows of pixels `[B, reach, W, C]`.
        """
        return (self.rows.above_row(rows) if self.stacks else None), self.before.above_row(rows)

    def pixel(self, window, said):
        """h `[B, filters]` of a window of pixels `[B, reach + 1, C]` whose last is only known up to
        the colour that is drawn next.
        """
        return self.before.left_pixel(window) + said

    def get_config(self):
        names = ("filters", "size", "colors", "stacks")
        return {**super().get_config(), **{name: getattr(self, name) for name in names}}


@keras.saving.register_keras_serializable("tfgan_zoo")
class RasterNet(keras.Model):
    """A first convolution, blocks, and two layers of size 1 up to the parameters of each pixel.

    Args:
        shape: of a picture, (height, width, channels).
        first: `First`.
        blocks: list of `Block`s, all of whose channels are `first.filters`.
        numbers: parameters of a pixel.
        head: channels of the last hidden layer.
        colors: groups that the parameters come in, each for a colour that may depend on those of
            the same pixel before it.

    Call: pixels `[B, *shape]` in [-1, 1], and labels int32 `[B]` where the blocks have classes, to
    parameters float32 `[B, height, width, numbers]`, those of a pixel by the pixels before it.

    Raises:
        ValueError: for pictures that are smaller than what the first convolution looks at.
    """

    def __init__(self, shape, first, blocks, numbers, head=32, colors=1, name=None):
        super().__init__(name=name)
        self.shape, self.numbers, self.head, self.colors = tuple(shape), numbers, head, colors
        self.first, self.blocks = first, blocks
        if first.reach > min(self.shape[:2]):
            raise ValueError(
                f"The first square of {first.size} pixels reaches beyond pictures of "
                f"{self.shape[0]}x{self.shape[1]}: take a smaller one."
            )
        self.hidden = CausalConv2D(head, 1, "B", colors=colors, name="hidden")
        self.last = CausalConv2D(numbers, 1, "B", colors=colors, name="last", dtype="float32")
        self.first.build((None, *shape))
        features = (None, *shape[:2], first.filters)
        for block in blocks:
            block.build(features)
        self.hidden.build(features)
        self.last.build((None, *shape[:2], head))
        self.built = True

    def call(self, pixels, labels=None):
        streams = self.first(pixels)
        for block in self.blocks:
            streams = block(streams, labels)
        hidden = tf.nn.relu(self.hidden(tf.nn.relu(streams[1])))
        return self.last(hidden)

    def complete(self, pixels, given, draw, uniforms, labels=None):
        """Pictures whose first rows are given, and whose other pixels are drawn in their order.

        Args:
            pixels: float32 `[B, *shape]`; rows from `given` on are ignored.
            given: int32 `[]`, how many rows stay as they are.
            draw: (parameters `[B, numbers]`, uniforms `[B, n]`) -> a pixel `[B, C]`, of whose
                channels those before the one in question are as they were drawn.
            uniforms: float32 `[B, height, width, n]` in [0, 1).
            labels: as of the call.

        Returns:
            float32 `[B, *shape]`.
        """
        height, width, channels = self.shape
        by_row = [tf.transpose(values, [1, 2, 0, 3]) for values in (pixels, uniforms)]

        def row(number, drawn, memories):
            said, memories = self._begin_row(drawn[:, -self.first.reach :], memories, labels)
            known = [values[number] for values in by_row]
            new, kept = self._row(draw, said, number < given, *known)
            splits = tf.split(kept, [block.kept for block in self.blocks], axis=-1)
            memories = tuple(
                block.end_row(memory, own)
                for block, memory, own in zip(self.blocks, memories, splits, strict=True)
            )
            return number + 1, pushed(drawn, new), memories

        # Rows come in from below, so that the last are those above the row that is drawn; zeros
        # before the first. TensorArrays would be less to copy, and nothing that TFLite can run.
        blank = tf.zeros_like(pixels)
        memories = tuple(block.memory(batch_of(pixels), width) for block in self.blocks)
        state = (tf.constant(0), blank, memories)
        _, drawn, _ = tf.while_loop(lambda number, *_: number < height, row, state)
        return drawn

    def _begin_row(self, rows, memories, labels):
        """What the rows above say to each pixel of a row, `[W, B, n]` of each part; and the
        memories.
        """
        v, said = self.first.begin_row(rows)
        parts, found = [said], []
        for block, memory in zip(self.blocks, memories, strict=True):
            memory, v, said = block.begin_row(memory, v, labels)
            parts.append(said)
            found.append(memory)
        return [tf.transpose(part, [1, 0, 2]) for part in parts], tuple(found)

    def _row(self, draw, said, stays, pixels, uniforms):
        """The pixels of a row `[B, W, C]`, and what the next rows need of it `[B, W, n]`.

        Args:
            draw: as of `complete`.
            said: as `_begin_row` gives it.
            stays: whether `pixels` are the row.
            pixels, uniforms: of the row, `[W, B, ...]`.
        """
        width, channels = self.shape[1:]
        count = sum(block.kept for block in self.blocks)
        sizes = [part.shape[-1] for part in said]
        said = tf.concat(said, axis=-1)  # one look-up at each pixel instead of many

        def pixel(column, row, lefts, kept):
            parts = tf.split(said[column], sizes, axis=-1)
            given = pixels[column]
            known = tf.where(stays, given, 0.0)
            seen = row[:, -self.first.reach :]
            for color in range(self.colors):
                window = tf.concat([seen, known[:, None]], axis=1)
                h, after, found = self.first.pixel(window, parts[0]), [], []
                for block, left, part in zip(self.blocks, lefts, parts[1:], strict=True):
                    h, left, own = block.pixel(h, left, part)
                    after.append(left)
                    found += [] if own is None else [own]
                hidden = tf.nn.relu(self.hidden.point(tf.nn.relu(h)))
                drawn = draw(self.last.point(hidden), uniforms[column])
                if self.colors > 1:  # the later ones were drawn too early
                    drawn = tf.concat([known[:, :color], drawn[:, color : color + 1]], axis=1)
                    drawn = tf.pad(drawn, [[0, 0], [0, channels - color - 1]])
                known = tf.where(stays, given, drawn)
            if count:
                kept = pushed(kept, tf.concat(found, axis=-1))
            return column + 1, pushed(row, known), tuple(after), kept

        batch = batch_of(tf.transpose(pixels, [1, 0, 2]))
        row = tf.zeros([batch, width, channels])
        lefts = tuple(block.left(batch) for block in self.blocks)
        state = (tf.constant(0), row, lefts, tf.zeros([batch, width, count]))
        _, row, _, kept = tf.while_loop(lambda column, *_: column < width, pixel, state)
        return row, kept

    def get_config(self):
        serialize = keras.saving.serialize_keras_object
        return {
            "shape": self.shape,
            "first": serialize(self.first),
            "blocks": [serialize(block) for block in self.blocks],
            "numbers": self.numbers,
            "head": self.head,
            "colors": self.colors,
            "name": self.name,
        }

    @classmethod
    def from_config(cls, config):
        parts = {n: keras.saving.deserialize_keras_object(config[n]) for n in ("first", "blocks")}
        return cls(**{**config, **parts})
