"""Export room: SavedModel, TFLite, serving assets and model card, from callables and networks."""
