"""What a Keras 2 model is: its architecture, its variables, and the dtypes that it computes in."""
