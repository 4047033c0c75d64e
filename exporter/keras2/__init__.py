"""Changes to Keras 2.15 in the exporting process, so that it runs every model on a CPU and starts quickly."""
