"""The two isolated environments with Keras 2 and Keras 3: building, finding and describing them."""
