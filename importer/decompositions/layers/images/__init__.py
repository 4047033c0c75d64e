"""Images: resizing, pooling and convolutions."""
