"""One point of a front, by what may be lost."""

from __future__ import annotations

from hawx_hw.errors import UserError
from hawx_hw.search.result import Found, SearchResult

__all__ = ["cheapest"]


def cheapest(result: SearchResult, most: float) -> Found:
    """The point of least cost that loses at most ``most`` points of accuracy.

    Raises
    ------
    UserError
        There is none; it names the point that comes nearest.
    """
    for found in reversed(result.front):
        if found.lost <= most:
            return found
    if not result.front:
        raise UserError("Nothing was evaluated", mend="Search with a larger budget.")
    nearest = result.front[0]
    raise UserError(
        f"Nothing that was found loses at most {most:g} points; the nearest loses "
        f"{nearest.lost:.2f} at {result.objective} {nearest.cost[result.objective]:.4g}",
        mend="Allow more to be lost, offer finer blocks, or search with a larger budget.",
    )
