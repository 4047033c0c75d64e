"""Operators of `tf.image`, and those that move blocks of pixels."""
