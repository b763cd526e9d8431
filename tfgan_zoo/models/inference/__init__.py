"""Models that infer the latent of a picture, and have no likelihood."""
