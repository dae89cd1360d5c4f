"""A design as the numbers that its architecture's predictors learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.base import Architecture

__all__ = ["DesignDescription"]


@dataclass(frozen=True)
class DesignDescription:
    """The features of one design.

    Parameters
    ----------
    architecture : Architecture
    technology : str
    values : mapping of str to float
        The architecture's features.

    Raises
    ------
    ValueError
        ``values`` lacks features, or has others.
    """

    architecture: Architecture
    technology: str
    values: Mapping[str, float]

    def __post_init__(self) -> None:
        different = sorted(set(self.values) ^ set(self.architecture.features))
        if different:
            raise ValueError(
                f"values must be the features of {self.architecture.name}; missing or unknown: "
                f"{', '.join(different)}"
            )

    def vector(self) -> NDArray[np.float64]:
        """The features in the architecture's order."""
        return np.array([self.values[name] for name in self.architecture.features], dtype=float)

    def record(self) -> dict[str, float]:
        """For a table; names begin with ``x_``."""
        return {f"x_{name}": self.values[name] for name in self.architecture.features}
