"""What the mode-collapse laboratory found, from its records alone: tables, a picture and a page."""

import collections
import json
import operator

from trainers.experiments import mode_records

CELL = 1.6  # inches of a world in the picture
OTHER_CODE = "†"  # behind a figure that other code has made than most
# What a cell scores -> its column and how a number is written there.
MEASURES = {
    "modes": ("modes", "{:.0f}"),
    "high_quality": ("high quality", "{:.1%}"),
    "kl": ("KL", "{:.3f}"),
    "overlap": ("overlap", "{:.3f}"),
}
PROTOCOL = (
    "Of each world every arm has the same generator, discriminating nets of as many trained "
    "parameters together, no batch normalisation in any net, Adam with one rate for all of its "
    "players, and the same number of real examples: that is the budget, and updates of the "
    "generator follow from it. Each arm was tried at as many settings on a seed of its own, and "
    "runs on the seeds of the table under the one of the greatest overlap at the end (the sum over "
    "modes of the smaller of the mode's share of the data and of the good samples). What a method "
    "brings itself stays: spectral and weight normalisation, latents uniform on [-1, 1] (DRAGAN, "
    "MAD-GAN), a bound of 10 on the gradients (f-GAN). Seeds stand one by one, in their order; "
    "processor seconds are those of training, of all threads, without scoring."
)

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


def floor(world):
    """What a perfect sampler of the world is expected to score, by name."""
    import numpy as np

    from tfgan_zoo.data import worlds
    from tfgan_zoo.metrics import modes

    if world.nets == "pictures":
        uniform = modes.stacked_modes(np.full((world.drawn, 3, 10), 0.1))
        weights, inside = np.full(1000, 1e-3), 1.0
        best = {"modes": uniform["perfect_modes"], "kl": uniform["perfect_kl"]}
    else:
        truth = worlds.find(world.data)
        weights = truth.weights
        best = modes.perfect_sampler(world.drawn, weights, truth.centres.shape[1])
        inside = best["high_quality"]
    return best | {"overlap": mode_records.perfect_overlap(weights, inside, world.drawn)}


def tables(results, tuning, settings):
    """(title, header, rows) of each table: two of each world that has cells, texts all.

    Args:
        results, tuning: of `mode_records.sorted_out`.
        settings: world -> `remedies.World`.
    """
    usual = usual_code([*results, *tuning])
    found = []
    for name, world in settings.items():
        own = [r for r in results if r["world"] == name]
        tried = [r for r in tuning if r["world"] == name]
        if own:
            found.append((name, *measured(own, world, usual)))
        if tried:
            found.append((f"{name}: the tuning", *tried_settings(tried, world, name, usual)))
    return found


def usual_code(records):
    """The code, a list, by which most of the cells ran."""
    counts = collections.Counter(tuple(record["code"]) for record in records)
    return list(counts.most_common(1)[0][0]) if counts else []


def measured(own, world, usual):
    """(header, rows) of what the arms scored in one world, and of what each took."""
    best = floor(world)
    scores = [measure for measure in MEASURES if measure in best]
    seeds = sorted({r["seed"] for r in own})
    header = [
        *("remedy", "setting"),
        *(f"{MEASURES[score][0]} of seeds {_listed(seeds)}" for score in scores),
        *("real examples", "updates of generator", "updates of discriminating nets"),
        *("processor seconds", "parameters: generator", "discriminating", "other"),
    ]
    perfect = ["perfect sampler", "", *(_number(score, best[score], 1) for score in scores)]
    rows = [perfect + [""] * (len(header) - len(perfect))]
    for remedy in in_order(own):
        cells = {r["seed"]: r for r in own if r["remedy"] == remedy}
        row = [remedy, _said(next(iter(cells.values()))["setting"])]
        for score in scores:
            row.append(_listed(_score(cells.get(seed), score, usual) for seed in seeds))
        runs = list(cells.values())
        row += [
            _each(f"{r['real_examples']:,}" for r in runs),
            _each(_updates(r, "generator") for r in runs),
            _each(_updates(r, "discriminating") for r in runs),
            _listed(
                f"{cells[seed]['processor_seconds']:.0f}" if seed in cells else "–"
                for seed in seeds
            ),
            *(
                _each(f"{r['parameters'][part]:,}" for r in runs)
                for part in ("generator", "discriminating", "other")
            ),
        ]
        rows.append(row)
    return header, rows


