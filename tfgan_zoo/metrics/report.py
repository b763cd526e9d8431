"""Scores as a table for people and a line of JSON for programs, never without their protocol."""

import dataclasses
import json
import math

PROTOCOL = {
    "generated": ("what", "sha256", "pictures", "count", "shape"),
    "real": ("what", "split", "split_rule", "pictures", "count", "shape"),
    "extractor": ("name", "sha256", "description", "size"),
    "resize": (),
    "quantisation": (),
    "settings": ("seed",),
    "versions": ("tensorflow", "keras", "numpy", "pillow", "scipy", "scikit-learn", "commit"),
}
ARROWS = {"lower": "lower is better", "higher": "higher is better", "0.5": "0.5 is ideal"}


@dataclasses.dataclass(frozen=True)
class Report:
    """Scores and how they were taken.

    Args:
        protocol: the fields of `PROTOCOL`, each a text or a dict with at least the fields named
            there; `sha256` and `pictures` are hexadecimal hashes.
        scores: of `suite.compute`.

    Raises:
        ValueError: if the protocol lacks a field, or a score is not finite. There is no other way
            to print a score than through this class.
    """

    protocol: dict
    scores: tuple

    def __post_init__(self):
        for field, parts in PROTOCOL.items():
            if not self.protocol.get(field):
                raise ValueError(f"The protocol of these scores lacks '{field}'.")
            for part in parts:
                if self.protocol[field].get(part) in (None, ""):
                    raise ValueError(f"The protocol of these scores lacks '{field}.{part}'.")
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
        generated, real, extractor = (protocol[k] for k in ("generated", "real", "extractor"))
        lines = [
            f"Generated  {generated['what']}: {generated['count']:,} pictures "
            f"{_shape(generated)}, sha256 {generated['pictures'][:12]}",
            f"Real       {real['what']}, {real['split']} ({real['split_rule']}): "
            f"{real['count']:,} pictures {_shape(real)}, sha256 {real['pictures'][:12]}",
            f"Extractor  {extractor['name']} ({extractor['description']}), size "
            f"{extractor['size']}, sha256 {extractor['sha256'][:12]}",
            f"Pictures   {protocol['quantisation']}; resized: {protocol['resize']}; "
            f"seed {protocol['settings']['seed']}",
            "",
        ]
        width = max(len(score.label) for score in self.scores)
        for score in self.scores:
            value = "-" if score.value is None else f"{score.value:.4f}"
            arrow = ARROWS.get(score.better, "")
            lines.append(
                f"{score.label:<{width}}  {value:>12}  {score.estimator}"
                + (f"; {arrow}" if arrow else "")
            )
        caveats = [f"! {score.label}: {text}" for score in self.scores for text in score.caveats]
        return "\n".join([*lines, *([""] if caveats else []), *caveats])


def _shape(side):
    return "x".join(map(str, side["shape"]))
