"""Designs of a search that are retrained, and what becomes of them.

Candidates are judged without retraining. Some of them, the *finalists*, are retrained, and then
stand beside all others: whoever keeps the constraint by the images that select may be chosen
(:mod:`hawx_hw.search.pick`). Who is a finalist is decided by images for learning alone, as the
validity of that choice requires: no image that selects has a say before the tests.

The first finalist is the cheapest design that keeps the accuracy drop by images for learning, as it
is. The others are cheaper ones, evenly spaced in cost down to the cheapest of which a training may
make something.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from math import sqrt
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.retraining.result import RetrainedDesign, RetrainResult, Seen
from hawx_hw.search.bound import Paired
from hawx_hw.search.pick import by_index, check_limits, learned_drop
from hawx_hw.search.result import DesignPoint, DropEstimate, SearchResult, load_result

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig

__all__ = ["RECOVERED", "finalists", "load_candidates", "requested_finalists", "with_retrained"]

#: Percentage points beyond the constraint that a training may recover.
RECOVERED = 20.0
#: Standard deviations within which 95 % of a normal distribution lie.
_WIDTH = 1.96


def finalists(
    result: SearchResult, accuracy_drop: float, limits: Mapping[str, float], count: int
) -> list[int]:
    """Numbers of the designs to retrain, from the most expensive on.

    Parameters
    ----------
    result : SearchResult
        Without retrained designs.
    accuracy_drop : float
        The largest, in percentage points.
    limits : mapping of str to float
        The most of some of the front's metrics, > 0.
    count : int
        How many, at most, >= 1.

    Returns
    -------
    list of int
        Empty where no approximate design is cheaper than the exact one and within the limits.
    """

    def cost(index: int) -> float:
        return result.designs[index].metrics[result.objective]

    def name(index: int) -> tuple[tuple[int, ...], int]:
        # Numbers are by the images that select; they must not break ties either.
        point = result.designs[index]
        return point.vector, -1 if point.accelerator is None else point.accelerator

    exact = [p.metrics[result.objective] for p in result.designs if p.exact]
    ceiling = min(exact, default=float("inf"))
    possible = [
        index
        for index, point in enumerate(result.designs)
        if not point.exact
        and cost(index) < ceiling
        and all(point.metrics[name] <= most for name, most in limits.items())
        and learned_drop(point) <= accuracy_drop + RECOVERED
    ]
    possible.sort(key=lambda index: (learned_drop(result.designs[index]), cost(index), name(index)))
    stairs: list[int] = []
    for index in possible:
        # Those that no other beats in cost and drop.
        if not stairs or cost(index) < cost(stairs[-1]):
            stairs.append(index)
    keeping = [i for i in stairs if learned_drop(result.designs[i]) <= accuracy_drop]
    # The cheapest that keeps the drop as it is, and all that are cheaper.
    left = stairs[len(keeping) - 1 :] if keeping else stairs
    chosen: list[int] = []
    for number in range(min(count, len(left))):
        share = number / max(min(count, len(left)) - 1, 1)
        target = cost(left[0]) + share * (cost(left[-1]) - cost(left[0]))
        others = [index for index in left if index not in chosen]
        chosen.append(min(others, key=lambda index: (abs(cost(index) - target), name(index))))
    return sorted(chosen, key=lambda index: -cost(index))


def requested_finalists(result: SearchResult, search: SearchConfig, count: int) -> list[int]:
    """Numbers of the designs that a config asks to retrain.

    Parameters
    ----------
    result : SearchResult
        Without retrained designs.
    search : SearchConfig
        The design that it names by ``index`` is retrained alone; see :func:`finalists` else.
    count : int
        Finalists.

    Raises
    ------
    UserError
        There is no design of that number, or designs have no such metric.
    """
    if search.index is None:
        rules = search.constraints
        check_limits(result, rules.limits)
        return finalists(result, rules.accuracy_drop, rules.limits, count)
    index = by_index(result, search.index)
    return [] if result.designs[index].exact else [index]


def with_retrained(result: SearchResult, trained: RetrainResult) -> SearchResult:
    """The result with its retrained designs, which are numbered behind all others.

    Parameters
    ----------
    result : SearchResult
        Without retrained designs.
    trained : RetrainResult
        Of designs of it.

    Raises
    ------
    UserError
        It is of another search.
    """
    points = tuple(
        _point(result, design, len(result.designs) + place)
        for place, design in enumerate(trained.designs)
    )
    return replace(result, retrained=points)


def _point(result: SearchResult, design: RetrainedDesign, number: int) -> DesignPoint:
    if design.index is None or design.select is None or design.searched is None:
        raise _wrong("The retrained design is not of a search")
    origin = result.designs[by_index(result, design.index)]
    if design.number != number or set(design.blocks) != set(origin.assignment["blocks"]):
        raise _wrong(f"The retrained design {design.number} is of another search")
    paired = Paired(design.select.images, design.select.lost, design.select.gained)
    searched = design.searched
    return replace(
        origin,
        accuracy=searched.after,
        accuracy_drop=100 * (searched.exact - searched.after),
        predicted_accuracy=None,
        test_accuracy=design.test.after,
        selection=paired,
        # A network has learned from the images of the race, too.
        race=None,
        estimate=_estimate(design.select),
        retrained=True,
    )


def _wrong(what: str) -> UserError:
    return UserError(what, where=RetrainResult.FILE, hint=RetrainResult.how_to_make())


def _estimate(seen: Seen) -> DropEstimate:
    """The drop on the images that select, which is all that is known; one more image may differ."""
    signed = (seen.lost - seen.gained) / seen.images
    variance = ((seen.lost + seen.gained + 1) / seen.images - signed**2) / seen.images
    width = 100 * _WIDTH * sqrt(max(variance, 0.0))
    return DropEstimate(100 * signed, 100 * signed - width, 100 * signed + width)


def load_candidates(folder: Path) -> SearchResult:
    """The search's result with its retrained designs, as far as there are any.

    Parameters
    ----------
    folder : Path
        The build folder.

    Raises
    ------
    UserError
        A file is missing, damaged or of another schema, or nothing was searched.
    """
    result = load_result(folder)
    if not (folder / RetrainResult.FILE).exists():
        return result
    return with_retrained(result, RetrainResult.read(folder))
