"""Torch modules, traced."""
