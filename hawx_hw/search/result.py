"""The result of a search, and search.json: its one reader and writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from hawx_hw.architectures.registry import Accelerator
from hawx_hw.assignment.storage import to_json
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.emulation.products import EXACT
from hawx_hw.errors import UserError
from hawx_hw.search.bound import Paired
from hawx_hw.search.evaluator import Price
from hawx_hw.util.results import Header, Result

__all__ = [
    "AccuracyCurve",
    "AccuracyInterval",
    "DesignPoint",
    "DropEstimate",
    "ExhaustiveFront",
    "PredictedPoints",
    "Race",
    "SearchFile",
    "SearchResult",
    "load_result",
    "points_of",
    "save_result",
    "stored_assignment",
]


@dataclass(frozen=True)
class AccuracyInterval:
    """A predicted accuracy in [0, 1], and the bounds that it lies within at 90 % confidence.

    Parameters
    ----------
    value, low, high : float
        In [0, 1].
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class DropEstimate:
    """An accuracy drop on new images, estimated from all that is known; see ``estimate.py``.

    Parameters
    ----------
    value, low, high : float
        In percentage points; it lies between the bounds with 95 % probability.
    """

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Race:
    """What it took to find those that are worth judging.

    Parameters
    ----------
    started, finished : int
        Assignments at the beginning and at the end.
    images : int
        Images for learning, unseen by the search, that those of the last round ran on; 0 where
        there are too few, and all finish.
    runs : int
        Runs of the network on an image, all together.
    """

    started: int
    finished: int
    images: int
    runs: int


@dataclass(frozen=True)
class DesignPoint:
    """An assignment that was evaluated, on one accelerator.

    Parameters
    ----------
    vector : tuple of int
        The index of each unit's block.
    accuracy : float
        In [0, 1], on the images of the evaluations.
    accuracy_drop : float
        Against the exact network, in percentage points.
    metrics : mapping of str to float
        All metrics of the cost, with their units in their names.
    assignment : mapping
        See :func:`stored_assignment`.
    accelerator : int or None
        Index of the result's accelerators; None where only multiplications were looked at.
    predicted_accuracy : AccuracyInterval or None
        From the scores and all other evaluations; None where there are no scores, or too few
        others.
    test_accuracy : float or None
        In [0, 1], on test images, which decide nothing.
    selection : Paired or None
        Against the exact network on the images that select; None where there are none.
    race : Paired or None
        The same on images for learning that the search did not see, as many as it ran on.
    estimate : DropEstimate or None
        None where no images select.
    retrained : bool
        Whether the network was trained again under these blocks: then ``accuracy`` is on images
        that it learned from, and the metrics are those of the assignment before.
    """

    vector: tuple[int, ...]
    accuracy: float
    accuracy_drop: float
    metrics: Mapping[str, float]
    assignment: Mapping[str, Any]
    accelerator: int | None = None
    predicted_accuracy: AccuracyInterval | None = None
    test_accuracy: float | None = None
    selection: Paired | None = None
    race: Paired | None = None
    estimate: DropEstimate | None = None
    retrained: bool = False

    @property
    def network(self) -> tuple[tuple[int, ...], bool]:
        """Which network it is, on whatever accelerator: its assignment, and whether retrained."""
        return self.vector, self.retrained

    @property
    def unseen_drop(self) -> float:
        """The accuracy drop on images that no search looked at, as far as there are any.

        In percentage points: on the images that select, or else on those of the evaluations.
        """
        return self.accuracy_drop if self.selection is None else self.selection.drop

    @property
    def estimated_drop(self) -> float:
        """The accuracy drop on new images, in percentage points: the best that is known of it."""
        return self.unseen_drop if self.estimate is None else self.estimate.value

    @property
    def blocks(self) -> tuple[str, ...]:
        """Names of the blocks of layers that are not exact; ``exact`` where all are."""
        return tuple(self.assignment["blocks"]) or (EXACT.name,)

    @property
    def exact(self) -> bool:
        """Whether all layers are exact."""
        return not self.assignment["layers"]


