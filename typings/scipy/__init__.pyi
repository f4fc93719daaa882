"""What Layerbridge uses of scipy, which brings no types."""
