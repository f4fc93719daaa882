"""Shared rigs of the tests."""
