"""What assignments cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

import numpy as np

from hawx_hw.assignment.space import Space

__all__ = ["Cost", "MultiplierEnergy"]


class Cost(Protocol):
    """Predicts metrics of assignments; every one is better where it is smaller.

    A cost may be any function of the whole assignment. ``table`` is its part that adds up over
    units: a search that needs a sum uses it, and the cost itself when it compares.
    """

    @property
    def objective(self) -> str:
        """The metric that searches weigh against accuracy, with its unit: ``energy_pj``."""

    @property
    def table(self) -> np.ndarray:
        """Contribution of each unit under each block: float64 ``(units, blocks)``."""

    def __call__(self, vectors: np.ndarray) -> Mapping[str, np.ndarray]:
        """The metrics of vectors ``(n, units)``: each float64 ``(n,)``, the objective included.

        Others are named ``area``, in the library's unit, and ``latency_us``.
        """


class MultiplierEnergy:
    """Energy of all multiplications of an image: multiplications times the block's energy.

    Multiplications of layers that the space leaves out count with the energy of ``rest``.

    Parameters
    ----------
    space : Space
    energies_fj : sequence of float
        Of one multiplication by each of the space's blocks, >= 0, not all 0.
    rest : int
        Multiplications an image of layers that are not searched, >= 0.
    rest_fj : float
        Energy of one of these, >= 0.
    """

    objective = "energy_pj"

    def __init__(
        self,
        space: Space,
        energies_fj: Sequence[float],
        *,
        rest: int = 0,
        rest_fj: float = 0.0,
    ):
        energies = np.asarray(energies_fj, dtype=np.float64)
        fitting = energies.shape == (len(space.blocks),) and bool((energies >= 0).all())
        if not fitting or not energies.any():
            raise ValueError(
                f"energies_fj must be {len(space.blocks)} numbers of at least 0, not all 0, "
                f"not {energies_fj!r}"
            )
        if rest < 0 or rest_fj < 0:
            raise ValueError(f"The rest must be at least 0, not {rest!r} of {rest_fj!r} fJ")
        self._space = space
        self._table = space.macs[:, None] * energies / 1000
        self._rest = rest * rest_fj / 1000

    @property
    def table(self) -> np.ndarray:
        """See :class:`Cost`; the rest is left out."""
        return self._table

    def __call__(self, vectors: np.ndarray) -> Mapping[str, np.ndarray]:
        """See :class:`Cost`."""
        vectors = self._space.checked(vectors)
        total = np.full(len(vectors), self._rest)
        # Unit by unit: the order of the sum, and so its rounding, never depends on how many.
        for unit, blocks in zip(self._table, vectors.T, strict=True):
            total += unit[blocks]
        return {self.objective: total}
