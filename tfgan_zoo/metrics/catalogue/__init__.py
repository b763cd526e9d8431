"""The metrics of `python -m tfgan_zoo.metrics.score`: each file here is one, its `METRIC`."""
