"""What both workers do alike, each with its own Keras."""
