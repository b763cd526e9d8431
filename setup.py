"""Installation of TFGAN Zoo: `pip install .` for use, `pip install -e '.[test]'` for work on it."""

import pathlib
import re

from setuptools import find_packages, setup

HERE = pathlib.Path(__file__).parent
VERSION = re.search(
    r'^__version__ = "(.+)"$', (HERE / "tfgan_zoo" / "__init__.py").read_text("utf-8"), re.M
).group(1)

# Lower bounds are the oldest versions that the suite has run with; upper bounds stop at the next
# release that may break the API. Keras 3.12 to 3.14 are for Python 3.10, which 3.15 left behind.
REQUIRES = [
    "tensorflow>=2.21,<2.22",
    "keras>=3.12,<4",
    "tensorflow-datasets>=4.9.10,<5",
    "importlib_resources",  # tensorflow-datasets 4.9.10 imports it and does not declare it
    # etils 1.14 left Python 3.10 behind; without this an old pip searches for minutes or for ever.
    'etils<1.14; python_version < "3.11"',
    "numpy>=2.0",
    "absl-py>=2.1",
    "pillow>=11",
    "scikit-learn>=1.6",
    "scipy>=1.14",
    "matplotlib>=3.9",
    "tensorboard>=2.20,<3",  # tf.summary writes through it, and TensorFlow no longer brings it
    "psutil>=5.9",
    "flatbuffers",  # what a TFLite file is written in; TensorFlow has it too
    "nltk>=3.10",
    "protobuf",  # the descriptions of prepared sets are parsed with it; TensorFlow has it too
]

EXTRAS = {
    "gpu": ["tensorflow[and-cuda]>=2.21,<2.22"],
    "eval": ["POT>=0.9.5", "prdc>=0.2"],
    "serving": ["tensorflow-serving-api>=2.21,<2.22"],
    "onnx": ["tf2onnx>=1.17", "onnx>=1.17", "onnxruntime>=1.20"],
    "openvino": ["openvino>=2025.0"],
    # From 2.60 on a token guards Ray's own ports, by which code can be run.
    "ray": ["ray[serve]>=2.60,<3", "starlette"],
}
EXTRAS["test"] = [
    *EXTRAS["eval"],
    *EXTRAS["serving"],
    *EXTRAS["onnx"],
    "pytest>=8",
    "pytest-xdist>=3.6",
    "ruff>=0.12,<1",
    "scikit-image>=0.25",
    "playwright>=1.50,<2",  # drives Chromium, which the Makefile installs
    "setuptools>=77",  # the test of the packaging builds the archives without a network
]

setup(
    name="tfgan_zoo",
    version=VERSION,
    description="A TensorFlow and Keras 3 zoo of generative adversarial networks: "
    "one file, one paper",
    long_description=(HERE / "README.md").read_text("utf-8"),
    long_description_content_type="text/markdown",
    license="Apache-2.0",
    python_requires=">=3.10,<3.14",
    packages=find_packages(include=["tfgan_zoo*", "trainers*"]),
    package_data={
        "trainers": ["flagfiles/*.flags"],
        # The page as it is, and the runtime that it loads.
        "tfgan_zoo.gallery": ["page/**"],
    },
    install_requires=REQUIRES,
    extras_require=EXTRAS,
    classifiers=[
        "Intended Audience :: Science/Research",
        *(f"Programming Language :: Python :: 3.{minor}" for minor in range(10, 14)),
        "Topic :: Scientific/Engineering :: Artificial Intelligence",
    ],
)
