"""Predictions of plans without synthesis."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.predict import predict
from hawx_hw.prediction.storage import load_predictors

if TYPE_CHECKING:
    from collections.abc import Sequence

    from hawx_hw.architectures.base import Architecture, Plan
    from hawx_hw.blocks import Block
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.prediction.prediction import Prediction
    from hawx_hw.synthesis.store import Store
    from hawx_hw.technology import Technology

__all__ = ["DesignPredictor"]


class DesignPredictor:
    """Predicts designs of an architecture in a technology.

    Parameters
    ----------
    architecture : Architecture
    technology : Technology
    blocks : sequence of Block
        All that designs may hold; those without metrics are measured.
    implementation : str
        How blocks are built, see :meth:`~hawx_hw.characterization.block_table.BlockTable.chosen`.
    clock_mhz : float or None
        None: the technology's.
    clock_gating : bool
        Whether synthesis gates clocks.
    jobs : int
        How many blocks are synthesized at a time.
    store : Store or None

    Raises
    ------
    UserError
        There are no predictors of the architecture in the technology, or they are of another
        library.
    """

    def __init__(
        self,
        architecture: Architecture,
        technology: Technology,
        blocks: Sequence[Block],
        *,
        implementation: str = "smallest",
        clock_mhz: float | None = None,
        clock_gating: bool = True,
        jobs: int = 1,
        store: Store | None = None,
    ):
        trained = load_predictors(architecture, technology.name)
        if trained.predictors.library != technology.digest:
            raise UserError(
                f"The predictors are of another library than {technology.name}'s",
                hint="Train them, with hawx characterize-designs and hawx train-predictors.",
            )
        self._architecture = architecture
        self._technology = technology
        self._predictors = trained.predictors
        self._blocks = trained.blocks.completed(blocks, technology, jobs=jobs, store=store)
        self._implementation = implementation
        self._clock_mhz = clock_mhz
        self._clock_gating = clock_gating

    @property
    def blocks(self) -> BlockTable:
        """Metrics of single blocks."""
        return self._blocks

    def __call__(self, plan: Plan) -> Prediction:
        """The prediction of a plan; see :func:`~hawx_hw.prediction.predict.predict`."""
        from hawx_hw.verification.accelerator_job import cycles_per_image

        values = plan.features(
            self._technology,
            self._blocks,
            implementation=self._implementation,
            clock_mhz=self._clock_mhz,
            clock_gating=self._clock_gating,
        )
        description = DesignDescription(self._architecture, self._technology.name, values)
        return predict(description, self._predictors, cycles_per_image(plan))
