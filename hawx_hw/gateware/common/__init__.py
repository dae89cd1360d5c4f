"""What every architecture shares: the shell around the core, memories, buses."""

__all__: list[str] = []
