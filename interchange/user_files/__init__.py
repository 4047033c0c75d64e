"""Python files that a user names: which functions and classes they give, and the digest that the user agreed to."""
