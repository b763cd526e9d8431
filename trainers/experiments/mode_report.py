"""What the mode-collapse laboratory found: a table, a picture and a page."""

import collections
import json
import math

CELL = 1.6  # inches of a world in the picture
CONFIDENCE = 0.95

# Figures that others published for the same names, which contradict each other by a factor of six:
# beside ours for orientation, never as a mark.
PUBLISHED = (
    ("ring, plain GAN", "1 mode, 99.3 % high quality", "VEEGAN, github.com/akashgit/VEEGAN"),
    ("ring, plain GAN", "6.3 ± 0.5 modes, 98.2 %", "PacGAN, github.com/fjxmlzn/PacGAN, table 1"),
    ("ring, Unrolled GAN", "7.6 modes, 35.6 %", "VEEGAN"),
    ("grid, plain GAN", "3.3 modes", "VEEGAN"),
    ("grid, plain GAN", "17.3 ± 0.8 modes, 94.8 %", "PacGAN, table 1"),
    ("grid, Unrolled GAN", "23.6 modes", "VEEGAN"),
    ("stacked MNIST, DCGAN", "99 modes, KL 3.4", "VEEGAN"),
    ("stacked MNIST, Unrolled GAN", "48.7 modes, KL 4.32", "VEEGAN"),
    ("stacked MNIST, quarter-size D, K = 0", "30.6 modes, KL 5.99", "PacGAN's repetition, table 3"),
    ("stacked MNIST, quarter-size D, K = 1", "65.4 modes, KL 5.91", "PacGAN's repetition, table 3"),
    ("stacked MNIST, quarter-size D, K = 5", "236.4 modes, KL 4.67", "the same, 500,000 steps"),
    ("stacked MNIST, quarter-size D, K = 10", "327.2 modes, KL 4.66", "the same, 500,000 steps"),
)


def sentence(result):
    """One cell's result in a few words."""
    if "failed" in result:
        return "no finite numbers any more"
    quality = f", {result['high_quality']:.1%} high quality" if "high_quality" in result else ""
    return f"{result['modes']:.0f} modes{quality}, KL {result['kl']:.3g}"


def collect(folder):
    """The results of all finished cells under `folder`, a list of dicts, each with the `versions`
    that it ran with: a laboratory that is gone on with may span several.
    """
    return [
        json.loads(file.read_text())
        | {"versions": json.loads(file.with_name("versions.json").read_text())}
        for file in sorted(folder.glob("*/*/*/result.json"))
    ]


def interval(values):
    """(mean, half of the length of Student's 95 % interval) over seeds; None for a single one."""
    from scipy import stats

    mean = sum(values) / len(values)
    if len(values) < 2:
        return mean, None
    variance = sum((value - mean) ** 2 for value in values) / (len(values) - 1)
    quantile = stats.t.ppf(0.5 + CONFIDENCE / 2, len(values) - 1)
    return mean, float(quantile * math.sqrt(variance / len(values)))


def floor(world):
    """What a perfect sampler of the world is expected to score, by name."""
    from tfgan_zoo.data import worlds
    from tfgan_zoo.metrics import modes

    if world.nets == "stacked":
        import numpy as np

        uniform = modes.stacked_modes(np.full((world.drawn, 3, 10), 0.1))
        return {"modes": uniform["perfect_modes"], "kl": uniform["perfect_kl"]}
    truth = worlds.find(world.data)
    return modes.perfect_sampler(world.drawn, truth.weights, truth.centres.shape[1])


def rows(results, settings):
    """(header, rows) of the table: a row for the perfect sampler and one for each remedy, three
    columns for each world.
    """
    worlds = [name for name in settings if any(r["world"] == name for r in results)]
    remedies = list(dict.fromkeys(r["remedy"] for r in sorted(results, key=_order)))
    measures = {"modes": "modes", "high_quality": "high quality", "kl": "KL"}
    header, body = ["remedy"], [["perfect sampler"], *([name] for name in remedies)]
    for world in worlds:
        own = [r for r in results if r["world"] == world]
        best = floor(settings[world])
        for measure, word in measures.items():
            if not any(measure in r for r in own):
                continue
            header.append(f"{world}: {word}")
            body[0].append(number(measure, best[measure], None))
            for row, remedy in zip(body[1:], remedies, strict=True):
                cells = [r for r in own if r["remedy"] == remedy]
                values = [r[measure] for r in cells if measure in r]
                text = number(measure, *interval(values)) if values else ""
                failed = len(cells) - len(values)
                row.append(f"{text} ({failed} failed)".strip() if failed else text)
        header.append(f"{world}: minutes")
        body[0].append("")
        for row, remedy in zip(body[1:], remedies, strict=True):
            spent = [r["seconds"] / 60 for r in own if r["remedy"] == remedy]
            row.append(f"{sum(spent) / len(spent):.1f}" if spent else "")
    return header, body


def number(measure, mean, half):
    """A mean with its interval, in the measure's unit."""
    if measure == "high_quality":
        return f"{mean:.1%}" + ("" if half is None else f" ± {half:.1%}")
    form = ".1f" if measure == "modes" else ".3f"
    return f"{mean:{form}}" + ("" if half is None else f" ± {half:{form}}")


