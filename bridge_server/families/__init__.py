"""Model families: one folder each. What a family is stands in base.py, and which there are tells registry.py."""
