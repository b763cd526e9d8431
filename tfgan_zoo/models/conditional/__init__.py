"""Generators that are told what to draw, or find out by themselves what can be told."""
