"""What a kind of model needs around it: data, grids, scores, export."""
