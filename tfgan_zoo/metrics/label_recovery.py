"""How much of a label map can be read back from a picture that was generated from it.

The FCN-score of pix2pix (arXiv 1611.07004, section 3.2): if a segmenter that was trained on real
photos finds the labels again in a generated one, the picture shows what it was asked to show. The
paper uses a trained FCN-8s; here the segmenter is one layer of fixed random rectified units on
local features and a ridge regression on top (an "extreme learning machine", Huang et al. 2006),
solved in closed form: it needs no download, repeats itself, and takes seconds. Its scores compare
with its own score on the real photos (the ceiling), not with the paper's.
"""

import numpy as np


def labels_to_index(colours, palette):
    """Turn a label map in colours into class numbers.

    Args:
      colours: uint8 [..., 3].
      palette: integers [K, 3] in [0, 255], one distinct colour per class.

    Returns:
      int32 [...], rows of `palette`.

    Raises:
      ValueError: where a pixel has a colour that is not in the palette.
    """
    colours = np.asarray(colours)
    if colours.dtype != np.uint8 or colours.shape[-1:] != (3,):
        raise ValueError(
            f"A label map must be uint8 [..., 3]; this one is {colours.dtype} {colours.shape}."
        )
    codes, known = _code(colours), _code(np.asarray(palette))
    order = np.argsort(known)
    index = order[np.searchsorted(known[order], codes).clip(max=len(known) - 1)]
    wrong = known[index] != codes
    if wrong.any():
        strange = np.unique(colours[wrong], axis=0)
        shown = ", ".join(str(tuple(c)) for c in strange[:5].tolist())
        raise ValueError(
            f"{wrong.sum()} pixels have one of {len(strange)} colours that are not in the palette "
            f"(the first: {shown}); resize label maps with nearest, never with antialiasing."
        )
    return index.astype(np.int32)


def label_colours(colours):
    """The distinct colours of label maps.

    Args:
      colours: uint8 [..., 3].

    Returns:
      uint8 [K, 3], sorted by red, then green, then blue.
    """
    codes = np.unique(_code(colours))
    return np.stack([codes >> 16, codes >> 8 & 255, codes & 255], axis=-1).astype(np.uint8)


def _code(colours):
    red, green, blue = np.moveaxis(colours.astype(np.int32), -1, 0)
    return red << 16 | green << 8 | blue


def _box_mean(planes, up, down, left, right):
    """Mean of [H, W, C] over rows [-up, down] and columns [-left, right], cut at the border."""
    height, width, _ = planes.shape
    total = np.zeros((height + 1, width + 1, planes.shape[2]))
    np.cumsum(planes, axis=0, out=total[1:, 1:])
    np.cumsum(total, axis=1, out=total)
    rows, columns = np.arange(height), np.arange(width)
    top, bottom = (rows - up).clip(0, height - 1), (rows + down + 1).clip(1, height)
    first, last = (columns - left).clip(0, width - 1), (columns + right + 1).clip(1, width)
    band = total[bottom] - total[top]
    area = (bottom - top)[:, None] * (last - first)[None, :]
    return ((band[:, last] - band[:, first]) / area[..., None]).astype(np.float32)


def _features(picture):
    """Colour, blurred colour, edges, contrast, neighbours and place: float32 [H * W, F]."""
    height, width, _ = picture.shape
    picture = picture.astype(np.float32)
    grey = picture.mean(-1, keepdims=True)
    edges = np.zeros((height, width, 2), np.float32)
    edges[:-1, :, :1] = np.abs(np.diff(grey, axis=0))
    edges[:, :-1, 1:] = np.abs(np.diff(grey, axis=1))
    squares = np.concatenate([grey, grey * grey], axis=-1)

    def pixels(length):  # lengths are for 128 rows and grow with the picture
        return max(1, round(length * height / 128))

    columns = [picture]
    for radius in map(pixels, (1, 2, 4, 8, 16)):
        columns.append(_box_mean(picture, radius, radius, radius, radius))
    for radius in map(pixels, (2, 4, 8)):
        columns.append(_box_mean(edges, radius, radius, radius, radius))
        mean, square = np.moveaxis(_box_mean(squares, radius, radius, radius, radius), -1, 0)
        columns.append(np.sqrt(np.maximum(square - mean * mean, 0))[..., None])
    for reach, side in ((pixels(3), pixels(1)), (pixels(10), pixels(3))):
        columns += [
            _box_mean(picture, reach, -1, side, side),  # above
            _box_mean(picture, -1, reach, side, side),  # below
            _box_mean(picture, side, side, reach, -1),  # left
            _box_mean(picture, side, side, -1, reach),  # right
        ]
    long = pixels(12)
    columns += [_box_mean(picture, 0, 0, long, long), _box_mean(picture, long, long, 0, 0)]
    y, x = np.meshgrid(np.linspace(-1, 1, height), np.linspace(-1, 1, width), indexing="ij")
    columns.append(np.stack([y, y * y, x * x], axis=-1).astype(np.float32))
    return np.concatenate(columns, axis=-1).reshape(height * width, -1)


