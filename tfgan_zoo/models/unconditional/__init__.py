"""Images from noise alone."""
