"""keras2to3: migrates Keras 2 models to Keras 3 and proves that they compute the same."""

from keras2to3 import install_paths

__version__ = "0.1.0"

install_paths.expose()
