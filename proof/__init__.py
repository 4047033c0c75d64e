"""The proof that the verification finds faults, and that what it verifies is right; outside the wheel."""
