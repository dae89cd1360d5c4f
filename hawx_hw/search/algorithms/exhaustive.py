"""Every assignment, in the order of their numbers."""

from __future__ import annotations

import numpy as np

from hawx_hw.search.problem import Problem

__all__ = ["search"]

_PART = 512


def search(problem: Problem) -> None:
    """Evaluate the whole space."""
    size = problem.space.size
    for start in range(0, size, _PART):
        numbers = np.arange(start, min(start + _PART, size))
        problem.evaluator.evaluate(problem.space.vectors(numbers))
