"""What the model starts from where nothing is known: smooth (pull_push.py), or with lines continued (removal.py)."""

from .pull_push import NEUTRAL, fill_unknown, spread, strips, weighted

__all__ = ["NEUTRAL", "fill_unknown", "spread", "strips", "weighted"]
