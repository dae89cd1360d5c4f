"""One point of a front: by its number, or by the constraints that it must meet."""

from __future__ import annotations

from collections.abc import Mapping

from hawx_hw.errors import UserError
from hawx_hw.search.result import DesignPoint, SearchResult

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


def by_constraints(result: SearchResult, accuracy_drop: float, limits: Mapping[str, float]) -> int:
    """Index of the point of least objective that meets the constraints.

    Parameters
    ----------
    result : SearchResult
    accuracy_drop : float
        The largest, in percentage points, on the images of the search.
    limits : mapping of str to float
        The most of some of the front's metrics, > 0.

    Returns
    -------
    int
        Of equals the one of least accuracy drop.

    Raises
    ------
    UserError
        No point does; it names the one that comes nearest. Or there is no such metric.
    """
    if not result.front:
        raise UserError("Nothing was evaluated", hint="Search with a larger budget.")
    for name in limits:
        if name not in result.front[0].metrics:
            metrics = ", ".join(result.front[0].metrics)
            raise UserError(
                f"Points of this search have no {name}",
                hint=f"Limit {metrics}, or choose another search.objective.",
            )
    excesses = [_excess(point, accuracy_drop, limits) for point in result.front]
    fitting = [index for index, excess in enumerate(excesses) if excess == 0]
    if fitting:
        return min(fitting, key=lambda i: (result.front[i].metrics[result.objective], i))
    nearest = min(range(len(result.front)), key=lambda i: (excesses[i], i))
    point = result.front[nearest]
    required = [f"accuracy_drop {accuracy_drop:g}", *(f"{k} {v:g}" for k, v in limits.items())]
    reached = [
        f"accuracy_drop {point.accuracy_drop:.2f}",
        *(f"{k} {point.metrics[k]:.4g}" for k in limits),
    ]
    raise UserError(
        f"No design of the front meets {', '.join(required)}; the nearest is point {nearest} "
        f"with {', '.join(reached)}",
        hint="Loosen a constraint, offer other blocks or accelerators, or search with a larger "
        "budget.",
    )


def _excess(point: DesignPoint, accuracy_drop: float, limits: Mapping[str, float]) -> float:
    """By how much a point misses its constraints: shares of the limits, and percentage points."""
    over = [max(0.0, point.metrics[name] / limit - 1) for name, limit in limits.items()]
    return max(0.0, point.accuracy_drop - accuracy_drop) + sum(over)
