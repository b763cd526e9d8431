"""What a card takes from model and data is asked for before a run begins."""

import types

import pytest

from tests.trainers import programs
from tfgan_zoo.models.unconditional.lsgan import LSGAN
from tfgan_zoo.training.exporting import check_sources, data_of
from tfgan_zoo.training.run_directory import RunError
from tfgan_zoo.training.task import Task

PAPER = {"title": "A", "authors": "B", "arxiv": "1", "code": None}
DATA = {"name": "ring", "description": "words", "licence": "none", "split": "train"}
SHIPS = Task(open=None, exports=lambda model, splits: ["something"])


def asked(task, paper, data):
    check_sources(task, types.SimpleNamespace(paper=paper), types.SimpleNamespace(info=data))


@pytest.mark.parametrize("lost", [*PAPER, *list(DATA)[:3]])
def test_what_is_missing_is_named_with_its_place(lost):
    asked(SHIPS, PAPER, DATA)
    paper, data = ({k: v for k, v in said.items() if k != lost} for said in (PAPER, DATA))
    place = "SimpleNamespace.paper" if lost in PAPER else "`info` of the training examples"
    with pytest.raises(ValueError, match=rf"card.\w+.{lost} is missing. The card .* {place}"):
        asked(SHIPS, paper, data)


def test_classes_and_colours_are_told():
    told = {**DATA, "label_names": ["ant", "bee"], "palette": [[0, 0, 0], [9, 9, 9]]}
    found = data_of(types.SimpleNamespace(info=told))
    assert found["classes"] == ["ant", "bee"] and found["palette"] == [[0, 0, 0], [9, 9, 9]]
    assert data_of(types.SimpleNamespace(info=DATA)).items() >= {"classes": None}.items()


def test_a_task_that_exports_nothing_needs_no_paper():
    asked(Task(open=None), {}, {})


def test_a_run_ends_before_its_first_step(tmp_path, monkeypatch):
    monkeypatch.setattr(LSGAN, "paper", {})
    with pytest.raises(RunError, match="card.paper.title is missing"):
        programs.run("lsgan", tmp_path)
    assert not list(tmp_path.glob("checkpoints/ckpt-*"))
