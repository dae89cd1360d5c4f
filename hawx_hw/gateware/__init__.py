"""Hardware in Amaranth."""

__all__: list[str] = []
