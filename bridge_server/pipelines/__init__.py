"""Runs models through diffusers. Only the worker process imports this: torch lives here."""
