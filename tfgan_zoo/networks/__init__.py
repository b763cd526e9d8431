"""Whole networks that several variants share, as functions returning functional models."""
