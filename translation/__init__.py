"""What changed between versions of Keras, as data and pure functions; standard library and NumPy only."""
