"""A SavedModel without a model of Keras goes on as it is, with one file that makes a Keras 3 layer of it."""
