"""keras2to3: migrates Keras 2 models to Keras 3 and proves that they compute the same."""

from keras2to3 import home

__version__ = "0.1.0"

home.expose()
