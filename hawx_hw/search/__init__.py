"""Searches for designs: algorithms behind one interface, evaluations, and the front."""
