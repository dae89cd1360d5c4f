"""What whole accelerators cost, by assignment: each on the shape of the array that suits it best.

The shape changes nothing of an assignment's accuracy. So the two are searched together by asking
for every assignment what it costs on each shape.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hawx_hw.assignment.space import Space

__all__ = ["FIGURES", "DesignCost", "Shape"]

#: Rows and columns of the array.
Shape = tuple[int, int]
#: What is foretold of an assignment on a shape; None where the shape cannot run it.
Forecast = Callable[[np.ndarray, Shape], Mapping[str, float] | None]
#: The figures of a forecast; each is better where it is smaller.
FIGURES = ("energy_nj", "power_mw", "area_um2", "latency_us")


class DesignCost:
    """The figures of the best shape; a :class:`~hawx_hw.search.cost.Cost`.

    Parameters
    ----------
    space : Space
    shapes : sequence of Shape
        At least one; of equals the first counts.
    forecast : callable
        Takes a vector and a shape, and gives :data:`FIGURES` and whatever else is to be kept.
        It is asked once for each.
    objective : str
        One of :data:`FIGURES`.
    energies_fj : sequence of float
        Of one multiplication by each of the space's blocks, > 0: the part of the energy that adds
        up over units.
    """

    def __init__(
        self,
        space: Space,
        shapes: Sequence[Shape],
        forecast: Forecast,
        objective: str,
        energies_fj: Sequence[float],
    ):
        if not shapes:
            raise ValueError("shapes must be at least one")
        if objective not in FIGURES:
            raise ValueError(f"objective must be one of {', '.join(FIGURES)}, not {objective!r}")
        self._space = space
        self._shapes = tuple(shapes)
        self._forecast = forecast
        self._objective = objective
        self._table = space.macs[:, None] * np.asarray(energies_fj, dtype=np.float64) / 1e6
        self._known: dict[bytes, dict[Shape, Mapping[str, float]]] = {}

    @property
    def objective(self) -> str:
        """See :class:`~hawx_hw.search.cost.Cost`."""
        return self._objective

    @property
    def table(self) -> np.ndarray:
        """Energy of the multiplications in nJ: float64 ``(units, blocks)``."""
        return self._table

    def options(self, vector: np.ndarray) -> Mapping[Shape, Mapping[str, float]]:
        """The forecasts of a vector ``(units,)`` on each shape that can run it."""
        (vector,) = self._space.checked(vector)
        key = vector.astype(np.uint8).tobytes()
        if key not in self._known:
            found = {shape: self._forecast(vector, shape) for shape in self._shapes}
            self._known[key] = {shape: told for shape, told in found.items() if told is not None}
        return self._known[key]

    def __call__(self, vectors: np.ndarray) -> Mapping[str, np.ndarray]:
        """See :class:`~hawx_hw.search.cost.Cost`; infinite where no shape can run an assignment."""
        vectors = self._space.checked(vectors)
        found = {name: np.full(len(vectors), np.inf) for name in FIGURES}
        for row, vector in enumerate(vectors):
            options = self.options(vector)
            if options:
                best = min(options.values(), key=lambda told: told[self._objective])
                for name in FIGURES:
                    found[name][row] = best[name]
        return found
