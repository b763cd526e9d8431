"""The built-in sentences."""

import pytest

from tfgan_zoo.data import captions


def test_the_grammar_is_as_large_as_it_says():
    known = captions.all_sentences()
    words = {word for sentence in known for word in sentence.split()}
    lengths = {len(sentence.split()) for sentence in known}
    assert (len(known), len(words), min(lengths), max(lengths)) == (11376, 102, 7, 14)
    assert "102 words and 11376 sentences" in captions.describe()
    assert not any("{" in sentence for sentence in known)


def test_sentences_follow_from_the_seed_and_none_comes_twice():
    drawn = captions.sentences(500)
    assert drawn == captions.sentences(500) and drawn != captions.sentences(500, seed=1)
    assert len({*drawn}) == 500 and {*drawn} <= {*captions.all_sentences()}
    # Each template has its share, in any part of the whole.
    assert sum(sentence.startswith("there is") for sentence in drawn[:250]) > 20


def test_all_can_be_drawn_and_no_more():
    assert sorted(captions.sentences(11376)) == captions.all_sentences()
    with pytest.raises(ValueError, match="are 11376 sentences, so that 11377 cannot be drawn"):
        captions.sentences(11377)
