"""Retraining of the integer network under its blocks: what is trained is what is emitted.

Results are read without torch, which takes seconds to import: this module imports nothing.
"""
