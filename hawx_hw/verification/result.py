"""What a verification measured and compared, and verify.json."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from hawx_hw.util.results import Record, Result

__all__ = ["Cause", "CyclesOfLayer", "ScenarioResult", "SimulationResult", "VerifyResult"]


class ScenarioResult(Record):
    """The outcome of one scenario of the testbench.

    Parameters
    ----------
    passed : bool
        All that the scenario compares was equal.
    failures : tuple of str
        The differences, in the order in which they were observed.
    """

    passed: bool
    failures: tuple[str, ...]


class SimulationResult(Record):
    """A simulated accelerator compared with its job.

    Parameters
    ----------
    images : int
        Different images whose results were compared.
    traced : int
        Images of which every write of every layer was compared.
    inferences : int
        Results that were compared.
    mismatches : int
        Results that differ.
    cycles_per_image : int or None
        The most cycles that an image took, where nothing stalled; None where none was measured.
    cycles_predicted : int
        Cycles of an image, from the cycle model.
    cycles_of_layers : mapping of str to int
        Measured, by the layer's name.
    scenarios : mapping of str to ScenarioResult
    simulator : str
        Its name.
    """

    images: int
    traced: int
    inferences: int
    mismatches: int
    cycles_per_image: int | None
    cycles_predicted: int
    cycles_of_layers: Mapping[str, int]
    scenarios: Mapping[str, ScenarioResult]
    simulator: str

    @property
    def failure(self) -> str | None:
        """What differs, in words; None where everything is as the reference has it.

        Results may all be right, and cycles, stored codes or registers not: that fails a scenario.
        """
        if self.mismatches:
            return (
                f"{self.mismatches} of {self.inferences:,} results differ from the integer network"
            )
        for name, scenario in self.scenarios.items():
            if scenario.failures:
                return f"scenario {name}: {scenario.failures[0].rstrip('.')}"
            if not scenario.passed:
                return f"scenario {name} did not pass"
        return None


class Cause(Record):
    """A cause of cycles.

    Parameters
    ----------
    name : str
        Its key in the ledger.
    title : str
        For a table's heading.
    """

    name: str
    title: str


class CyclesOfLayer(Record):
    """Where the cycles of one layer go.

    Parameters
    ----------
    name : str
        The layer's title.
    cycles : int
        From the layer's start to its end.
    macs : int
        Multiplications of the layer.
    causes : mapping of str to float
        Cycles by cause; they add up to ``cycles``.
    """

    name: str
    cycles: int
    macs: int
    causes: Mapping[str, float]


class VerifyResult(SimulationResult, Result):
    """The content of verify.json.

    Parameters
    ----------
    macs : int
        Multiplications of an image.
    multipliers : int
        Multiplications that the hardware can do in a cycle.
    utilization : float
        Part of all multiplier-cycles of an image in which a product of the network is computed.
    causes : tuple of Cause
        Those of the ledger, in the order in which they are shown.
    ledger : tuple of CyclesOfLayer
        One entry a layer, and one for what lies before and after them; together they have the
        cycles of an image.
    """

    FILE: ClassVar[str] = "verify.json"
    STAGE: ClassVar[str] = "verify"
    SCHEMA: ClassVar[int] = 2

    macs: int
    multipliers: int
    utilization: float
    causes: tuple[Cause, ...]
    ledger: tuple[CyclesOfLayer, ...]