@dataclass(frozen=True)
class PredictedPoints:
    """Assignments that were looked at and not evaluated.

    Parameters
    ----------
    accuracy_drops : tuple of float
        Predicted, in percentage points.
    objectives : tuple of float
        The objective of each.
    """

    accuracy_drops: tuple[float, ...] = ()
    objectives: tuple[float, ...] = ()

    @classmethod
    def rounded(cls, drops: np.ndarray, objectives: np.ndarray) -> PredictedPoints:
        """As many digits as a prediction is worth: 0.0001 points, and six of the objective."""
        return cls(
            tuple(round(value, 4) for value in drops.tolist()),
            tuple(float(f"{value:.6g}") for value in objectives.tolist()),
        )


@dataclass(frozen=True)
class AccuracyCurve:
    """Accuracy drop against hawx(model): what was evaluated, and the fit through it.

    Both are on the images of the evaluations. Each assignment's own prediction, which ``error``
    and ``inside`` judge, is from a fit to nine tenths of the others, which it is not among.

    Parameters
    ----------
    assignments : int
        How many were evaluated.
    scores, accuracy_drops : tuple of float
        hawx(model), the accuracy drop that the profile lets expect, and the one that was counted,
        in percentage points; of many assignments those that are evenly spaced by score.
    fit : tuple of (float, float, float, float)
        Score, accuracy drop, and the bounds that it lies within at 90 % confidence, in ascending
        order of scores.
    error : float
        Mean absolute error of the predictions, in percentage points.
    inside : int
        How many of ``scores`` lie within their bounds.
    """

    assignments: int
    scores: tuple[float, ...]
    accuracy_drops: tuple[float, ...]
    fit: tuple[tuple[float, float, float, float], ...]
    error: float
    inside: int


@dataclass(frozen=True)
class ExhaustiveFront:
    """The front of all assignments of a space, each of which was evaluated at some time.

    Parameters
    ----------
    assignments : int
        Of the space.
    accuracy_drops : tuple of float
        In percentage points, on the images of the evaluations; ascending.
    objectives : tuple of float
        The objective of each.
    """

    assignments: int
    accuracy_drops: tuple[float, ...]
    objectives: tuple[float, ...]


