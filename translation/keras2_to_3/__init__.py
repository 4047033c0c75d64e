"""From an architecture of Keras 2.15 to a specification for Keras 3."""