class Segmenter:
    """A fitted pixel classifier; `fit_segmenter` makes one."""

    def __init__(self, mean, scale, hidden, bias):
        self._mean, self._scale, self._hidden, self._bias = mean, scale, hidden, bias
        self._weights = None

    def _expand(self, features):
        inputs = (features - self._mean) / self._scale
        units = np.maximum(inputs @ self._hidden + self._bias, 0)
        return np.concatenate([inputs, units, np.ones((len(inputs), 1), np.float32)], axis=1)

    def _fit(self, features, labels, num_labels, ridge):
        size = sum(self._hidden.shape) + 1
        gram, moment = np.zeros((size, size)), np.zeros((size, num_labels))
        for start in range(0, len(features), 8192):  # bounds the memory
            expanded = self._expand(features[start : start + 8192])
            targets = np.eye(num_labels, dtype=np.float32)[labels[start : start + 8192]]
            gram += expanded.T @ expanded
            moment += expanded.T @ targets
        gram[np.diag_indices(size)] += ridge * len(features)
        self._weights = np.linalg.solve(gram, moment).astype(np.float32)

    def __call__(self, pictures):
        """Predict the class of every pixel.

        Args:
          pictures: float [N, H, W, C] in [-1, 1], C as when it was fitted; H and W may differ.

        Returns:
          int32 [N, H, W].

        Raises:
          ValueError: on another shape or dtype, or values that are not finite.
        """
        pictures = _checked(pictures)
        labels = np.empty(pictures.shape[:3], np.int32)
        for picture, label in zip(pictures, labels, strict=True):
            features = _features(picture)
            if features.shape[1] != len(self._mean):
                raise ValueError(f"The segmenter was not fitted on {picture.shape[2]} channels.")
            scores = self._expand(features) @ self._weights
            label[:] = scores.argmax(1).reshape(label.shape)
        return labels


def fit_segmenter(
    pictures, labels, num_labels, *, max_samples=100_000, hidden=768, ridge=1e-5, seed=0
):
    """Fit the segmenter on real pictures and their labels.

    Args:
      pictures: float [N, H, W, C] in [-1, 1].
      labels: integers [N, H, W] in [0, num_labels).
      num_labels: number of classes.
      max_samples: how many pixels to fit on, spread evenly over the pictures.
      hidden: number of random rectified units.
      ridge: weight of the squared norm, per sample.
      seed: of the pixels chosen and of the random units.

    Returns:
      A `Segmenter`.

    Raises:
      ValueError: where shapes disagree or a label is out of range.
    """
    pictures, labels = _checked(pictures), np.asarray(labels)
    if labels.shape != pictures.shape[:3]:
        raise ValueError(f"labels are {labels.shape}; these pictures need {pictures.shape[:3]}.")
    if labels.min() < 0 or labels.max() >= num_labels:
        raise ValueError(
            f"labels lie in [{labels.min()}, {labels.max()}]; they must lie in [0, {num_labels})."
        )
    chance = np.random.Generator(np.random.PCG64(seed))
    each = max(1, min(labels[0].size, max_samples // len(pictures)))
    features, targets = [], []
    for picture, label in zip(pictures, labels, strict=True):
        chosen = chance.choice(label.size, each, replace=False)
        features.append(_features(picture)[chosen])
        targets.append(label.ravel()[chosen])
    features = np.concatenate(features)
    inputs = features.shape[1]
    units = (chance.standard_normal((inputs, hidden)) / np.sqrt(inputs)).astype(np.float32)
    bias = chance.uniform(-1, 1, hidden).astype(np.float32)
    # A feature that never varies (one flat colour) is left at zero instead of divided by it.
    scale = np.maximum(features.std(0), 1e-4)
    segmenter = Segmenter(features.mean(0), scale, units, bias)
    segmenter._fit(features, np.concatenate(targets), num_labels, ridge)
    return segmenter


def recovery_scores(predicted, labels, num_labels):
    """Compare two label maps, all pixels of all pictures in one confusion matrix.

    Args:
      predicted: integers [N, H, W] in [0, num_labels).
      labels: integers [N, H, W], the truth.
      num_labels: number of classes.

    Returns:
      Dict of floats in [0, 1]: "pixel_accuracy"; "class_accuracy", the mean over the classes that
      the truth holds of the share of their pixels found; "class_iou", the mean over the classes
      that either holds of intersection over union.

    Raises:
      ValueError: where shapes disagree or a label is out of range.
    """
    predicted, labels = np.asarray(predicted), np.asarray(labels)
    if predicted.shape != labels.shape:
        raise ValueError(f"Shapes differ: predicted {predicted.shape}, labels {labels.shape}.")
    for values in (predicted, labels):
        if values.min() < 0 or values.max() >= num_labels:
            raise ValueError(f"Labels must lie in [0, {num_labels}).")
    pairs = labels.ravel().astype(np.int64) * num_labels + predicted.ravel()
    confusion = np.bincount(pairs, minlength=num_labels**2).reshape(num_labels, num_labels)
    right, true, found = np.diag(confusion), confusion.sum(1), confusion.sum(0)
    union = true + found - right
    return {
        "pixel_accuracy": float(right.sum() / confusion.sum()),
        "class_accuracy": float((right[true > 0] / true[true > 0]).mean()),
        "class_iou": float((right[union > 0] / union[union > 0]).mean()),
    }


def _checked(pictures):
    pictures = np.asarray(pictures)
    if pictures.ndim != 4 or not np.issubdtype(pictures.dtype, np.floating):
        raise ValueError(
            "Pictures must be float [N, H, W, C] in [-1, 1]; "
            f"these are {pictures.dtype} {pictures.shape}."
        )
    if not np.isfinite(pictures).all():
        raise ValueError("Pictures hold values that are not finite.")
    return pictures