def tried_settings(tried, world, name, usual):
    """(header, rows) of how each setting that was tried of each arm scored."""
    from trainers.experiments.remedies import settings_of

    numbers = range(1, world.tried + 1)
    header = ["remedy", *(f"try {number}" for number in numbers), "chosen"]
    rows = []
    for remedy in in_order(tried):
        own = {r["tried"]: r for r in tried if r["remedy"] == remedy}
        tries = settings_of(remedy, world)
        scores = [_score(own.get(index), "overlap", usual) for index in range(len(tries))]
        best = mode_records.choice(tried, remedy, world, name)
        row = [f"{_said(one)}: {score}" for one, score in zip(tries, scores, strict=True)]
        rows.append([remedy, *row, "" if best is None else f"try {tries.index(best) + 1}"])
    return header, rows


def _score(record, measure, usual):
    """One cell's figure, marked where other code has made it; a dash where there is none."""
    if record is None:
        return "–"
    text = "failed" if "failed" in record else _number(measure, record[measure])
    return text + (OTHER_CODE if record["code"] != usual else "")


def _number(measure, value, more=0):
    """A figure in its measure's unit; an expected number of modes has `more` decimals."""
    return f"{value:.{more}f}" if measure == "modes" else MEASURES[measure][1].format(value)


def _parts(record):
    """Players of a record by the part that they are counted to."""
    from trainers.experiments.remedies import PARTS

    found = collections.defaultdict(list)
    for player in record["updates"]:
        found[PARTS[player]].append(player)
    return found


def _updates(record, part):
    """Updates of the players of a part: '5,000', or '5,000 + 5,000' of two."""
    return " + ".join(f"{record['updates'][player]:,}" for player in _parts(record)[part])


def _each(texts):
    """One text where all are the same, otherwise all of them."""
    texts = list(texts)
    return texts[0] if len(set(texts)) == 1 else "; ".join(texts)


def _listed(parts):
    return ", ".join(map(str, parts))


def _said(setting):
    """A setting in words, its rate first."""
    own = [f"{key.replace('_', ' ')} {value}" for key, value in setting.items() if key != "rate"]
    return _listed([f"rate {setting['rate']}", *own])


def in_order(records):
    """The arms of the records, in the order of `remedies.REMEDIES`."""
    from trainers.experiments.remedies import REMEDIES

    there = {record["remedy"] for record in records}
    return [name for name in REMEDIES if name in there]


def notes(results, tuning, refused, settings):
    """Lines that say how the numbers came about, and what is left out of them."""
    from trainers.experiments.remedies import TUNING_SEED

    lines = [PROTOCOL]
    for name, world in settings.items():
        seeds = sorted({r["seed"] for r in results if r["world"] == name})
        if seeds:
            lines.append(
                f"{name}: `{world.data}`, {world.steps:,} batches of {world.batch_size} real "
                f"examples, {world.drawn:,} samples, {world.tried} settings tried on seed "
                f"{TUNING_SEED}, seeds {_listed(seeds)}."
            )
    every = [*results, *tuning]
    hours = sum(r["processor_seconds"] for r in every) / 3600
    lines.append(
        f"{len(results)} cells of the tables and {len(tuning)} of tuning, {hours:.1f} hours of "
        "processor time in all."
    )
    places = collections.Counter(
        f"TensorFlow {v['tensorflow']}, {v['machine']}, commit {v['commit']}"
        for v in (record["versions"] for record in every)
    )
    lines.extend(f"{count} of the cells: {place}." for place, count in places.most_common())
    usual = usual_code(every)
    others = collections.Counter(
        " then ".join(record["code"]) for record in every if record["code"] != usual
    )
    if others:
        lines.append(
            f"{OTHER_CODE}: {sum(others.values())} of the cells ran by other code than the rest "
            f"({' then '.join(usual)}): {_listed(others)}. Compare them with care."
        )
    lines.extend(f"Left out: {sentence}" for sentence in refused)
    return lines


