"""What each instruction takes from the stack, puts there and does."""
