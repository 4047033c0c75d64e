"""Write the Keras 3 model, the same bytes each time, and check that stock Keras opens it in safe mode."""
