"""From the model's picture to a layer: its colours matched to the surroundings, its seam treated, with its mask."""

from .layer import Layer, as_layer, compose

__all__ = ["Layer", "as_layer", "compose"]
