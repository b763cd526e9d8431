"""Measures of generated images: against the truth, against labels, against a set."""
