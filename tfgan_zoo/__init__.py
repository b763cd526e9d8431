"""TFGAN Zoo: one GAN paper, one file."""

import os

__version__ = "0.1.0"

# TensorFlow greets who imports it with what it misses of CUDA and uses of oneDNN; warnings stay.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "1")
