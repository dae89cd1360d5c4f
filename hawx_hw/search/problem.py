"""The problem that every search solves, and what a search is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.low_fidelity import LowFidelity
from hawx_hw.search.tuning import SearchTuning

__all__ = ["Problem", "Scores", "Search"]


class Scores(Protocol):
    """Predicts how much accuracy assignments lose, without running them."""

    @property
    def table(self) -> np.ndarray:
        """Score of each unit under each block, all others exact: float64 ``(units, blocks)``."""

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of vectors ``(n, units)``: float64 ``(n,)``, larger for worse ones."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A space to search with few evaluations.

    Parameters
    ----------
    space : Space
    evaluator : Evaluator
        Its budget is the search's.
    reference : tuple of float
        The reference point that hypervolumes are measured from: accuracy drop in percentage points,
        and cost.
    scores : Scores or None
        For searches that use them.
    seed : int
        The same problem and seed give the same result.
    low_fidelity : LowFidelity or None
        For searches that run candidates on a few of the evaluations' images first; what that takes
        counts towards the budget.
    tuning : SearchTuning
    """

    space: Space
    evaluator: Evaluator
    reference: tuple[float, float]
    scores: Scores | None = None
    seed: int = 0
    low_fidelity: LowFidelity | None = None
    tuning: SearchTuning = field(default_factory=SearchTuning)


#: Evaluates what is worthwhile; its result is all that the evaluator has evaluated. It returns, or
#: passes on the evaluator's OutOfBudgetError.
Search = Callable[[Problem], None]
