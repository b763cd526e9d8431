"""From the table of examples to batches for training and for evaluation.

The position in the training stream is the step number: step k takes the global positions
[kB, (k+1)B) of an endless sequence, position p is slot p % N of epoch p // N, and what happens at a
position follows from (seed, position) alone. A run that starts at step k therefore sees what an
uninterrupted one would, and several workers or replicas see the parts of one global batch.
"""

from __future__ import annotations

import atexit
import functools
import threading
import time
from collections.abc import Sequence

import numpy as np
import tensorflow as tf

from tfgan_zoo.data.errors import DataError
from tfgan_zoo.data.examples import Examples
from tfgan_zoo.kinds.kind import KindError

# Streams of random words under one seed.
_ORDER, _AUGMENT = 0, 1
# Batches made ahead. Few, so that streams that nobody reads any more come to rest at once.
_AHEAD = 4


def train_batches(
    examples: Examples,
    *,
    global_batch_size: int,
    seed: int,
    start_step: int = 0,
    num_replicas: int = 1,
    num_pipelines: int = 1,
    pipeline_id: int = 0,
    crop_size: tuple[int, int] | None = None,
    flip: bool = False,
    fields: Sequence[str] | None = None,
) -> tf.data.Dataset:
    """The endless training stream of one input pipeline.

    Every epoch visits each example once, in an order of its own. A crop (the jitter of pix2pix:
    load larger, crop at a random place) and a flip left to right (every other time) hit all
    pictures of one example alike. What these do to a field is its kind's to say.

    Args:
        examples: the table.
        global_batch_size: B, examples in a step over all replicas.
        seed: from 0 to 2**63 - 1.
        start_step: the step that the first batch belongs to.
        num_replicas: replicas over all workers; each gets B / num_replicas examples a step.
        num_pipelines: workers that read for themselves.
        pipeline_id: which of them this is. It yields, for each step, one batch for each of its
            replicas in order.
        crop_size: `(height, width)` of the random crop; None takes the pictures whole.
        flip: whether to flip.
        fields: which fields to deliver; all when None.

    Returns:
        `tf.data.Dataset` of `{field: tensor [b, *shape]}` as the field's kind normalises it:
        pictures `float32 [b, h, w, C]` in [-1, 1], classes `int32 [b]`, points `float32 [b, D]`,
        tokens `int32 [b, T]`.

    Raises:
        ValueError: if the numbers do not fit together.
    """
    fields = _chosen(examples, fields)
    count = len(examples)
    if count < 1:
        raise ValueError("There are no examples to train on.")
    if num_replicas < 1 or global_batch_size < 1 or global_batch_size % num_replicas:
        raise ValueError(
            f"The global batch of {global_batch_size} cannot be shared evenly by "
            f"{num_replicas} replicas: choose a multiple of {num_replicas}."
        )
    if num_replicas % num_pipelines or not 0 <= pipeline_id < num_pipelines:
        raise ValueError(
            f"Pipeline {pipeline_id} of {num_pipelines} cannot serve its share of "
            f"{num_replicas} replicas."
        )
    if start_step < 0 or not 0 <= seed < 2**63:
        raise ValueError(f"start_step={start_step} and seed={seed} must not be negative.")
    kinds = {name: examples.fields[name] for name in fields}
    try:
        delivered = {n: k.cropped(crop_size) if crop_size else k for n, k in kinds.items()}
    except KindError as error:
        raise ValueError(str(error)) from error
    local = num_replicas // num_pipelines
    batch_size = global_batch_size // num_replicas

    # Of the epoch that ends and the one that begins. (tf.random.experimental.index_shuffle needs no
    # memory, but its orders return after 256 epochs and it is slow for few examples.)
    order = functools.lru_cache(maxsize=2)(functools.partial(_order, seed, count))

    def read(number):
        step, replica = divmod(int(number), local)
        first = step * global_batch_size + (pipeline_id * local + replica) * batch_size
        positions = range(first, first + batch_size)
        batch = examples.fetch(np.array([order(p // count)[p % count] for p in positions]))
        words = _words(seed, _AUGMENT, [first, 0], batch_size)
        # The same words for all fields: what is cropped or flipped is so in all alike.
        return {n: k.augment(batch[n], words, crop_size, flip) for n, k in kinds.items()}

    def batch(number):
        return _call(read, number, delivered, batch_size)

    numbers = tf.data.Dataset.counter(start=start_step * local, dtype=tf.int64)
    return _until_exit(numbers).map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(_AHEAD)


def eval_batches(
    examples: Examples, batch_size: int, fields: Sequence[str] | None = None
) -> tf.data.Dataset:
    """All examples once, in order, whole; the last batch may be shorter.

    Args:
        examples: the table, opened at the size that the model takes.
        batch_size: examples in a batch.
        fields: which fields to deliver; all when None.

    Returns:
        finite `tf.data.Dataset` with the elements of `train_batches`.
    """
    fields = _chosen(examples, fields)
    if batch_size < 1:
        raise ValueError(f"batch_size={batch_size} must be at least 1.")
    kinds = {name: examples.fields[name] for name in fields}

    def batch(indices):
        return _call(examples.fetch, indices, kinds, None)

    indices = tf.data.Dataset.range(len(examples)).batch(batch_size)
    return _until_exit(indices).map(batch, num_parallel_calls=tf.data.AUTOTUNE).prefetch(_AHEAD)


def _chosen(examples, fields) -> list[str]:
    fields = list(examples.fields if fields is None else fields)
    unknown = [name for name in fields if name not in examples.fields]
    if unknown or not fields:
        raise ValueError(f"No fields {unknown}: the examples have {', '.join(examples.fields)}.")
    return fields


class _Exit:
    """Brings the streams to rest before Python ends.

    TensorFlow makes batches ahead on its own threads. A thread that calls Python while Python ends
    never returns, and the process, which waits for it, would hang. So at exit, while Python still
    works, every stream is told that it is over, and the exit waits for the calls under way.
    """

    def __init__(self):
        self._ending = False
        self._under_way = 0
        self._last = None
        self._lock = threading.Lock()
        atexit.register(self._end)

    def not_yet(self):
        """Whether a stream may go on; asked before each batch."""
        self._last = time.monotonic()
        return not self._ending

    def __enter__(self):
        with self._lock:
            self._under_way += 1

    def __exit__(self, *error):
        with self._lock:
            self._under_way -= 1
        self._last = time.monotonic()

    def _end(self):
        self._ending = True
        # Calls that TensorFlow has begun and that wait for Python are seen when they come.
        while self._last and (self._under_way or time.monotonic() - self._last < 0.3):
            time.sleep(0.02)


_exit = _Exit()
_failed: list[DataError] = []


def failure() -> DataError | None:
    """Why a stream broke off since the last call, where the data were the reason: TensorFlow
    passes on no error of Python.
    """
    first = _failed[0] if _failed else None
    _failed.clear()
    return first


def _until_exit(dataset):
    """The dataset, which ends when Python does."""
    return dataset.take_while(
        lambda _: tf.ensure_shape(tf.numpy_function(_exit.not_yet, [], tf.bool), ())
    )


def _call(read, argument, kinds, batch_size):
    """`read(argument)` as one operation for the batch, its fields as a model takes them."""

    def ordered(value):
        try:
            with _exit:
                batch = read(value)
        except DataError as error:
            _failed.append(error)
            raise
        return [batch[name] for name in kinds]

    # Not stateful: the same argument gives the same batch, so calls may run side by side even where
    # TensorFlow is told to be deterministic.
    types = [kind.dtype for kind in kinds.values()]
    values = tf.numpy_function(ordered, [argument], types, stateful=False)
    batch = {}
    for (name, kind), value in zip(kinds.items(), values, strict=True):
        value.set_shape((batch_size, *kind.shape))
        batch[name] = kind.normalise(value)
    return batch


def _words(seed, stream, counter, count):
    """Random uint64 [count, 4]; row i follows from `counter`, a pair of integers, and i alone.

    Philox turns a key and a counter into four words and then adds one to the counter, so that any
    place of the stream can be had without those before it.
    """
    generator = np.random.Philox(key=[seed, stream], counter=[*counter, 0, 0])
    return generator.random_raw(4 * count).reshape(count, 4)


def _order(seed, count, epoch):
    """int64 [count]: the order of an epoch, each permutation as likely as any other."""
    words = _words(seed, _ORDER, [0, epoch], -(-count // 4))
    return np.argsort(words.ravel()[:count], kind="stable")
