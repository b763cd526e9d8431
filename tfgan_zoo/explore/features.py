"""What a linear SVM reads from a discriminator, beside raw pixels and k-means features."""

import importlib.metadata
import json
import pathlib
import time

import numpy as np

from tfgan_zoo.explore.generator import ExploreError

BATCH = 250  # pictures in one call of an extractor


def accuracy_cells(curve):
    """The table's cells in percent, with * where a classifier did not converge; the last number of
    labels is all there are, of which there is one draw.
    """
    cells = [f"{100 * p['mean']:.1f} +- {100 * p['std']:.1f}" for p in curve[:-1]]
    cells.append(f"{100 * curve[-1]['mean']:.1f}")
    marks = ["" if point["converged"] else "*" for point in curve]
    return [cell + mark for cell, mark in zip(cells, marks, strict=True)]


def features(options, path):
    """Prints a table of test accuracies, writes the numbers to the JSON file `path`, and returns
    their plot.

    Every representation meets the same pictures, labels, classifier and choice of its cost.
    """
    from tfgan_zoo.metrics import representation
    from tfgan_zoo.training import plots
    from tfgan_zoo.training.run_directory import versions, write_atomically

    began = time.monotonic()
    kmeans = representation.KMeansFeatures(
        options.centroids, patches=options.patches, seed=options.seed
    )
    extractors = find_extractors(options.extractor)
    parts, protocol = labelled_pictures(options, next(iter(extractors.values())))
    images = [images for images, _ in parts]
    counts = label_counts(options.labels, len(images[0]))

    def of_kmeans():
        kmeans.fit(images[0])
        found = [kmeans(part) for part in images]
        return [representation.standardised(part, found[0]) for part in found]

    ways = {
        name: lambda extractor=extractor: [extracted(extractor, part) for part in images]
        for name, extractor in extractors.items()
    }
    ways["pixels"] = lambda: [part.reshape(len(part), -1) / 127.5 - 1 for part in images]
    ways["k-means"] = of_kmeans
    width = max(map(len, ways))
    print(f"{'':{width}}  dimensions" + "".join(f"{count:>14,}" for count in counts), flush=True)
    curves, results = {}, []
    for name, way in ways.items():
        found = [
            representation.Labelled(part, labels)
            for part, (_, labels) in zip(way(), parts, strict=True)
        ]
        curve = representation.accuracy_by_labels(
            *found, counts, draws=options.draws, seed=options.seed
        )
        dimensions = found[0].features.shape[1]
        cells = "".join(f"{cell:>14}" for cell in accuracy_cells(curve))
        print(f"{name:{width}}  {dimensions:>10,}{cells}", flush=True)
        results.append({"representation": name, "dimensions": dimensions, "curve": curve})
        curves[f"{name} ({dimensions:,})"] = [
            (p["labels"], 100 * p["mean"], 100 * p["std"]) for p in curve
        ]
    if not all(point["converged"] for result in results for point in result["curve"]):
        print("* A classifier had not converged after its largest number of iterations.")
    protocol |= {
        "extractors": {name: extractor.sha256 for name, extractor in extractors.items()},
        "classifier": "LinearSVC, one against the rest, of "
        f"{', '.join(f'{cost:g}' for cost in representation.COSTS)} the cost that is best on the "
        f"held-out pictures over {representation.CHOOSING} draws, tolerance "
        f"{representation.TOLERANCE:g}",
        "kmeans": f"{kmeans.centroids} centroids of {kmeans.patches} whitened patches of "
        f"{kmeans.side}x{kmeans.side}, "
        "triangle activation, sums over quadrants, standardised",
        "draws": options.draws,
        "seed": options.seed,
        "seconds": round(time.monotonic() - began),
        "versions": versions() | {"scikit-learn": importlib.metadata.version("scikit-learn")},
    }
    text = json.dumps({"protocol": protocol, "results": results}, indent=2)
    write_atomically(path, (text + "\n").encode())
    print(f"numbers: {path}")
    return plots.error_bars(
        curves, title=options.data, across="labels", up="test accuracy (%), linear SVM"
    )


def find_extractors(specs):
    """Name -> extractor, of what --extractor lists; an export is that of its discriminator."""
    from tfgan_zoo.metrics import extractors

    found = {}
    for spec in specs:
        path = pathlib.Path(spec).expanduser()
        parent = [path.parent] if path.name.isdigit() else []
        folders = [folder / "features" for folder in (path, *parent)] + [path]
        folder = next(filter(None, map(extractors.saved_model_folder, folders)), None)
        name = spec
        if folder:
            kept = [part for part in folder.resolve().parts if not part.isdigit()]
            name = next((part for part in reversed(kept) if part != "features"), spec)
        try:
            extractor = extractors.find(str(folder or spec))
        except ValueError as error:
            raise ExploreError(
                f"--extractor={spec} holds no features: its trainer writes those of the "
                "discriminator with --export_features; a finished run does when its command is "
                f"given again with that flag. ({error})"
                if folder
                else error
            ) from error
        found[name if name not in found else spec] = extractor
    return found


def labelled_pictures(options, extractor):
    """((uint8 images, labels) of training, held-out and test pictures) and what the protocol says
    of them. They have the size that the extractor takes.
    """
    from tfgan_zoo.data.request import Request
    from tfgan_zoo.data.sources import open_images

    request = Request(
        image_size=extractor.size or (32, 32),
        channels=extractor.channels or 3,
        data_dir=options.data_dir,
        download=options.download,
        val_count=0,
    )
    train, test = (open_images(options.data, split, request) for split in ("train", "test"))
    if "labels" not in train.fields:
        raise ExploreError(
            f"--data={options.data} has no classes: give a TFDS set with labels, or a folder that "
            "holds a folder of pictures for each class."
        )
    chance = np.random.default_rng(options.seed)
    held_out = max(1, min(options.num_held_out, len(train) // 5))
    order = chance.permutation(len(train))[: held_out + options.num_train]
    rows = {"training": order[held_out:], "held-out": order[:held_out]}
    rows["test"] = chance.permutation(len(test))[: options.num_test]
    tables = {"training": train, "held-out": train, "test": test}
    parts = [tables[name].fetch(np.sort(chosen)) for name, chosen in rows.items()]
    return [(part["images"], part["labels"]) for part in parts], {
        "data": options.data,
        "description": train.info["description"],
        "shape": list(train.fields["images"].shape),
        "pictures": {name: len(chosen) for name, chosen in rows.items()},
    }


def label_counts(labels, total):
    """The numbers that --labels lists, rising, and `total` behind them."""
    try:
        counts = sorted({int(count) for count in labels})
    except ValueError as error:
        raise ExploreError("--labels takes numbers of labels, such as 100,1000.") from error
    if counts and not 0 < counts[0] <= counts[-1] <= total:
        raise ExploreError(f"--labels lie from 1 to {total:,}, the number of training pictures.")
    return sorted({*counts, total})


def extracted(extractor, pictures):
    """float32 `[N, D]` of uint8 pictures."""
    return np.concatenate(
        [extractor(pictures[i : i + BATCH])[0] for i in range(0, len(pictures), BATCH)]
    )
