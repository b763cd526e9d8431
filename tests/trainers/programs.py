"""Trainers run in the process of the tests."""

import importlib

TINY = "trainers/flagfiles/{}_tiny.flags"


def values(name, *arguments, flagfile=None):
    """The flags of a trainer under its tiny flagfile, or another, and further arguments."""
    trainer = importlib.import_module(f"trainers.{name}").TRAINER
    return trainer.parse([f"--flagfile={flagfile or TINY.format(name)}", *arguments])


def run(name, folder, *arguments, flagfile=None):
    """(what the run came to, the lines that it printed)."""
    trainer = importlib.import_module(f"trainers.{name}").TRAINER
    words = [f"--flagfile={flagfile or TINY.format(name)}", f"--run_dir={folder}", *arguments]
    lines = []
    outcome = trainer.run(trainer.parse(words), words, lines.append)
    return outcome, "\n".join(lines)


def weights(model, player):
    """A player's trainable weights as arrays."""
    return [variable.numpy() for variable in model.trained_variables(player)]
