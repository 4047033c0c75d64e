"""The rules of `keras.layers`, one module per folder of Keras."""
