"""Operators of `tf.math`: arithmetic, comparisons, reductions and special functions."""
