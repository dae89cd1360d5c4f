"""What every search is given, and what it must be like."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.screening import Screening

__all__ = ["Problem", "Scores", "Search"]


class Scores(Protocol):
    """Foresees how much accuracy assignments lose, without running them."""

    @property
    def table(self) -> np.ndarray:
        """Score of each unit under each block, all others exact: float64 ``(units, blocks)``."""

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        """Scores of vectors ``(n, units)``: float64 ``(n,)``, larger for worse ones."""


@dataclass(frozen=True, eq=False)
class Problem:
    """A space to search with few real evaluations.

    Parameters
    ----------
    space : Space
    evaluator : Evaluator
        Its budget is the search's.
    reference : tuple of float
        Points lost and cost that count as useless: what hypervolumes are measured from.
    scores : Scores or None
        For searches that go by them.
    seed : int
        The same problem and seed give the same result.
    screening : Screening or None
        For searches that run candidates on a few of the evaluations' images first; what that takes
        is counted towards the budget.
    """

    space: Space
    evaluator: Evaluator
    reference: tuple[float, float]
    scores: Scores | None = None
    seed: int = 0
    screening: Screening | None = None


#: Evaluates what it finds worthwhile; its result is all that the evaluator has seen. It returns, or
#: passes on the evaluator's OutOfBudgetError.
Search = Callable[[Problem], None]
