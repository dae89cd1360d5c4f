"""The accelerators that can be built."""
