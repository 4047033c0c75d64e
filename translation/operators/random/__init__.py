"""Operators of `tf.random`, and where their random numbers come from."""
