"""Stable Diffusion through diffusers: families, loading, sampling, previews."""
