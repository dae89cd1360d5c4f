"""The families of multipliers, one a module."""
