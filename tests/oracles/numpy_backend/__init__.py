"""A backend of NumPy arrays for the interpreter, as a second way to calculate what a body says."""

from tests.oracles.numpy_backend.backend import NumpyBackend, numbers, tensor

__all__ = ["NumpyBackend", "numbers", "tensor"]
