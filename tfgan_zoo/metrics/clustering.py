"""How well clusters that were found without labels fit the labels."""

import numpy as np
from scipy.optimize import linear_sum_assignment


def matched_error(clusters, labels, count):
    """Share of wrong labels when each cluster is given the label that suits all clusters best.

    Clusters and labels are matched one to one (Kuhn 1955), so that two clusters cannot both stand
    for one label. Best is the largest number of right examples: on a test set the matching is
    chosen with its labels, as InfoGAN (arXiv 1606.03657, section 7.2) and clustering papers do.

    Args:
        clusters, labels: integers `[N]` in 0..count - 1.
        count: of clusters and of labels.

    Returns:
        (share of wrong ones in 0..1, int64 `[count]`: the label of each cluster).

    Raises:
        ValueError: for arrays that do not fit together.
    """
    clusters, labels = np.asarray(clusters), np.asarray(labels)
    if clusters.shape != labels.shape or clusters.ndim != 1 or not len(clusters):
        raise ValueError(
            f"Clusters {clusters.shape} and labels {labels.shape} must be two lists of one length."
        )
    for name, values in (("clusters", clusters), ("labels", labels)):
        if not np.issubdtype(values.dtype, np.integer) or values.min() < 0 or values.max() >= count:
            raise ValueError(f"The {name} must be integers from 0 to {count - 1}.")
    table = np.zeros((count, count), np.int64)
    np.add.at(table, (clusters, labels), 1)
    rows, names = linear_sum_assignment(table, maximize=True)
    return 1.0 - table[rows, names].sum() / len(labels), names
