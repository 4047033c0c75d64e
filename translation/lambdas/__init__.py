"""Lambda layers: how Keras stores their functions, and what the names in them mean."""
