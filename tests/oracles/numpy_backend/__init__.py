"""A world of NumPy arrays for the interpreter, as a second way to calculate what a body says."""

from tests.oracles.numpy_backend.world import NumpyWorld, numbers, tensor

__all__ = ["NumpyWorld", "numbers", "tensor"]
