"""The systolic array as an architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.architectures.systolic.sampling import DIMENSIONS, mix_blocks, sample

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.architectures.base import Candidate
    from hawx_hw.architectures.quantities import Quantities
    from hawx_hw.architectures.systolic.plan import Plan
    from hawx_hw.assignment.space import Space
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.graph.graph import Graph

__all__ = ["Systolic"]


class Systolic:
    """A weight-stationary array of PEs; see :class:`~hawx_hw.architectures.base.Architecture`."""

    name = "systolic"
    config = SystolicConfig
    dimensions = DIMENSIONS

    def check(self, accelerator: SystolicConfig, base: Path) -> None:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        accelerator.shapes()
        accelerator.pe_block_map(base)

    def candidates(self, accelerator: SystolicConfig, graph: Graph) -> Sequence[Candidate]:
        """See :func:`~hawx_hw.architectures.systolic.candidates.candidates`."""
        from hawx_hw.architectures.systolic.candidates import candidates

        return candidates(graph, accelerator)

    def plan(
        self,
        graph: Graph,
        accelerator: SystolicConfig,
        assignment: Assignment,
        base: Path = Path(),
    ) -> Plan:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        from hawx_hw.architectures.systolic.plan import plan

        return plan(graph, accelerator.array(), assignment, accelerator.pe_block_map(base))

    def propose(
        self,
        space: Space,
        scores: np.ndarray,
        costs: np.ndarray,
        variants: Sequence[SystolicConfig],
    ) -> Sequence[np.ndarray]:
        """One block a column, for each number of columns that a variant has."""
        from hawx_hw.architectures.common.proposals import by_line

        counts = sorted({variant.array().columns for variant in variants})
        return [by_line(space, scores, costs, count) for count in counts]

    @property
    def features(self) -> Mapping[str, str]:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        from hawx_hw.architectures.systolic.quantities import FEATURES

        return FEATURES

    @property
    def quantities(self) -> Quantities:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        from hawx_hw.architectures.systolic.quantities import QUANTITIES

        return QUANTITIES

    def sample(self, point: Sequence[float]) -> SystolicConfig:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        return sample(point)

    def mix_blocks(
        self, accelerator: SystolicConfig, first: str, second: str, share: float
    ) -> SystolicConfig:
        """See :func:`~hawx_hw.architectures.systolic.sampling.mix_blocks`."""
        return mix_blocks(accelerator, first, second, share)
