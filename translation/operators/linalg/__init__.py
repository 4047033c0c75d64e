"""Operators of `tf.linalg`: products, factorizations and norms."""
