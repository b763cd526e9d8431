"""Variants that recognise, and learn from generated pictures too, a paper a file."""
