"""The choice of what a config leaves out of its accelerator, and accelerator.json."""

from __future__ import annotations

from typing import Any, ClassVar, Literal

from hawx_hw.util.results import Record, Result

__all__ = ["AcceleratorChoice", "AcceleratorResult", "ConsideredAccelerator"]


class ConsideredAccelerator(Record):
    """An accelerator that was planned, with exact blocks.

    Parameters
    ----------
    size : str
        In a few words, such as ``8 x 8``.
    numbers : mapping of str to int
        What the config leaves out.
    cycles : int
        Of an image, from its first byte to the last one of its result.
    latency_us : float or None
        None where nothing predicts the clock.
    energy_nj : float
        Of an image; of the memories alone where there are no predictors.
    area_um2 : float
        Of cells and memories; of the memories alone where there are no predictors.
    """

    size: str
    numbers: dict[str, int]
    cycles: int
    latency_us: float | None
    energy_nj: float
    area_um2: float

    @property
    def product(self) -> float:
        """Energy times delay, the latter in cycles where the clock is not predicted."""
        delay = self.cycles if self.latency_us is None else self.latency_us
        return self.energy_nj * delay


class AcceleratorChoice(Record):
    """An accelerator, complete.

    Parameters
    ----------
    accelerator : mapping
        All keys that the Verilog depends on.
    chosen : tuple of str
        The keys that the config leaves out; none where it leaves nothing to choose.
    candidates : int
        Accelerators that might have been chosen.
    basis : str
        What energies are of: ``"predicted"`` designs, or the ``"memories"`` alone.
    reason : str or None
        Why there is no prediction.
    considered : tuple of ConsideredAccelerator
        Those that were planned, the chosen one first.
    """

    accelerator: dict[str, Any]
    chosen: tuple[str, ...] = ()
    candidates: int = 1
    basis: Literal["predicted", "memories"] = "predicted"
    reason: str | None = None
    considered: tuple[ConsideredAccelerator, ...] = ()


class AcceleratorResult(Result):
    """The content of accelerator.json.

    Parameters
    ----------
    accelerator : AcceleratorChoice
        The config's.
    variants : tuple of AcceleratorChoice or None
        Those of the search; None where it gives none.
    """

    FILE: ClassVar[str] = "accelerator.json"
    STAGE: ClassVar[str] = "accelerator"
    SCHEMA: ClassVar[int] = 1

    accelerator: AcceleratorChoice
    variants: tuple[AcceleratorChoice, ...] | None = None
