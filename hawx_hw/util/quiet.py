"""Whether the user asked for no more than results: the one place for ``--quiet``."""

from __future__ import annotations

__all__ = ["is_quiet", "quieten"]

_state = {"quiet": False}


def quieten(quiet: bool) -> None:
    """Show no progress from here on, or show it again."""
    _state["quiet"] = quiet


def is_quiet() -> bool:
    """Whether progress is not shown, and summaries are the shortest."""
    return _state["quiet"]
