"""Searches for assignments: one interface, and the exhaustive ground truth to compare them with."""
