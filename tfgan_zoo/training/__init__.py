"""The run engine: strategy, precision, checkpoints, callbacks, sample grids, resume."""
