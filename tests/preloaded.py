"""What the processes of `tests.commands` begin with: imports that take long and start nothing.

No trainer and nothing that defines flags: a process defines those of its own trainer.
"""

import keras  # noqa: F401
import matplotlib.figure  # noqa: F401
import scipy.stats  # noqa: F401
import sklearn.datasets  # noqa: F401
import tensorflow as tf
import tensorflow_datasets  # noqa: F401

import tests.training.tiny  # noqa: F401

tf.lite  # noqa: B018 - imported on first use
