"""The design of a search that is built, beside the designs that it must beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hawx_hw.report.verdict import Rival, own_kind, rivals, verdict
from hawx_hw.search.pick import CONFIDENCE, AccuracyBound, bound_of, choose

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig
    from hawx_hw.search.result import AccuracyInterval, DesignPoint, SearchResult

__all__ = ["ChosenDesign", "ComparedDesign", "chosen_bound", "chosen_design", "chosen_rivals"]


@dataclass(frozen=True)
class ComparedDesign:
    """A design of the search.

    Parameters
    ----------
    what : str
        What it is, in words.
    accuracy_drop : float
        On new images, estimated, in percentage points; where no images select, on those of the
        search.
    interval : tuple of float or None
        It lies there with 95 % probability; None where no images select, or where the design is
        exact.
    test_accuracy : float or None
        In [0, 1].
    metrics : mapping of str to float
        With their units in their names.
    size : str
        Of its accelerator; empty where it has none.
    """

    what: str
    accuracy_drop: float
    interval: tuple[float, float] | None
    test_accuracy: float | None
    metrics: Mapping[str, float]
    size: str


@dataclass(frozen=True)
class ChosenDesign:
    """The design that is built.

    Parameters
    ----------
    index : int
        Its number in the search; those of the front come first.
    objective : str
        The metric that was weighed against accuracy.
    exact_accuracy, accuracy : float
        Of the exact network and of the design, on the search's training images, in [0, 1].
    images : int
        How many these are.
    predicted_accuracy : AccuracyInterval or None
    verdict : str
        One sentence on what it gains.
    designs : tuple of ComparedDesign
        The chosen one, and those that it must beat.
    bound : AccuracyBound or None
        What is known of its accuracy drop on new images; None where no images select.
    memory_model : str or None
        The memory model that their energies rest on; None where no memories count.
    exact : bool
        Whether all of its blocks are exact, so that it loses nothing on any image.
    numbered : bool
        Whether it was chosen by its number, and not by the constraints.
    kind : str or None
        What it is where it is exact, or one block everywhere, and whether that is the best.
    """

    index: int
    objective: str
    exact_accuracy: float
    accuracy: float
    images: int
    predicted_accuracy: AccuracyInterval | None
    verdict: str
    designs: tuple[ComparedDesign, ...]
    bound: AccuracyBound | None = None
    memory_model: str | None = None
    exact: bool = False
    numbered: bool = False
    kind: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; the metrics of a design stand beside its other keys."""
        designs = [
            {**{k: v for k, v in asdict(design).items() if k != "metrics"}, **design.metrics}
            for design in self.designs
        ]
        return {**asdict(self), "designs": designs}


def chosen_design(
    result: SearchResult, index: int, search: SearchConfig | None = None
) -> ChosenDesign:
    """The point ``index`` of a search, beside what it must beat.

    Parameters
    ----------
    result : SearchResult
    index : int
    search : SearchConfig or None
        With the constraints that it was chosen by; None: it must lose no more than it does.
    """
    chosen = result.designs[index]
    others = chosen_rivals(result, index, search)
    points = [("chosen", chosen), *((rival.what, rival.point) for rival in others)]
    return ChosenDesign(
        index=index,
        objective=result.objective,
        exact_accuracy=result.exact_accuracy,
        accuracy=chosen.accuracy,
        images=result.images,
        predicted_accuracy=chosen.predicted_accuracy,
        verdict=verdict(result, chosen, others),
        kind=own_kind(result, chosen, others),
        numbered=search is not None and search.index is not None,
        designs=tuple(
            ComparedDesign(
                what,
                point.estimated_drop,
                _interval(point),
                point.test_accuracy,
                point.metrics,
                result.size_of(point),
            )
            for what, point in points
        ),
        bound=None if search is None else chosen_bound(result, index, search),
        memory_model=result.memory_model,
        exact=chosen.exact,
    )


def chosen_rivals(
    result: SearchResult, index: int, search: SearchConfig | None = None
) -> list[Rival]:
    """What the point ``index`` must beat; parameters as for :func:`chosen_design`."""
    chosen = result.designs[index]
    return rivals(result, chosen, *_promise(chosen, search))


def chosen_bound(result: SearchResult, index: int, search: SearchConfig) -> AccuracyBound | None:
    """What is known of the accuracy drop of a point, however it was chosen."""
    constraints = search.constraints
    most, confidence = constraints.accuracy_drop, constraints.confidence
    if search.index is None:
        choice = choose(result, most, constraints.limits, confidence)
        if choice.point is result.designs[index]:
            return choice.bound
    return bound_of(result, index, most, confidence)


def _promise(chosen: DesignPoint, search: SearchConfig | None) -> tuple[float, float]:
    """The largest accuracy drop, and the confidence that it is kept with."""
    if search is None:
        return chosen.unseen_drop, CONFIDENCE
    return search.constraints.accuracy_drop, search.constraints.confidence


def _interval(point: DesignPoint) -> tuple[float, float] | None:
    if point.estimate is None or point.exact:
        return None
    return point.estimate.low, point.estimate.high
