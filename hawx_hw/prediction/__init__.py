"""Area, power and longest path of designs, predicted from their features without synthesis."""

__all__: list[str] = []
