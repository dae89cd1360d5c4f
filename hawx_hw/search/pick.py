"""One point of a front: by its number, or by what it must keep to."""

from __future__ import annotations

from collections.abc import Mapping

from hawx_hw.errors import UserError
from hawx_hw.search.result import Found, SearchResult

__all__ = ["by_constraints", "by_index"]


def by_index(result: SearchResult, index: int) -> int:
    """``index``, if there is such a point.

    Raises
    ------
    UserError
        There is none.
    """
    if not 0 <= index < len(result.front):
        raise UserError(
            f"The front has no point {index}",
            hint=f"Its points are numbered 0 to {len(result.front) - 1}: see hawx search.",
        )
    return index


def by_constraints(result: SearchResult, lost: float, limits: Mapping[str, float]) -> int:
    """Index of the point of least objective that keeps to the constraints.

    Parameters
    ----------
    result : SearchResult
    lost : float
        Points of accuracy, on the images of the search.
    limits : mapping of str to float
        The most of some of the front's figures, > 0.

    Returns
    -------
    int
        Of equals the one that loses least.

    Raises
    ------
    UserError
        No point does; it names the one that comes nearest. Or a figure is not known.
    """
    if not result.front:
        raise UserError("Nothing was evaluated", hint="Search with a larger budget.")
    for name in limits:
        if name not in result.front[0].cost:
            known = ", ".join(result.front[0].cost)
            raise UserError(
                f"The search does not know {name}",
                hint=f"Limit {known}, or choose another search.objective.",
            )
    fitting = [i for i, found in enumerate(result.front) if _excess(found, lost, limits) == 0]
    if fitting:
        return min(fitting, key=lambda i: (result.front[i].cost[result.objective], i))
    nearest = min(
        range(len(result.front)), key=lambda i: (_excess(result.front[i], lost, limits), i)
    )
    found = result.front[nearest]
    wanted = [f"accuracy_drop {lost:g}", *(f"{k} {v:g}" for k, v in limits.items())]
    has = [f"accuracy_drop {found.lost:.2f}", *(f"{k} {found.cost[k]:.4g}" for k in limits)]
    raise UserError(
        f"Nothing that was found keeps to {', '.join(wanted)}; the nearest is point {nearest} "
        f"with {', '.join(has)}",
        hint="Loosen a constraint, offer other blocks or shapes, or search with a larger budget.",
    )


def _excess(found: Found, lost: float, limits: Mapping[str, float]) -> float:
    """By how much a point misses its constraints: shares of the limits, and points of accuracy."""
    over = [max(0.0, found.cost[name] / limit - 1) for name, limit in limits.items()]
    return max(0.0, found.lost - lost) + sum(over)
