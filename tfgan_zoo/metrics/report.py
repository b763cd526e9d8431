"""Scores as a table for people and a line of JSON for programs, never without their protocol."""

import dataclasses
import json
import math
import textwrap

PROTOCOL = {
    "generated": ("what", "sha256", "pictures", "count", "shape"),
    "real": ("what", "split", "split_rule", "pictures", "count", "shape"),
    "extractor": ("name", "sha256", "description", "size"),
    "resize": (),
    "quantisation": (),
    "settings": ("seed",),
    "versions": ("tensorflow", "keras", "numpy", "pillow", "scipy", "scikit-learn", "commit"),
}
OPTIONAL = {"train": PROTOCOL["real"]}
BETTER = {"real": "as real", "neither": ""}
WIDTH = 120  # of the table, in letters


@dataclasses.dataclass(frozen=True)
class Report:
    """Scores and how they were taken.

    Args:
        protocol: the fields of `PROTOCOL`, each a text or a dict with at least the fields named
            there, and those of `OPTIONAL` where they apply; `sha256` and `pictures` are hexadecimal
            hashes.
        scores: of `suite.compute`.

    Raises:
        ValueError: if the protocol lacks a field, there is no score, or one is not finite. There is
            no other way to print a score than through this class.
    """

    protocol: dict
    scores: tuple

    def __post_init__(self):
        optional = {field: parts for field, parts in OPTIONAL.items() if field in self.protocol}
        for field, parts in (PROTOCOL | optional).items():
            if not self.protocol.get(field):
                raise ValueError(f"The protocol of these scores lacks '{field}'.")
            for part in parts:
                if self.protocol[field].get(part) in (None, ""):
                    raise ValueError(f"The protocol of these scores lacks '{field}.{part}'.")
        if not self.scores:
            raise ValueError("There is no score to report.")
        for score in self.scores:
            if score.value is None and not score.caveats:
                raise ValueError(f"The score {score.key} has neither a value nor a caveat.")
            if score.value is not None and not math.isfinite(score.value):
                raise ValueError(f"The score {score.key} is {score.value}, which is no number.")

    def json_line(self):
        """One line of JSON: {"protocol": ..., "scores": [...]}."""
        scores = [dataclasses.asdict(score) for score in self.scores]
        content = {"schema": 1, "protocol": self.protocol, "scores": scores}
        return json.dumps(content, sort_keys=True, allow_nan=False)

    def table(self):
        """Several lines: the protocol in short, a line a score, and the caveats."""
        protocol = self.protocol
        extractor, seed = protocol["extractor"], protocol["settings"]["seed"]
        lines = _paragraph("Generated  ", _pictures(protocol["generated"]))
        for field, name in (("real", "Real"), ("train", "Training")):
            if field in protocol:
                lines += _paragraph(f"{name:<9}  ", _pictures(protocol[field]))
        lines += _paragraph(
            "Extractor  ",
            f"{extractor['name']} ({extractor['description']}), size {extractor['size']}, "
            f"sha256 {extractor['sha256'][:12]}",
        )
        lines += _paragraph(
            "Protocol   ",
            f"{protocol['quantisation']}; resized: {protocol['resize']}; seed {seed}",
        )

        label = max(len(score.label) for score in self.scores)
        lines += ["", f"{'':<{label}}  {'value':>10}  better   estimator"]
        before = None
        for score in self.scores:
            better = BETTER.get(score.better, score.better)
            estimator = "the same" if score.estimator == before else score.estimator
            before = score.estimator
            start = f"{score.label:<{label}}  {_number(score.value):>10}  {better:<7}  "
            lines += _paragraph(start, estimator)

        caveats = [f"{score.label}: {text}" for score in self.scores for text in score.caveats]
        if caveats:
            lines.append("")
        for caveat in caveats:
            lines += _paragraph("! ", caveat)
        return "\n".join(lines)


def _pictures(side):
    """What is known about one side, in a sentence."""
    split = f", {side['split']} ({side['split_rule']})" if "split" in side else ""
    latents = f", latents: {side['latents']}" if side.get("latents") else ""
    shape = "x".join(map(str, side["shape"]))
    return (
        f"{side['what']}{split}: {side['count']:,} pictures {shape}{latents}, "
        f"sha256 {side['pictures'][:12]}"
    )


def _number(value):
    """Four decimals, or three digits where these would be nearly all zeros."""
    if value is None:
        return "-"
    return f"{value:.3g}" if 0 < abs(value) < 0.01 else f"{value:.4f}"


def _paragraph(start, text):
    """Lines of at most `WIDTH` letters, if the words allow it, with `text` beside `start`."""
    room = max(WIDTH - len(start), 40)
    wrapped = textwrap.wrap(text, room, break_long_words=False, break_on_hyphens=False)
    first, *others = wrapped or [""]
    return [start + first, *(" " * len(start) + other for other in others)]
