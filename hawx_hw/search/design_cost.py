"""What whole accelerators cost, by assignment: each on the accelerator that suits it best.

Which accelerator runs an assignment changes nothing of its accuracy. So the two are searched
together: every assignment is predicted on each accelerator that may be built.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np

from hawx_hw.assignment.space import Space

__all__ = ["METRICS", "DesignCost", "Metrics", "Prediction"]

#: Metrics of a design by name, each better where it is smaller.
Metrics = Mapping[str, float]
#: Predicts an assignment ``(units,)`` on one of the accelerators, by its index; None where that
#: cannot run it.
Prediction = Callable[[np.ndarray, int], Metrics | None]
#: The metrics that designs are compared by.
METRICS = ("energy_nj", "power_mw", "area_um2", "latency_us")


class DesignCost:
    """The metrics of the best accelerator; a :class:`~hawx_hw.search.cost.Cost`.

    Parameters
    ----------
    space : Space
    accelerators : int
        How many may be built, at least one; of equally good ones the first counts.
    predict : callable
        Takes a vector and the index of an accelerator, and gives :data:`METRICS` and whatever else
        is of interest. It is called once for each.
    objective : str
        One of :data:`METRICS`.
    energies_fj : sequence of float
        Of one multiplication by each of the space's blocks, >= 0: the part of the energy that adds
        up over units.

    Raises
    ------
    ValueError
        There is no accelerator, or no such objective.
    """

    def __init__(
        self,
        space: Space,
        accelerators: int,
        predict: Prediction,
        objective: str,
        energies_fj: Sequence[float],
    ):
        if accelerators < 1:
            raise ValueError(f"accelerators must be at least 1, not {accelerators!r}")
        if objective not in METRICS:
            raise ValueError(f"objective must be one of {', '.join(METRICS)}, not {objective!r}")
        self._space = space
        self._accelerators = accelerators
        self._predict = predict
        self._objective = objective
        self._table = space.macs[:, None] * np.asarray(energies_fj, dtype=np.float64) / 1e6
        self._cache: dict[bytes, dict[int, Metrics]] = {}

    @property
    def objective(self) -> str:
        """See :class:`~hawx_hw.search.cost.Cost`."""
        return self._objective

    @property
    def table(self) -> np.ndarray:
        """Energy of the multiplications in nJ: float64 ``(units, blocks)``."""
        return self._table

    def options(self, vector: np.ndarray) -> Mapping[int, Metrics]:
        """The metrics of a vector ``(units,)`` on each accelerator that can run it, by index."""
        (vector,) = self._space.checked(vector)
        key = vector.astype(np.uint8).tobytes()
        if key not in self._cache:
            every = {n: self._predict(vector, n) for n in range(self._accelerators)}
            self._cache[key] = {n: metrics for n, metrics in every.items() if metrics is not None}
        return self._cache[key]

    def __call__(self, vectors: np.ndarray) -> Mapping[str, np.ndarray]:
        """See :class:`~hawx_hw.search.cost.Cost`; infinite where no accelerator can run it."""
        vectors = self._space.checked(vectors)
        metrics = {name: np.full(len(vectors), np.inf) for name in METRICS}
        for index, vector in enumerate(vectors):
            options = self.options(vector)
            if options:
                best = min(options.values(), key=lambda option: option[self._objective])
                for name in METRICS:
                    metrics[name][index] = best[name]
        return metrics
