"""The history of drawn pictures that a discriminator is shown (Shrivastava et al. 2017, arXiv
1612.07828, section 2.3), with the rule of CycleGAN's authors (`util/image_pool.py`).
"""

import keras
import tensorflow as tf


class ImagePool(keras.layers.Layer):
    """Up to `size` earlier pictures, and the rule that exchanges them for new ones.

    The pictures of a batch come one after the other. While the pool is not full, a picture is
    stored and returned. Then, with equal chances, either it is returned and not stored, or a stored
    one is returned and the new one takes its place.

    The pool is a weight of the model that holds it, so that a checkpoint has it. Over several
    replicas it is one pool, in which the global batch is queried in the order of the replicas.

    Args:
        size: 50 in the paper; 0 returns every picture as it comes.
        image_shape: (height, width, channels).

    Call: images `[B, H, W, C]` and a seed int32 `[2]` to float32 images `[B, H, W, C]`. Over
    several replicas the first one's seed counts. No gradient passes.
    """

    def __init__(self, size, image_shape, **kwargs):
        super().__init__(dtype="float32", **kwargs)
        self.size = size
        options = {
            "initializer": "zeros",
            "trainable": False,
            "aggregation": "only_first_replica",
        }
        if size:
            self.images = self.add_weight(name="images", shape=(size, *image_shape), **options)
            # A float, as statistics are, so that a step that is not finite puts it back with them.
            self.count = self.add_weight(name="count", shape=(), **options)
        self.built = True

    def call(self, images, seed):
        images = tf.stop_gradient(tf.cast(images, tf.float32))
        if not self.size:
            return images
        context = tf.distribute.get_replica_context()
        local, first = tf.shape(images)[0], 0
        if context.num_replicas_in_sync > 1:
            images = context.all_gather(images, axis=0)
            seed = context.all_gather(seed[None], axis=0)[0]
            first = context.replica_id_in_sync_group * local

        slots, count, answers = self._exchange(tf.shape(images)[0], seed)
        known = tf.concat([tf.convert_to_tensor(self.images), images], 0)
        self.images.assign(tf.gather(known, slots))
        self.count.assign(tf.cast(count, tf.float32))
        return tf.gather(known, answers[first : first + local])

    def _exchange(self, batch, seed):
        """What lies in each slot afterwards, the number of full ones, and each picture's answer;
        `size + i` stands for picture i of the batch.
        """
        coins = tf.random.stateless_uniform([batch], seed, alg="philox") > 0.5
        places = tf.random.stateless_uniform(
            [batch],
            tf.random.fold_in(seed, 1, alg="philox"),
            maxval=self.size,
            dtype=tf.int32,
            alg="philox",
        )

        def one(index, slots, count, answers):
            new = self.size + index
            filling = count < self.size
            place = tf.where(filling, count, places[index])
            answer = tf.where(~filling & coins[index], slots[place], new)
            slot = tf.where(filling | coins[index], new, slots[place])
            slots = tf.tensor_scatter_nd_update(slots, [[place]], [slot])
            answers = tf.tensor_scatter_nd_update(answers, [[index]], [answer])
            return index + 1, slots, tf.minimum(count + 1, self.size), answers

        count = tf.cast(tf.convert_to_tensor(self.count), tf.int32)
        state = [tf.constant(0), tf.range(self.size), count, tf.zeros([batch], tf.int32)]
        _, slots, count, answers = tf.while_loop(lambda index, *_: index < batch, one, state)
        return slots, count, answers
