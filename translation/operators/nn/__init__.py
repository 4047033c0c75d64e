"""Operators of `tf.nn` and `tf.keras`: activations, convolutions, pooling, normalization and losses."""