@dataclass(frozen=True)
class SearchResult:
    """What a search evaluated, and its front.

    Parameters
    ----------
    algorithm : str
        As in the config.
    seed : int
        Of all that the search draws.
    space : str
        Hash of the space.
    blocks : tuple of str
        Names of the space's blocks.
    objective : str
        The metric that was weighed against accuracy.
    images : int
        Of an evaluation.
    exact_accuracy : float
        Of the exact network, on these images.
    evaluations : int
        Distinct assignments that were evaluated.
    evaluation_seconds, seconds : float
        Time of the evaluations (those of an interrupted run included), and of this run in all.
    reference : tuple of float
        The reference point that the hypervolume is measured from: accuracy drop, and objective.
    hypervolume : float
        Percentage points times the objective's unit.
    front : tuple of DesignPoint
        In ascending order of estimated accuracy drop; the exact design is among them where images
        select.
    behind : tuple of DesignPoint
        Others that may be chosen: near the front of the search, or of one block everywhere.
    retrained : tuple of DesignPoint
        Some of these with their networks retrained, numbered behind them; none as the search
        stores it, see :mod:`hawx_hw.search.retrained`.
    uniform : tuple of DesignPoint
        One block everywhere, as far as they were evaluated, each on its best accelerator: what a
        search must beat.
    accelerators : tuple of AcceleratorConfig
        Those that may be built, without their clocks; empty where only multiplications were looked
        at.
    race : Race or None
        None where there was none.
    low_fidelity : tuple of Price
        What low-fidelity evaluations took; empty where there were none.
    predicted : PredictedPoints
    granularity : str or None
        What a unit of the space is, in the config's words; None where no config gives it.
    select_images : int
        Images that select; 0 where there are none.
    test_images : int
        Images of the test accuracies; 0 where there are none.
    exact_test_accuracy : float or None
        Of the exact network on the test images, in [0, 1]; None without.
    memory_model : str or None
        The memory model that the energies of designs rest on; None where no memories count.
    accuracy_curve : AccuracyCurve or None
        None where there are no scores, or too few evaluations.
    exhaustive : ExhaustiveFront or None
        None where not every assignment was evaluated.
    """

    algorithm: str
    seed: int
    space: str
    blocks: tuple[str, ...]
    objective: str
    images: int
    exact_accuracy: float
    evaluations: int
    evaluation_seconds: float
    seconds: float
    reference: tuple[float, float]
    hypervolume: float
    front: tuple[DesignPoint, ...]
    behind: tuple[DesignPoint, ...] = ()
    retrained: tuple[DesignPoint, ...] = ()
    uniform: tuple[DesignPoint, ...] = ()
    accelerators: tuple[Accelerator, ...] = ()
    race: Race | None = None
    low_fidelity: tuple[Price, ...] = ()
    predicted: PredictedPoints = PredictedPoints()
    granularity: str | None = None
    select_images: int = 0
    test_images: int = 0
    exact_test_accuracy: float | None = None
    memory_model: str | None = None
    accuracy_curve: AccuracyCurve | None = None
    exhaustive: ExhaustiveFront | None = None

    @property
    def designs(self) -> tuple[DesignPoint, ...]:
        """All that may be chosen: a design's number is its place here, the front's come first."""
        return (*self.front, *self.behind, *self.retrained)

    def named(self, index: int) -> int:
        """The number that a config names a design by: a retrained one by that before it was."""
        point = self.designs[index]
        if not point.retrained:
            return index
        same = (point.vector, point.accelerator)
        return next(i for i, p in enumerate(self.designs) if (p.vector, p.accelerator) == same)

    def size_of(self, point: DesignPoint) -> str:
        """The size of a point's accelerator, such as ``8 x 8``; empty where it has none."""
        return "" if point.accelerator is None else self.accelerators[point.accelerator].size


class SearchFile(Result):
    """The content of search.json.

    Parameters
    ----------
    search : SearchResult or None
        None: nothing was searched.
    """

    FILE: ClassVar[str] = "search.json"
    STAGE: ClassVar[str] = "search"
    SCHEMA: ClassVar[int] = 8

    search: SearchResult | None

    def as_dict(self) -> dict[str, Any]:
        """See :class:`~hawx_hw.util.results.Record`."""
        if self.search is None:
            return {"search": None}
        accelerators = [accelerator.hardware() for accelerator in self.search.accelerators]
        return {"search": {**asdict(self.search), "accelerators": accelerators}}


def stored_assignment(assignment: Assignment) -> dict[str, Any]:
    """The assignment as JSON; layers that are all exact are left out, as everywhere in files.

    See :func:`hawx_hw.assignment.to_json`.
    """
    return to_json(
        {
            name: layer
            for name, layer in assignment.items()
            if any(block.digest != EXACT.digest for block in layer.blocks)
        }
    )


def points_of(result: SearchResult) -> np.ndarray:
    """Accuracy drop and objective of each point of a front: float64 ``(n, 2)``."""
    pairs = [(point.estimated_drop, point.metrics[result.objective]) for point in result.front]
    return np.array(pairs).reshape(-1, 2)


def save_result(result: SearchResult | None, folder: Path, header: Header | None = None) -> None:
    """Write search.json; None where nothing was searched."""
    SearchFile(search=result).write(folder, header)


def load_result(folder: Path) -> SearchResult:
    """Read the search.json that :func:`save_result` wrote.

    Raises
    ------
    UserError
        The file is missing, damaged or of another schema, or nothing was searched.
    """
    result = SearchFile.read(folder).search
    if result is None:
        raise UserError(
            "Nothing was searched",
            where=str(folder / SearchFile.FILE),
            hint="Give the config a search.",
        )
    return result
