"""What ends a scenario before its time."""

from __future__ import annotations

__all__ = ["CheckFailure"]


class CheckFailure(Exception):
    """The accelerator does not do what it should; nothing more can be checked in this scenario."""
