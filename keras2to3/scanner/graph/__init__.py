"""The policies for the TensorFlow graph in a SavedModel."""
