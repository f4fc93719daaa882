"""The tiny Stable Diffusion models of the tests; they are built by their family."""

from bridge_server.families.stable_diffusion.tiny import build as build_tiny

__all__ = ["build_tiny"]