def protocol(results, settings):
    """Lines that say how the numbers came about."""
    lines = []
    for world, setting in settings.items():
        seeds = sorted({r["seed"] for r in results if r["world"] == world})
        if seeds:
            lines.append(
                f"{world}: `{setting.data}`, {setting.steps:,} batches of {setting.batch_size} "
                f"real examples, {setting.drawn:,} samples, seeds {', '.join(map(str, seeds))}."
            )
    hours = sum(r["seconds"] for r in results) / 3600
    lines.append(
        f"{len(results)} cells, {hours:.1f} hours of work in all; intervals are Student's at 95 % "
        "over seeds."
    )
    places = collections.Counter(
        f"TensorFlow {v['tensorflow']}, {v['machine']}, commit {v['commit']}"
        for v in (result["versions"] for result in results)
    )
    lines.extend(f"{count} of the cells: {place}." for place, count in places.most_common())
    return lines


def write(folder, settings):
    """Writes table.md, grid.png, index.html and results.json of the finished cells.

    Args:
        folder: of the experiment.
        settings: world -> `remedies.World`.

    Raises:
        RunError: if no cell is finished.
    """
    from tfgan_zoo.training import pictures
    from tfgan_zoo.training.run_directory import RunError, write_atomically

    results = collect(folder)
    if not results:
        raise RunError(f"No cell under {folder} is finished yet, so that there is no table.")
    header, body = rows(results, settings)
    notes = protocol(results, settings)
    lines = [_line(header), _line("---" for _ in header), *map(_line, body), "", *notes]
    write_atomically(folder / "table.md", "\n".join(lines) + "\n")
    write_atomically(folder / "results.json", json.dumps(results, indent=1, sort_keys=True) + "\n")
    pictures.save(picture(folder, results, settings), folder / "grid.png")
    write_atomically(folder / "index.html", page(header, body, notes))


def _line(cells):
    return f"| {' | '.join(cells)} |"


def _order(result):
    from trainers.experiments.remedies import REMEDIES

    return list(REMEDIES).index(result["remedy"])


def picture(folder, results, settings):
    """Worlds by remedies: what the first seed of each draws, as an RGB `PIL.Image`."""
    import numpy as np

    from tfgan_zoo.data import worlds
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training import plots

    names = [name for name in settings if any(r["world"] == name for r in results)]
    remedies = list(dict.fromkeys(r["remedy"] for r in sorted(results, key=_order)))
    panels = {}
    finite = [r for r in results if "failed" not in r]
    for result in sorted(finite, key=lambda r: -r["seed"]):
        key = result["world"], result["remedy"]
        samples = np.load(folder.joinpath(*key, str(result["seed"])) / "samples.npy")
        if settings[key[0]].nets == "points":
            truth = worlds.find(settings[key[0]].data)
            panels[key] = samples, truth.sample(500, np.random.default_rng(0))
        else:
            panels[key] = np.asarray(image.square_grid(samples)), None
    return plots.panels(panels, names, remedies, CELL)


def page(header, body, notes):
    """The page: table, protocol, picture, and published figures, as HTML."""
    import html
    import itertools

    def line(kind, cells):
        return "<tr>" + "".join(f"<{kind}>{html.escape(c)}</{kind}>" for c in cells) + "</tr>\n"

    parts = [name.split(": ") for name in header[1:]]
    worlds = [(w, len(list(own))) for w, own in itertools.groupby(parts, lambda part: part[0])]
    spans = "".join(f'<th class="world" colspan="{n}">{w}</th>' for w, n in worlds)
    first = f'<tr><th rowspan="2">{header[0]}</th>{spans}</tr>\n'
    measured = first + line("th", [measure for _, measure in parts])
    measured += "".join(line("td", cells) for cells in body)
    published = line("th", ("world and method", "figure", "source"))
    published += "".join(line("td", cells) for cells in PUBLISHED)
    listed = "".join(f"<li>{html.escape(note.replace('`', ''))}</li>\n" for note in notes)
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Remedies for mode collapse under one protocol</title>
<style>
body {{ font: 16px/1.5 sans-serif; margin: 2em auto; max-width: 90em; padding: 0 1em; }}
img {{ max-width: 100%; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; font-size: 14px; white-space: nowrap; }}
th, td {{ padding: 0.3em 0.6em; text-align: right; border-bottom: 1px solid #ccc; }}
th.world {{ text-align: center; border-left: 2px solid #ccc; }}
tr > :first-child {{ text-align: left; }}
.wide tr > td:first-child {{ position: sticky; left: 0; background: white; }}
</style>
<h1>Remedies for mode collapse under one protocol</h1>
<p>The same nets, rates and batches for every remedy on a world.</p>
<h2>Measured</h2>
<div class="wide">
<table>
{measured}</table>
</div>
<ul>
{listed}</ul>
<h2>Drawn</h2>
<p>Real points are orange, generated ones blue; one seed of each.</p>
<img src="grid.png" alt="What each remedy draws of each world">
<h2>Published elsewhere</h2>
<p>Other nets, budgets and classifiers: these figures contradict each other by a factor of six on
the plain GAN, and are no mark for those above.</p>
<div class="wide">
<table>
{published}</table>
</div>
</html>
"""
