"""The searches by name; a module is loaded when its search is requested."""

from __future__ import annotations

import importlib
from collections.abc import Mapping

from hawx_hw.search.problem import Search

__all__ = ["ALGORITHMS", "algorithm"]

#: Where each search is.
_MODULES = {
    "hawx": "hawx_hw.search.algorithms.hawx",
    "exhaustive": "hawx_hw.search.algorithms.exhaustive",
    "random": "hawx_hw.search.algorithms.random",
    "nsga2": "hawx_hw.search.algorithms.nsga2",
    "greedy": "hawx_hw.search.algorithms.greedy",
    "hill_climbing": "hawx_hw.search.algorithms.hill_climbing",
}
#: What each search does, in a line.
ALGORITHMS: Mapping[str, str] = {
    "hawx": "goes by the hawx scores, and evaluates what may enlarge the front most",
    "exhaustive": "evaluates every assignment",
    "random": "evaluates random assignments",
    "nsga2": "non-dominated sorting genetic algorithm II",
    "greedy": "evaluates every block in every unit by itself, then takes them in the best order",
    "hill_climbing": "learns accuracies from random assignments and climbs on the learned model",
}


def algorithm(name: str) -> Search:
    """The search of that name.

    Raises
    ------
    ValueError
        There is none.
    """
    if name not in ALGORITHMS:
        raise ValueError(f"Algorithm must be one of {', '.join(ALGORITHMS)}, not {name!r}")
    search: Search = importlib.import_module(_MODULES[name]).search
    return search
