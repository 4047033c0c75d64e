"""What the training state of a model is called by each Keras."""
