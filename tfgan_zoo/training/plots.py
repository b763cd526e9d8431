"""Plots of a run: worlds of points with the discriminator's surface, curves, animations.

Matplotlib without its global state, so that a run may draw beside whatever else draws.
"""

import io
import itertools

import numpy as np
from absl import logging
from matplotlib.figure import Figure
from PIL import Image

from tfgan_zoo.training import records
from tfgan_zoo.training.run_directory import RunError, write_atomically

DOTS = 1000  # of each side that a scatter shows
SIDE = 4.8  # inches, of a scatter
DPI = 80


def extent(points):
    """(low, high) `[D]` of a frame that holds real points `[N, D]` with a margin of a quarter."""
    points = np.asarray(points)
    low, high = points.min(0), points.max(0)
    margin = 0.25 * (high - low)
    return low - margin, high + margin


def surface_points(frame, side=64):
    """The points `[side^D, D]`, float32, at which a surface is measured; D is 1 or 2."""
    axes = [np.linspace(low, high, side) for low, high in zip(*frame, strict=True)]
    grid = np.stack(np.meshgrid(*axes, indexing="xy"), -1)
    return grid.reshape(-1, len(axes)).astype(np.float32)


def scatter(samples, real, surface=None, frame=None, title=""):
    """Samples over real points over the discriminator's surface, as an RGB `PIL.Image`.

    Args:
        samples, real: `[N, D]` with D 1 or 2, in the same units. In one dimension both are
            histograms and the surface is a line.
        surface: the logits `[M]` at `surface_points(frame)`; None draws none.
        frame: of `extent`; that of `real` when None.
        title: a few words above.

    Raises:
        RunError: if a sample is not finite.
    """
    samples, real = np.asarray(samples), np.asarray(real)
    if not np.isfinite(samples).all():
        raise RunError(
            "The generator draws points that are not finite: go back to an earlier checkpoint with "
            "a lower learning rate."
        )
    frame = extent(real) if frame is None else frame
    figure = Figure((SIDE, SIDE), dpi=DPI, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    axes.tick_params(labelsize=7)
    axes.set_xlim(frame[0][0], frame[1][0])
    if samples.shape[1] == 1:
        _histograms(axes, samples, real, surface, frame)
    else:
        _dots(axes, samples, real, surface, frame)
    return _drawn(figure)


def _dots(axes, samples, real, surface, frame):
    if surface is not None:
        side = int(len(surface) ** 0.5)
        limits = (frame[0][0], frame[1][0], frame[0][1], frame[1][1])
        shown = np.reshape(surface, (side, side))
        axes.imshow(shown, extent=limits, origin="lower", cmap="Greys", alpha=0.5, aspect="auto")
    axes.scatter(*real[:DOTS].T, s=3, color="tab:orange", label="real", linewidths=0)
    axes.scatter(*samples[:DOTS].T, s=3, color="tab:blue", label="generated", linewidths=0)
    axes.set_ylim(frame[0][1], frame[1][1])
    axes.set_aspect("equal")
    axes.legend(fontsize=7, loc="upper right", markerscale=3)


def _histograms(axes, samples, real, surface, frame):
    bins = np.linspace(frame[0][0], frame[1][0], 160)
    for values, colour, label in ((real, "tab:orange", "real"), (samples, "tab:blue", "generated")):
        axes.hist(values[:, 0], bins, density=True, color=colour, alpha=0.6, label=label)
    if surface is not None:
        beside = axes.twinx()
        beside.plot(surface_points(frame, len(surface))[:, 0], surface, color="grey", linewidth=1)
        beside.tick_params(labelsize=7)
    axes.legend(fontsize=7, loc="upper right")


def panels(drawn, columns, rows, side=1.6):
    """Small scatters or pictures, a row by a column, as an RGB `PIL.Image`.

    Args:
        drawn: (column, row) -> (samples `[N, D]`, real `[M, D]`) with D 1 or 2, or (pixels `[H, W,
            3]`, None); a pair that is missing stays empty. Under a panel stands the share of
            samples that lie outside of its frame, from one percent on.
        columns, rows: names, in order.
        side: of a panel, in inches.
    """
    size = (side * len(columns) + 1.2, side * len(rows) + 0.4)
    figure = Figure(size, dpi=DPI, layout="constrained")
    axes = figure.subplots(len(rows), len(columns), squeeze=False)
    for (line, row), (place, column) in itertools.product(enumerate(rows), enumerate(columns)):
        panel = axes[line, place]
        panel.set_xticks([])
        panel.set_yticks([])
        if line == 0:
            panel.set_title(column, fontsize=9)
        if place == 0:
            panel.set_ylabel(row, fontsize=8, rotation=0, ha="right", va="center")
        samples, real = drawn.get((column, row), (None, None))
        if samples is None:
            panel.axis("off")
        elif real is None:
            panel.imshow(samples)
        else:
            _panel(panel, samples, real)
    return _drawn(figure)


def _panel(panel, samples, real):
    low, high = extent(real)
    panel.set_xlim(low[0], high[0])
    outside = ((samples < low) | (samples > high)).any(axis=1).mean()
    if outside >= 0.01:
        panel.set_xlabel(f"{outside:.0%} outside", fontsize=7, labelpad=1)
    if real.shape[1] == 1:
        bins = np.linspace(low[0], high[0], 80)
        panel.hist(real[:, 0], bins, density=True, color="tab:orange", alpha=0.6)
        panel.hist(samples[:, 0], bins, density=True, color="tab:blue", alpha=0.6)
        return
    panel.set_ylim(low[1], high[1])
    panel.set_aspect("equal")
    panel.scatter(*real.T, s=2, color="tab:orange", linewidths=0)
    panel.scatter(*samples.T, s=2, color="tab:blue", linewidths=0)


def curves(history):
    """Losses, gradient norms and validation metrics over the steps, as a `PIL.Image`.

    Args:
        history: path of a run's history.jsonl.

    Returns:
        One panel for the losses, one for the norms, and one for each validation metric; None for an
        empty history.
    """
    rows, _ = records.history(history)
    names = dict.fromkeys(name for row in rows for name in row)
    panels = {
        "losses": [name for name in names if name.endswith("_loss")],
        "gradient norms": [name for name in names if name.endswith("_gradient_norm")],
    }
    panels |= {
        name.removeprefix("validation_"): [name] for name in names if name.startswith("validation_")
    }
    panels = {title: chosen for title, chosen in panels.items() if chosen}
    if not panels:
        return None
    columns = min(3, len(panels))
    lines = -(-len(panels) // columns)
    figure = Figure((4 * columns, 2.6 * lines), dpi=DPI, layout="constrained")
    for number, (title, chosen) in enumerate(panels.items(), 1):
        axes = figure.add_subplot(lines, columns, number)
        axes.set_title(title, fontsize=10)
        axes.tick_params(labelsize=7)
        for name in chosen:
            known = [(row["step"], row[name]) for row in rows if row.get(name) is not None]
            axes.plot(*zip(*known, strict=True), linewidth=1, label=name.rsplit("_", 1)[0])
        if len(chosen) > 1:
            axes.legend(fontsize=7)
        if title == "gradient norms":
            axes.set_yscale("log")
    return _drawn(figure)


def error_bars(lines, *, title, across, up):
    """Lines with error bars over a logarithmic axis, as a `PIL.Image`.

    Args:
        lines: label -> list of (x, y, half the length of the bar).
        title: a few words above.
        across, up: names of the axes.
    """
    figure = Figure((6, 4.2), dpi=100, layout="constrained")
    axes = figure.add_subplot()
    axes.set_title(title, fontsize=10)
    axes.set_xscale("log")
    for label, points in lines.items():
        axes.errorbar(*zip(*points, strict=True), marker="o", ms=4, capsize=3, lw=1.5, label=label)
    ticks = sorted({x for points in lines.values() for x, _, _ in points})
    axes.set_xticks(ticks, [f"{x:,}" for x in ticks])
    axes.minorticks_off()
    axes.set_xlabel(across)
    axes.set_ylabel(up)
    axes.grid(alpha=0.3)
    axes.legend(fontsize=8)
    return _drawn(figure)


def animation(paths, frames=60, side=480, greys=256):
    """The pictures of `paths`, in their order, as the content of a GIF; None for fewer than two.

    One that cannot be read is told and left out.

    Args:
        paths: of PNG files of one size.
        frames: at most so many, evenly chosen, the first and the last among them.
        side: pixels of the longer side at most.
        greys: levels of a picture without colours at most; a file of 16 is half as large.
    """
    paths = [path for path in paths if _is_picture(path)]
    if len(paths) < 2:
        return None
    chosen = np.unique(np.linspace(0, len(paths) - 1, min(frames, len(paths))).round().astype(int))
    pictures = []
    for index in chosen:
        with Image.open(paths[index]) as picture:
            picture = picture.convert("RGB")
            picture.thumbnail((side, side))
            if not np.ptp(np.asarray(picture), axis=-1).any():
                picture = picture.quantize(greys, dither=Image.Dither.NONE)
            pictures.append(picture)
    content = io.BytesIO()
    pictures[0].save(
        content,
        format="GIF",
        save_all=True,
        append_images=pictures[1:],
        duration=[150] * (len(pictures) - 1) + [2000],
        loop=0,
        optimize=True,
    )
    return content.getvalue()


def _is_picture(path):
    try:
        with Image.open(path) as picture:
            picture.load()
    except (OSError, SyntaxError, ValueError):
        logging.warning("%s is no picture any more: the animation goes without it.", path)
        return False
    return True


def of_run(run):
    """Writes what a run looked like into its directory: curves.png and samples.gif.

    Args:
        run: a `RunDirectory`.
    """
    if run.history.exists():
        picture = curves(run.history)
        if picture is not None:
            content = io.BytesIO()
            picture.save(content, format="PNG", optimize=True)
            write_atomically(run.path / "curves.png", content.getvalue())
    moving = animation(sorted(run.samples.glob("step_*.png")))
    if moving is not None:
        write_atomically(run.path / "samples.gif", moving)


def _drawn(figure):
    content = io.BytesIO()
    figure.savefig(content, format="png")
    with Image.open(content) as picture:
        return picture.convert("RGB")
