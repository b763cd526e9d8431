"""TFGAN Zoo: one GAN paper, one file."""

__version__ = "0.1.0"
