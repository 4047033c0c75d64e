"""The way back: Keras 2.15 models of what the importer has described, given their weights, and written."""
