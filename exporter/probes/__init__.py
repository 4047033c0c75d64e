"""The inputs that a model is run on: made from the model, or given by the user."""
