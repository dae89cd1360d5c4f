"""Divisors of a number."""

from __future__ import annotations

__all__ = ["divisors"]


def divisors(number: int) -> tuple[int, ...]:
    """The divisors of a positive number, ascending."""
    return tuple(n for n in range(1, number + 1) if number % n == 0)
