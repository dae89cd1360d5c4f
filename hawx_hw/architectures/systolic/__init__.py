"""From an integer graph and an accelerator's shape to what its memories hold, and to its cycles."""

__all__: list[str] = []
