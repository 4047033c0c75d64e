"""Readers of containers nobody vouches for: they measure before they allocate, and follow nothing."""
