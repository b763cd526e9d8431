"""The styles that things of each label have, as clusters of what an encoder sees in them."""

import numpy as np
import tensorflow as tf

from tfgan_zoo.data.pipeline import eval_batches

BATCH = 4
LEAST = 1 / 64  # of a picture: the share of a thing whose features are trusted


def of_examples(model, examples):
    """The centres of the styles of each label, for `layers.instances.Styles.keep`.

    Args:
        model: with `measured(source, target, instances)` and `styles`, such as `Pix2PixHD`.
        examples: `Examples` with these fields.
    """
    measured = tf.function(model.measured, reduce_retracing=True)
    found = [
        [part.numpy() for part in measured(b["source"], b["target"], b["instances"])]
        for b in eval_batches(examples, BATCH)
    ]
    features, labels, shares = (np.concatenate(part) for part in zip(*found, strict=True))
    return clusters(features, labels.argmax(-1), shares, model.styles.labels, model.styles.clusters)


def clusters(features, labels, shares, count, most):
    """K-means of the features of the things of each label, as `encode_features.py` of pix2pixHD
    does it, but for labels whose things are all small: there all of them count.

    Args:
        features: float `[N, C]`, of each thing.
        labels: int `[N]`, from 0 to `count - 1`.
        shares: `[N]`, the part of its picture that each is.
        count: of labels.
        most: clusters of a label.

    Returns:
        a list of `count` arrays `[n, C]`, n from 0 (no thing has that label) to `most`.
    """
    from sklearn.cluster import KMeans

    centres = []
    for label in range(count):
        own = labels == label
        large = own & (shares > LEAST)
        kept = np.unique(features[large if large.any() else own], axis=0)
        if len(kept) > most:
            chosen = features[large if large.any() else own]
            kept = KMeans(most, n_init=10, random_state=0).fit(chosen).cluster_centers_
        centres.append(kept.astype(np.float32))
    return centres
