"""What a Keras 2 model computes on its probes, and how exact that is."""
