"""Scores of image translation where the right answer is known, beside baselines."""

BATCH = 4
FIT = 100  # training pairs that the baselines and the segmenter are fitted on


def measure(answer, examples, read=None, palette=None, labels="source"):
    """Scores of the pictures `answer(batch)` over all pairs of `examples`.

    Means of l1, psnr and ssim against the target; with `read` (pictures -> numbers of the colours
    of `palette`) also the shares of the label map in the field `labels` that it finds again.
    """
    import numpy as np

    from tfgan_zoo.data.pipeline import eval_batches, to_uint8
    from tfgan_zoo.metrics import label_recovery
    from tfgan_zoo.metrics.reconstruction import reconstruction_scores

    scores, found, truth = [], [], []
    for batch in eval_batches(examples, BATCH):
        pictures = np.asarray(answer(batch))
        scores.append(reconstruction_scores(pictures, batch["target"]))
        if read is not None:
            found.append(read(pictures))
            colours = to_uint8(batch[labels]).numpy()
            truth.append(label_recovery.labels_to_index(colours, palette))
    means = {
        name: float(np.mean(np.concatenate([batch[name] for batch in scores])))
        for name in scores[0]
    }
    if read is not None:
        means |= label_recovery.recovery_scores(
            np.concatenate(found), np.concatenate(truth), len(palette)
        )
    return means


def label_palette(field, *tables):
    """The colours of the label maps in `field` of `tables`, `[K, 3]`; None if they are no RGB label
    maps.
    """
    import numpy as np

    from tfgan_zoo.metrics.label_recovery import label_colours

    spec = tables[0].fields[field]
    if spec.kind != "labels" or spec.shape[-1] != 3:
        return None
    seen = [
        label_colours(table.fetch(np.array([index]))[field])
        for table in tables
        for index in range(len(table))
    ]
    return label_colours(np.concatenate(seen))


def evaluate(served, test, train):
    """Scores of `served` and of the baselines over the pairs of `test`; `train`, at the same size,
    is what baselines and segmenter are fitted on.
    """
    import numpy as np

    from tfgan_zoo.data.pipeline import to_float, to_uint8
    from tfgan_zoo.metrics import baselines, label_recovery

    pairs = train.fetch(np.arange(min(FIT, len(train))))
    palette = label_palette("source", test, train)
    drawn_palette = label_palette("target", test, train)
    answers = {"exported model": lambda batch: served(batch["source"])}
    if palette is not None:
        paint = baselines.constant_colour_per_label(pairs["source"], pairs["target"], palette)
        answers["one colour per label"] = lambda batch: paint(to_uint8(batch["source"]).numpy())
    else:
        mean = baselines.mean_target(pairs["target"])
        answers["mean training picture"] = lambda batch: mean(batch["source"])
    if test.fields["source"].shape == test.fields["target"].shape:
        answers["the input itself"] = lambda batch: batch["source"]

    reading = {}
    if drawn_palette is not None:
        reading = {
            "read": lambda pictures: nearest_colour(pictures, drawn_palette),
            "palette": drawn_palette,
            "labels": "target",
        }
    elif palette is not None and test.fields["target"].shape[-1] == 3:
        segmenter = label_recovery.fit_segmenter(
            to_float(pairs["target"]).numpy(),
            label_recovery.labels_to_index(pairs["source"], palette),
            len(palette),
        )
        reading = {"read": segmenter, "palette": palette, "labels": "source"}
    scores = {name: measure(answer, test, **reading) for name, answer in answers.items()}
    if reading.get("labels") == "source":
        ceiling = measure(lambda batch: batch["target"], test, **reading)
        # Compared with themselves they say nothing; what is left is what the segmenter can do.
        scores["the true pictures"] = {
            name: ceiling[name] for name in ("pixel_accuracy", "class_accuracy", "class_iou")
        }
    return scores.pop("exported model"), scores


def nearest_colour(pictures, palette):
    """int32 `[N, H, W]`: for each pixel of `[N, H, W, 3]` in [-1, 1] the nearest of the colours
    `[K, 3]`.
    """
    import numpy as np

    colours = np.asarray(palette, np.float32) / 127.5 - 1.0
    distances = [np.square(pictures - colour).sum(-1) for colour in colours]
    return np.argmin(distances, axis=0).astype(np.int32)


def protocol(test, size, train_count):
    """One sentence or two on how `evaluate` scores."""
    text = (
        f"Means over all {len(test)} pairs of the split '{test.info['split']}' at "
        f"{size[0]}x{size[1]}. l1 in units of [-1, 1], psnr in dB, ssim after Wang et al. 2004. "
    )
    if test.fields["target"].kind == "labels":
        return text + (
            "pixel_accuracy, class_accuracy and class_iou: of the labels whose colours are nearest "
            "to what was drawn."
        )
    if test.fields["source"].kind != "labels":
        return text.rstrip()
    return text + (
        "pixel_accuracy, class_accuracy and class_iou: how much of the label map a segmenter finds "
        f"again in the picture; it is a ridge regression fitted on {min(FIT, train_count)} true "
        "training pairs, so that its own score on the true pictures is the ceiling."
    )
