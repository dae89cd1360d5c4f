"""What blocks cost in a technology: area, delay, power, and what they save."""
