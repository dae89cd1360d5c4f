"""The metrics of an assignment on an accelerator, predicted without synthesis."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.architectures.registry import architecture_of
from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Graph
from hawx_hw.search.design_cost import Metrics

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.prediction.designs import DesignPredictor

__all__ = ["DesignPrediction"]


class DesignPrediction:
    """Predicts designs; a :data:`~hawx_hw.search.design_cost.Prediction`.

    Parameters
    ----------
    space : Space
    change : callable
        Gives the graph that a vector runs on, such as
        :class:`~hawx_hw.compensation.per_filter.Compensated`.
    accelerators : sequence of AcceleratorConfig
        At least one.
    predictor : DesignPredictor
    base : Path
        The folder that paths in the names of blocks start from.

    Raises
    ------
    UserError
        No accelerator can run the network under exact blocks: the accelerator is to be changed, and
        no mixture of blocks would help.
    """

    def __init__(
        self,
        space: Space,
        change: Callable[[np.ndarray], Graph],
        accelerators: Sequence[AcceleratorConfig],
        predictor: DesignPredictor,
        base: Path = Path(),
    ):
        self._space = space
        self._change = change
        self._accelerators = tuple(accelerators)
        self._predictor = predictor
        self._base = base
        refused: list[UserError] = []
        for index in range(len(self._accelerators)):
            try:
                self._plan(space.uniform(0), index)
            except UserError as error:
                refused.append(error)
        if len(refused) == len(self._accelerators):
            raise refused[0]

    def __call__(self, vector: np.ndarray, accelerator: int) -> Metrics | None:
        """The metrics of a vector ``(units,)`` on one of the accelerators.

        None where that cannot run it: memories may be limited, and another may still hold the
        network.
        """
        try:
            plan = self._plan(vector, accelerator)
        except UserError:
            return None
        prediction = self._predictor(plan)
        return {
            "energy_nj": prediction.energy_pj.value / 1000,
            "power_mw": prediction.power_uw.value / 1000,
            "area_um2": prediction.area.value,
            "latency_us": prediction.latency_us,
            "longest_path_ns": prediction.longest_path_ns.value,
            "cycles": prediction.cycles,
        }

    def _plan(self, vector: np.ndarray, index: int) -> Plan:
        accelerator = self._accelerators[index]
        return architecture_of(accelerator).plan(
            self._change(vector), accelerator, self._space.assignment(vector), self._base
        )
