"""Searches for assignments: one interface, and the exhaustive truth to compare them with."""
