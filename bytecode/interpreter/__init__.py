"""Computes what the instructions of a function mean, on tensors of a backend."""
