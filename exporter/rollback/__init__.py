"""Keras 2.15 models of graphs that `translation/keras3_to_2` has made: built, given their weights, and written."""
