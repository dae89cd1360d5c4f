"""One point of a front: by its number, or by the constraints that it must meet.

The images that select decide which designs keep the accuracy constraint, with a confidence that is
stated (:mod:`hawx_hw.search.bound`). The exact design needs no test. All others that may keep the
constraint are finalists, and are tested in the order of their accuracy drops on images for
learning, from the least on, at decreasing shares of the allowed error.

The claim is valid because nothing before the tests has seen an image that selects: who is judged
(the search and its race), who is a finalist, the order and the shares. Whether a design is on the
front does depend on these images, so that the front does not matter here: those behind it are
finalists, too. Otherwise of many alike the luckiest would be tested alone, at the error of one.

Many finalists cost little: the safest pass, and hand their error on. Simulated choices among 20
designs were worse where finalists were thinned out, by cost or by what distinguishes them: it is
the safe ones that are missing where all others fail, and then only the exact design is left.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from hawx_hw.errors import UserError
from hawx_hw.search.bound import Paired, Tested, fallback, images_needed, upper_drop
from hawx_hw.search.result import DesignPoint, SearchResult

__all__ = [
    "CONFIDENCE",
    "AccuracyBound",
    "Choice",
    "bound_of",
    "by_constraints",
    "by_index",
    "check_limits",
    "choose",
    "choose_point",
    "learned_drop",
]

#: The confidence of a constraint that states none.
CONFIDENCE = 0.95
#: Standard deviations by which a finalist may miss the constraint on images for learning. Those
#: that do come last, and take hardly any error from the others.
_HOPE = 2.0
#: Share of the constraint by which ends of intervals may differ and count as equal: what images
#: show of a design is never that sharp.
_ALIKE = 0.1
#: Share of the allowed error of each finalist, as a part of that of the one before.
_RATIO = 0.7

#: A network of a design: its assignment, and whether it was retrained.
_Network = tuple[tuple[int, ...], bool]


@dataclass(frozen=True)
class AccuracyBound:
    """What is known of a design's accuracy drop on new images.

    Parameters
    ----------
    drop : float
        On the images that select, in percentage points.
    upper : float
        Its upper confidence bound, corrected for the number of finalists.
    most : float
        The constraint.
    confidence : float
        Of the bound, with all finalists together, in [0.5, 1).
    images : int
        Images that select.
    finalists : int
        Designs whose bounds were compared with the constraint; 0 where the design is exact, whose
        drop is certain.
    holds : bool
        Whether the bound meets the constraint.
    images_needed : int or None
        About how many images would show it, if the drop is as observed; None where the bound meets
        the constraint, or where no number would.
    estimated : float or None
        The drop corrected for selection, see :mod:`hawx_hw.search.estimate`.
    """

    drop: float
    upper: float
    most: float
    confidence: float
    images: int
    finalists: int
    holds: bool
    images_needed: int | None = None
    estimated: float | None = None

    @property
    def undecided(self) -> bool:
        """Whether the images cannot show that the constraint is kept."""
        return not self.holds


@dataclass(frozen=True)
class Choice:
    """A chosen point.

    Parameters
    ----------
    point : DesignPoint
    bound : AccuracyBound or None
        None where no images select: the choice rests on the images of the search.
    """

    point: DesignPoint
    bound: AccuracyBound | None


def by_index(result: SearchResult, index: int) -> int:
    """``index``, if there is such a point.

    Raises
    ------
    UserError
        There is none.
    """
    if not 0 <= index < len(result.designs):
        raise UserError(
            f"The search has no point {index}",
            hint=f"Its points are numbered 0 to {len(result.designs) - 1}: see hawx search.",
        )
    return index


def by_constraints(
    result: SearchResult,
    accuracy_drop: float,
    limits: Mapping[str, float],
    confidence: float = CONFIDENCE,
) -> int:
    """Index of the point that :func:`choose` chooses."""
    point = choose(result, accuracy_drop, limits, confidence).point
    return next(index for index, each in enumerate(result.designs) if each is point)


def choose(
    result: SearchResult,
    accuracy_drop: float,
    limits: Mapping[str, float],
    confidence: float = CONFIDENCE,
) -> Choice:
    """The point of the front of least objective that meets the constraints.

    Parameters
    ----------
    result : SearchResult
    accuracy_drop : float
        The largest, in percentage points.
    limits : mapping of str to float
        The most of some of the front's metrics, > 0.
    confidence : float
        Probability that what is chosen keeps the accuracy drop, where the bound holds.

    Returns
    -------
    Choice
        Of equals the one of least accuracy drop. Where the images can show of no approximate design
        that it keeps the accuracy drop, that of the safest estimate (the one whose interval ends
        first) among those whose estimate keeps it, if there is one; of several whose intervals
        end within a tenth of the constraint of the first, that of least objective.

    Raises
    ------
    UserError
        No point does; it names the one that comes nearest. Or there is no such metric.
    """
    check_limits(result, limits)
    fitting = [p for p in result.designs if all(p.metrics[k] <= v for k, v in limits.items())]
    choice = choose_point(result, fitting, accuracy_drop, confidence)
    if choice is None:
        raise _refusal(result, accuracy_drop, limits)
    return choice


def check_limits(result: SearchResult, limits: Mapping[str, float]) -> None:
    """Refuse limits of metrics that designs do not have.

    Parameters
    ----------
    result : SearchResult
    limits : mapping of str to float
        By the names of metrics.

    Raises
    ------
    UserError
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


