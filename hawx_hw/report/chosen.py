"""The point of the front that is built, beside the designs that it must beat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from hawx_hw.report.verdict import rivals, verdict

if TYPE_CHECKING:
    from hawx_hw.search.result import AccuracyInterval, SearchResult

__all__ = ["ChosenDesign", "ComparedDesign", "chosen_design"]


@dataclass(frozen=True)
class ComparedDesign:
    """A design of the search.

    Parameters
    ----------
    what : str
        What it is, in words.
    accuracy_drop : float
        On the search's training images, in percentage points.
    test_accuracy : float or None
        In [0, 1].
    metrics : mapping of str to float
        With their units in their names.
    size : str
        Of its accelerator; empty where it has none.
    """

    what: str
    accuracy_drop: float
    test_accuracy: float | None
    metrics: Mapping[str, float]
    size: str


@dataclass(frozen=True)
class ChosenDesign:
    """The design that is built.

    Parameters
    ----------
    index : int
        Of the front.
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
    memory_model : str or None
        The memory model that their energies rest on; None where no memories count.
    """

    index: int
    objective: str
    exact_accuracy: float
    accuracy: float
    images: int
    predicted_accuracy: AccuracyInterval | None
    verdict: str
    designs: tuple[ComparedDesign, ...]
    memory_model: str | None = None

    def as_dict(self) -> dict[str, Any]:
        """JSON-able; the metrics of a design stand beside its other keys."""
        designs = [
            {**{k: v for k, v in asdict(design).items() if k != "metrics"}, **design.metrics}
            for design in self.designs
        ]
        return {**asdict(self), "designs": designs}


def chosen_design(result: SearchResult, index: int) -> ChosenDesign:
    """The point ``index`` of a search's front, beside what it must beat."""
    chosen = result.front[index]
    others = rivals(result, chosen, chosen.accuracy_drop)
    points = [("chosen", chosen), *((rival.what, rival.point) for rival in others)]
    return ChosenDesign(
        index=index,
        objective=result.objective,
        exact_accuracy=result.exact_accuracy,
        accuracy=chosen.accuracy,
        images=result.images,
        predicted_accuracy=chosen.predicted_accuracy,
        verdict=verdict(result, chosen, others),
        designs=tuple(
            ComparedDesign(
                what, point.accuracy_drop, point.test_accuracy, point.metrics, result.size_of(point)
            )
            for what, point in points
        ),
        memory_model=result.memory_model,
    )
