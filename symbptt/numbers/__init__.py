"""Proved claims as NumPy functions, and the oracles that they are compared with."""
