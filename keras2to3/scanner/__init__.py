"""The scanner reads a model file without TensorFlow and decides whether Keras 2.15 may load it."""
