"""What a model file may name: the classes, functions and operators of Keras 2.15 that touch their tensors alone."""