def write(folder, settings):
    """Writes table.md, grid.png, index.html and results.json of the finished cells.

    Args:
        folder: of the experiment.
        settings: world -> `remedies.World`.

    Raises:
        RunError: if no cell is finished, or none that belongs in a table of this protocol.
    """
    from tfgan_zoo.training import pictures
    from tfgan_zoo.training.run_directory import RunError, write_atomically

    records = mode_records.collect(folder)
    results, tuning, refused = mode_records.sorted_out(records, settings)
    if not results and not tuning:
        if refused:
            raise RunError(
                f"The finished cells under {folder} belong in no table of this budget and "
                f"protocol: {len(refused)}, such as {refused[0]}"
            )
        raise RunError(f"No cell under {folder} is finished yet, so that there is no table.")
    found, said = tables(results, tuning, settings), notes(results, tuning, refused, settings)
    lines = []
    for title, header, rows in found:
        lines += [f"### {title}", "", _line(header), _line("---" for _ in header)]
        lines += [*map(_line, rows), ""]
    write_atomically(folder / "table.md", "\n".join([*lines, *said]) + "\n")
    kept = json.dumps([*results, *tuning], indent=1, sort_keys=True)
    write_atomically(folder / "results.json", kept + "\n")
    if results:
        pictures.save(picture(folder, results, settings), folder / "grid.png")
    write_atomically(folder / "index.html", page(found, said, bool(results)))


def _line(cells):
    return f"| {' | '.join(cells)} |"


def picture(folder, results, settings):
    """Worlds by remedies: what the first seed of each draws, as an RGB `PIL.Image`."""
    import numpy as np

    from tfgan_zoo.data import worlds
    from tfgan_zoo.kinds import image
    from tfgan_zoo.training import plots

    names = [name for name in settings if any(r["world"] == name for r in results)]
    panels = {}
    finite = [r for r in results if "failed" not in r]
    for result in sorted(finite, key=operator.itemgetter("seed"), reverse=True):
        key = result["world"], result["remedy"]
        samples = np.load(folder.joinpath(*key, str(result["seed"])) / "samples.npy")
        if settings[key[0]].nets == "points":
            truth = worlds.find(settings[key[0]].data)
            panels[key] = samples, truth.sample(500, np.random.default_rng(0))
        else:
            panels[key] = np.asarray(image.square_grid(samples)), None
    return plots.panels(panels, names, in_order(results), CELL)


def page(found, said, drawn):
    """The page as HTML: protocol, tables, the picture if one is `drawn`, published figures."""
    import html

    def line(kind, cells):
        return "<tr>" + "".join(f"<{kind}>{html.escape(c)}</{kind}>" for c in cells) + "</tr>\n"

    def table(header, rows):
        body = line("th", header) + "".join(line("td", cells) for cells in rows)
        return f'<div class="wide">\n<table>\n{body}</table>\n</div>\n'

    measured = "".join(
        f"<h3>{html.escape(title)}</h3>\n{table(header, rows)}" for title, header, rows in found
    )
    listed = "".join(f"<li>{html.escape(note.replace('`', ''))}</li>\n" for note in said)
    picture = """<h2>Drawn</h2>
<p>Real points are orange, generated ones blue; the first seed of each.</p>
<img src="grid.png" alt="What each remedy draws of each world">
"""
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
tr > :first-child {{ text-align: left; }}
.wide tr > td:first-child {{ position: sticky; left: 0; background: white; }}
</style>
<h1>Remedies for mode collapse under one protocol</h1>
<ul>
{listed}</ul>
<h2>Measured</h2>
{measured}{picture if drawn else ""}<h2>Published elsewhere</h2>
<p>Other nets, budgets and classifiers: these figures contradict each other by a factor of six on
the plain GAN, and are no mark for those above.</p>
{table(("world and method", "figure", "source"), PUBLISHED)}</html>
"""
