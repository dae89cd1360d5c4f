"""The costs of blocks in a technology: area, delay, power, and their savings."""
