"""Optimizers that Keras lacks or runs slowly."""
