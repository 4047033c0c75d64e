"""From Keras 3 back to Keras 2.15: configs of Keras 3 to specs of Keras 2.15; pure functions on dictionaries."""
