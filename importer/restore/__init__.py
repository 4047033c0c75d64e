"""Give the variables of a Keras 3 model the tensors of a bundle."""
