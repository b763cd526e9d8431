"""Loss formulas: pure functions of tensors, each returning a scalar."""
