"""The generators of the documentation; `nox -s docs` runs them."""
