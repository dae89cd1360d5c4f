"""The SIMT unit as an architecture."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.simt.config import SimtConfig
from hawx_hw.architectures.simt.sampling import DIMENSIONS, mix_blocks, sample

if TYPE_CHECKING:
    import numpy as np

    from hawx_hw.architectures.base import Candidate
    from hawx_hw.architectures.quantities import Quantities
    from hawx_hw.architectures.simt.plan import Plan
    from hawx_hw.assignment.space import Space
    from hawx_hw.blocks.assignment import Assignment
    from hawx_hw.graph.graph import Graph

__all__ = ["Simt"]


class Simt:
    """A programmable unit of lanes; see :class:`~hawx_hw.architectures.base.Architecture`."""

    name = "simt"
    config = SimtConfig
    dimensions = DIMENSIONS

    def check(self, accelerator: SimtConfig, base: Path) -> None:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        accelerator.units()
        accelerator.lane_block_map(base)

    def candidates(self, accelerator: SimtConfig, graph: Graph) -> Sequence[Candidate]:
        """See :func:`~hawx_hw.architectures.simt.candidates.candidates`."""
        from hawx_hw.architectures.simt.candidates import candidates

        return candidates(graph, accelerator)

    def plan(
        self,
        graph: Graph,
        accelerator: SimtConfig,
        assignment: Assignment,
        base: Path = Path(),
    ) -> Plan:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        from hawx_hw.architectures.simt.plan import plan

        return plan(graph, accelerator, assignment, base)

    def propose(
        self,
        space: Space,
        scores: np.ndarray,
        costs: np.ndarray,
        variants: Sequence[SimtConfig],
    ) -> Sequence[np.ndarray]:
        """See :func:`~hawx_hw.architectures.simt.proposals.propose`."""
        from hawx_hw.architectures.simt.proposals import propose

        return propose(space, scores, costs, [variant.unit() for variant in variants])

    @property
    def features(self) -> Mapping[str, str]:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        from hawx_hw.architectures.simt.quantities import FEATURES

        return FEATURES

    @property
    def quantities(self) -> Quantities:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        from hawx_hw.architectures.simt.quantities import QUANTITIES

        return QUANTITIES

    def sample(self, point: Sequence[float]) -> SimtConfig:
        """See :class:`~hawx_hw.architectures.base.Architecture`."""
        return sample(point)

    def mix_blocks(
        self, accelerator: SimtConfig, first: str, second: str, share: float
    ) -> SimtConfig:
        """See :func:`~hawx_hw.architectures.simt.sampling.mix_blocks`."""
        return mix_blocks(accelerator, first, second, share)
