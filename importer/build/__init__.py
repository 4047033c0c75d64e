"""Build a Keras 3 model from its translation, from a user's function, or from a user's classes."""
