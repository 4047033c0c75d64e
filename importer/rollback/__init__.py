"""The way back: describe a model of Keras 3 for Keras 2.15, and compare it with what was made of it there."""
