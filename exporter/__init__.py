"""The Keras 2 side: load, describe and run the model, and write down what it is and computes."""
