"""Looks into exported models; `python -m tfgan_zoo.explore` has the commands."""
