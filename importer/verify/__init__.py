"""Compare the outputs of the written model with those of the old one."""
