"""The built-in text: captions of pictures that do not exist, made by a small grammar.

A sentence is a template whose slots are filled with words that go together. The grammar knows 102
words and 11,376 sentences of 7 to 14 words: a model can be seen to learn it within minutes, and
whether a sentence is one of the grammar has an answer.
"""

from __future__ import annotations

import itertools
import re

import numpy as np

LICENCE = "Written by this project's own code; Apache-2.0, as the code."
DESCRIPTION = "Captions made by a small grammar of {words} words and {sentences} sentences."
COUNT = 5000

# What may stand in a slot. A choice may hold slots of its own.
SLOTS = {
    "person": ("man", "woman", "boy", "girl", "child", "tall man", "young woman", "happy child"),
    "doing": (
        *("holding a red umbrella", "holding a phone", "eating a pizza", "eating a sandwich"),
        *("riding a bike", "riding a brown horse", "reading a book", "throwing a frisbee"),
        *("flying a kite", "carrying a large bag"),
    ),
    "animal": (
        *("dog", "cat", "horse", "cow", "bird", "black dog", "white dog"),
        *("brown dog", "black cat", "white cat", "white horse", "brown horse", "small bird"),
    ),
    "animals": ("dogs", "cats", "horses", "cows", "birds", "elephants", "small dogs"),
    "many": ("two", "three", "several"),
    "resting": ("standing", "sitting", "sleeping", "walking", "playing", "eating"),
    "vehicle": (
        *("{colour} car", "{colour} bus", "{colour} truck", "{colour} boat", "bike", "train"),
        *("large truck", "small boat"),
    ),
    "place": (
        *("on the beach", "in the park", "on the street", "in the snow", "near the water"),
        *("near a fence", "under a tree", "in front of a house", "beside a building"),
        *("at the station", "on the grass", "by the road"),
    ),
    "colour": ("red", "white", "black", "yellow", "green", "blue"),
    "thing": ("vase", "clock", "lamp", "cup", "plate of food", "bowl of fruit", "{colour} cake"),
    "seat": ("wooden table", "kitchen table", "desk", "shelf", "chair", "counter", "{colour} sofa"),
}
TEMPLATES = (
    "a {person} is {doing} {place}",
    "a {person} and a {animal} are {resting} {place}",
    "a {animal} is {resting} {place}",
    "{many} {animals} are {resting} {place}",
    "a {vehicle} is parked {place}",
    "there is a {thing} on a {seat}",
)


def all_sentences() -> list[str]:
    """Every sentence of the grammar once, in alphabetical order."""
    return sorted({sentence for template in TEMPLATES for sentence in _filled(template)})


def sentences(count: int = COUNT, seed: int = 0) -> list[str]:
    """Sentences of the grammar in a random order, each at most once.

    Each template is as likely as another, so that those with few sentences are not lost among the
    rest; what is left when a template's sentences are used up comes from the others.

    Args:
        count: how many.
        seed: which ones.

    Raises:
        ValueError: if the grammar has fewer sentences.
    """
    chance = np.random.default_rng([seed, count])
    heaps = [sorted(_filled(template)) for template in TEMPLATES]
    known = sum(map(len, heaps))
    if count > known:
        raise ValueError(f"The captions are {known} sentences, so that {count} cannot be drawn.")
    heaps = [[heap[i] for i in chance.permutation(len(heap))] for heap in heaps]
    drawn = []
    while len(drawn) < count:
        heaps = [heap for heap in heaps if heap]
        drawn += [heap.pop() for heap in heaps]
    drawn = drawn[:count]
    return [drawn[i] for i in chance.permutation(count)]


def describe() -> str:
    """One sentence on what the set is, with its numbers."""
    known = all_sentences()
    words = {word for sentence in known for word in sentence.split()}
    return DESCRIPTION.format(words=len(words), sentences=len(known))


def _filled(text):
    """All ways to fill the slots of `text`."""
    parts = re.split(r"\{(\w+)\}", text)
    slots = [[choice for word in SLOTS[name] for choice in _filled(word)] for name in parts[1::2]]
    for choices in itertools.product(*slots):
        filled = [*parts]
        filled[1::2] = choices
        yield "".join(filled)