def choose_point(
    result: SearchResult,
    points: Sequence[DesignPoint],
    accuracy_drop: float,
    confidence: float = CONFIDENCE,
) -> Choice | None:
    """The point of least objective that keeps the accuracy drop; see :func:`choose`.

    Parameters
    ----------
    result : SearchResult
        Of the points.
    points : sequence of DesignPoint
        Any that may be chosen.
    accuracy_drop, confidence
        See :func:`choose`.

    Returns
    -------
    Choice or None
        None where no point keeps it.
    """

    def least(some: Sequence[DesignPoint]) -> DesignPoint:
        return min(some, key=lambda p: (p.metrics[result.objective], p.estimated_drop))

    if result.select_images == 0:
        allowed = [point for point in points if point.accuracy_drop <= accuracy_drop]
        return Choice(least(allowed), None) if allowed else None
    finalists = _finalists(result, points, accuracy_drop)
    tests = fallback(list(finalists.values()), accuracy_drop, confidence, ratio=_RATIO)
    tested = dict(zip(finalists, tests, strict=True))
    passed = [p for p in points if p.exact or (p.network in tested and tested[p.network].passed)]
    hopeful = [p for p in points if p.network in tested and p.estimated_drop <= accuracy_drop]
    if any(not point.exact for point in passed) or (passed and not hopeful):
        chosen = least(passed)
    elif hopeful:
        limit = min(_safe(point, tested) for point in hopeful) + _ALIKE * accuracy_drop
        chosen = least([point for point in hopeful if _safe(point, tested) <= limit])
    else:
        return None
    bound = _bound(chosen, tested.get(chosen.network), accuracy_drop, confidence, len(finalists))
    return Choice(chosen, bound)


def bound_of(
    result: SearchResult, index: int, accuracy_drop: float, confidence: float = CONFIDENCE
) -> AccuracyBound | None:
    """What is known of a point that was chosen by its number: any other might have been.

    Parameters
    ----------
    result : SearchResult
    index : int
        Of the front.
    accuracy_drop, confidence
        See :func:`choose`.
    """
    point = result.designs[index]
    if point.selection is None:
        return None
    many = len({each.network for each in result.designs if not each.exact})
    error = (1 - confidence) / max(many, 1)
    upper = upper_drop(point.selection, error)
    tested = Tested(error, upper, upper <= accuracy_drop)
    return _bound(point, None if point.exact else tested, accuracy_drop, confidence, many)


def _safe(point: DesignPoint, tested: Mapping[_Network, Tested]) -> float:
    """What a design loses at most, as far as is known: the same for all that was seen of it."""
    return tested[point.network].upper if point.estimate is None else point.estimate.high


def _bound(
    point: DesignPoint, tested: Tested | None, most: float, confidence: float, finalists: int
) -> AccuracyBound:
    assert point.selection is not None
    images = point.selection.images
    if tested is None:
        return AccuracyBound(0.0, 0.0, most, confidence, images, 0, True)
    needed = None if tested.passed else images_needed(point.selection, most, tested.level)
    return AccuracyBound(
        point.selection.drop,
        tested.upper,
        most,
        confidence,
        images,
        finalists,
        tested.passed,
        needed,
        None if point.estimate is None else point.estimate.value,
    )


def _finalists(
    result: SearchResult, points: Sequence[DesignPoint], most: float
) -> dict[_Network, Paired]:
    """Assignments that may keep the constraint and that cost less than exact blocks, in order."""
    exact = [point.metrics[result.objective] for point in points if point.exact]
    ceiling = min(exact, default=float("inf"))

    def hopeful(point: DesignPoint) -> bool:
        images = result.images if point.race is None else point.race.images
        expected = most / 100 * images
        hope = 100 * (expected + _HOPE * sqrt(expected + 1)) / images
        return learned_drop(point) <= hope and point.metrics[result.objective] < ceiling

    ordered = sorted(points, key=lambda p: (learned_drop(p), p.metrics[result.objective], p.vector))
    return {
        point.network: point.selection
        for point in ordered
        if not point.exact and point.selection is not None and hopeful(point)
    }


def learned_drop(point: DesignPoint) -> float:
    """The accuracy drop on images for learning, in percentage points.

    Of the race where there was one, which no search favored.
    """
    return point.accuracy_drop if point.race is None else point.race.drop


def _refusal(result: SearchResult, accuracy_drop: float, limits: Mapping[str, float]) -> UserError:
    """The error of constraints that no point meets."""
    excesses = [_excess(point, accuracy_drop, limits) for point in result.designs]
    nearest = min(range(len(result.designs)), key=lambda i: (excesses[i], i))
    point = result.designs[nearest]
    required = [f"accuracy_drop {accuracy_drop:g}", *(f"{k} {v:g}" for k, v in limits.items())]
    reached = [
        f"accuracy_drop {point.estimated_drop:.2f}",
        *(f"{k} {point.metrics[k]:.4g}" for k in limits),
    ]
    return UserError(
        f"No design of the front meets {', '.join(required)}; the nearest is point {nearest} "
        f"with {', '.join(reached)}",
        hint="Loosen a constraint, offer other blocks or accelerators, or search with a larger "
        "budget.",
    )


def _excess(point: DesignPoint, accuracy_drop: float, limits: Mapping[str, float]) -> float:
    """By how much a point misses its constraints: shares of the limits, and percentage points."""
    over = [max(0.0, point.metrics[name] / limit - 1) for name, limit in limits.items()]
    return max(0.0, point.estimated_drop - accuracy_drop) + sum(over)
