"""Picture formats inside a graph: each file is read here as the data room reads it, or refused."""
