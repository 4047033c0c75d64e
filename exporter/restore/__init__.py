"""Give a Keras 2 model the weights that a file stores for it, and account for every tensor of the file."""
