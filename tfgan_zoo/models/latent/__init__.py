"""Models of which each picture has a latent of its own, and that have no encoder."""
