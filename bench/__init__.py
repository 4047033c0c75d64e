"""Measure the command against two plain scripts: ratios taken in one run, never absolute times."""
