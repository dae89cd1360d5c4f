"""Figures of designs without synthesis: from graph, blocks and accelerator to a forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hawx_hw.architectures.systolic.features import DesignDescription
from hawx_hw.errors import UserError
from hawx_hw.prediction.forecast import forecast
from hawx_hw.prediction.shipped import read_kept

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hawx_hw.architectures.base import Plan
    from hawx_hw.blocks import Block
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology

__all__ = ["DesignForecaster"]


class DesignForecaster:
    """Foretells designs of a technology.

    Parameters
    ----------
    technology : Technology
    blocks : sequence of Block
        All that designs may hold; what is not known of them is measured.
    objective : str
        How blocks are built, see :meth:`~hawx_hw.characterization.block_table.BlockTable.chosen`.
    clock_mhz : float or None
        None: the technology's.
    jobs : int
        How many blocks are synthesized at a time.
    store : Store or None

    Raises
    ------
    UserError
        There are no predictors of the technology, or they are of another library.
    """

    def __init__(
        self,
        technology: Technology,
        blocks: Sequence[Block],
        *,
        objective: str = "smallest",
        clock_mhz: float | None = None,
        jobs: int = 1,
        store: Store | None = None,
    ):
        kept = read_kept(technology.name)
        if kept.predictors.library != technology.digest:
            raise UserError(
                f"The predictors are of another library than {technology.name}'s",
                hint="Train them, with hawx characterize-designs and hawx train-predictors.",
            )
        self._technology = technology
        self._predictors = kept.predictors
        self._blocks = kept.blocks.completed(blocks, technology, jobs=jobs, store=store)
        self._objective = objective
        self._clock_mhz = clock_mhz

    @property
    def blocks(self) -> BlockTable:
        """Figures of single blocks."""
        return self._blocks

    def __call__(self, plan: Plan) -> dict[str, Any]:
        """See :func:`~hawx_hw.prediction.forecast.forecast`."""
        from hawx_hw.verification.accelerator_job import cycles_per_image

        values = plan.features(
            self._technology,
            self._blocks,
            implementation=self._objective,
            clock_mhz=self._clock_mhz,
        )
        description = DesignDescription(self._technology.name, values)
        return forecast(description, self._predictors, cycles_per_image(plan))
