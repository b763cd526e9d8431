"""Data: each source becomes a random-access table of named fields, and that a tf.data stream."""
