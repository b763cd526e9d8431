"""Keras layers that Keras itself does not have."""
