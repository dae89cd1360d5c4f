"""What architectures share when they map a network onto multipliers: none of it is hardware."""
