"""An edit by instruction: what the model moved and tinted unasked is taken out, and what it changed is found.

A model that edits by instruction paints the whole picture anew. What it keeps comes back shifted and scaled by a
little, with another tone ("images tend to jump and get a slight yellow tint", Acly/krita-ai-diffusion#2326).
"""

from .settle import Settled, settle

__all__ = ["Settled", "settle"]
