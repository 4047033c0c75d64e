"""The Keras 3 side: translate, rebuild, restore, verify and save."""
