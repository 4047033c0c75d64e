"""Restore the variables of a Keras 3 model from the tensors of a bundle."""
