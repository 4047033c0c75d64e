"""Runs migrations: pairs of worker processes on this machine, and the protocol that they are spoken to with."""
