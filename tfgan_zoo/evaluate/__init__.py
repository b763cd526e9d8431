"""Evaluators: from what draws and from data to scores, with the protocol they are taken by."""
