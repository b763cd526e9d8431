"""Scores that the exports of one data set share, written into the card of one that lies there."""

import os
import pathlib
from collections.abc import Mapping, Sequence

from tfgan_zoo.export import card as cards
from tfgan_zoo.export import stored


def check(path: str | os.PathLike) -> None:
    """Raises `ValueError` if there is no card for `add`; before the score that it is to hold."""
    _found(path)


def add(
    path: str | os.PathLike,
    scores: Sequence[Mapping],
    protocol: Mapping,
    remark: str | None = None,
) -> pathlib.Path:
    """Puts scores into card.json and README.md; they replace those of the same name and extractor.

    Args:
        path: the folder of an export, or its newest SavedModel.
        scores: "key", "label", "value" and "better" of each; one without a value is left out.
        protocol: how they were taken, as JSON. Of folders only the names go into the card.
        remark: a sentence for the reader of the card on these scores.

    Returns:
        The folder.

    Raises:
        ValueError: there is no card of the present version there, or a number is not finite.
    """
    folder, card = _found(path)
    generated = {**protocol["generated"], "what": f"{card['name']}/{card['version']}"}
    real = {**protocol["real"], "what": _named(protocol["real"]["what"])}
    protocol = {**protocol, "generated": generated, "real": real}
    new = [
        {name: score[name] for name in ("key", "label", "value", "better")}
        | {"protocol": protocol, "remark": remark}
        for score in scores
        if score["value"] is not None
    ]
    taken = {_key(score) for score in new}
    kept = [score for score in card["compared"] or () if _key(score) not in taken]
    described = {name: card[name] for name in cards.FIELDS} | {"compared": kept + new or None}
    card |= cards.checked(described)
    cards.put(folder, card, stored.from_card(card))
    return folder


def _found(path):
    """(folder, card) of what a path names."""
    path = pathlib.Path(path).expanduser()
    card = stored.find_card(path)
    if card is None:
        raise ValueError(f"{path} has no card.json of an exported generator to write into.")
    folder = path if (path / "card.json").is_file() else path.parent
    if folder != path and path.name != str(card["version"]):
        raise ValueError(
            f"{path} is not the SavedModel that {folder / 'card.json'} describes, which is "
            f"{folder / str(card['version'])}."
        )
    if missing := sorted(set(cards.FIELDS) - set(card)):
        raise ValueError(
            f"The card of {folder} is of an older version and lacks {', '.join(missing)}: export "
            f"it again first, with python -m tfgan_zoo.export.reexport {folder}."
        )
    return folder, card


def _key(score):
    return score["key"], score["protocol"]["extractor"]["name"]


def _named(what: str) -> str:
    """The last part of a folder, as no card names a folder of one machine; else what it is."""
    return pathlib.Path(what).name if pathlib.Path(what).expanduser().exists() else what
