"""Measures the edit core beside published methods, on the same model outputs. `python -m bench.fidelity` runs it."""
