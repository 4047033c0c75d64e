"""How a model of Keras 2 was compiled, and what the state of its training is called by each Keras."""
