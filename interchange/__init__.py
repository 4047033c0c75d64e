"""The one language both sides share: errors, protocol and bundle. Standard library and NumPy only."""
