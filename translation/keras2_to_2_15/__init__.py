"""From a config of any Keras 2 to one that Keras 2.15 reads with the same meaning."""
