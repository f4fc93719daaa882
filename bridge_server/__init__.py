"""Layerbridge: Stable Diffusion inside the editor you already paint in."""

__version__ = "0.1.0"
