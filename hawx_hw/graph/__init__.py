"""The integer network: its graph, the reference and a fast interpreter, storage."""
