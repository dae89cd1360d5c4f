"""The ``hawx`` command."""
