"""Data: each source becomes a random-access table of uint8 examples, and that a tf.data stream."""
