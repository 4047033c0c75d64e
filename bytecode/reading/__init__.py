"""From marshalled bytes of any Python from 2.7 to 3.13 to one form of instructions."""
