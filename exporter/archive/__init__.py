"""The `.keras` archives of Keras 2.12 to 2.15."""
