"""The stages, one a module: each reads what it needs, calls a room, and writes the result."""
