"""What every architecture's section of the config has in common."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import AliasChoices, Field

from hawx_hw.config.base import Model

__all__ = ["AcceleratorConfig"]

#: Keys that the design does not depend on: only emission, or synthesis and power, reads them.
_NO_DESIGN = {"clock_mhz", "clock_gating", "initial_values"}


class AcceleratorConfig(Model):
    """An accelerator: keys that do not depend on its architecture.

    An architecture's own model adds the field ``architecture``, a literal of its name, and all
    numbers that it has, with their ranges.
    """

    architecture: str
    activation_kib: int | None = Field(
        default=None,
        ge=1,
        description="The most that the activation memories may hold, all copies together, in KiB. "
        "Left out: as much as the network needs.",
    )
    parameter_kib: int | None = Field(
        default=None,
        ge=1,
        description="The most that the parameter memories may hold, in KiB. "
        "Left out: as much as the network needs.",
    )
    parameters: Literal["rom", "loaded"] = Field(
        default="rom", description="rom: built in; loaded: sent over the bus after reset."
    )
    block_implementation: Literal["smallest", "fastest", "least_energy", "first"] = Field(
        default="smallest",
        validation_alias=AliasChoices("block_implementation", "block_architecture"),
        description="How blocks are built: as synthesis finds them smallest or fastest in the "
        "technology, as they take the least energy in the design's layers, glitches included, or "
        "as each block lists first.",
    )
    clock_mhz: float | None = Field(
        default=None,
        gt=0,
        le=100_000,
        allow_inf_nan=False,
        description="Clock that synthesis buffers and sizes for; the Verilog stays as it is. "
        "Left out: the shortest that it finds.",
    )
    clock_gating: bool = Field(
        default=True,
        description="Whether synthesis for standard cells clocks flip-flops that have an enable "
        "through clock gates, where the technology has such a cell; the Verilog stays as it is, "
        "and synthesis for an FPGA has none.",
    )
    initial_values: bool = Field(
        default=True,
        description="Whether registers have an initial value in the Verilog besides their reset, "
        "as FPGAs offer them. false: none, since flip-flops of an ASIC have none; the reset "
        "suffices.",
    )

    @property
    def size(self) -> str:
        """The numbers that set its size, in short, such as ``8 x 8``."""
        raise NotImplementedError

    @property
    def block_key(self) -> str | None:
        """The key that fixes the blocks of the hardware, if it is given; else None."""
        return None

    @classmethod
    def canonical(cls, keys: Mapping[str, Any]) -> dict[str, Any]:
        """The same keys by their present names, where they have older ones."""
        names = {}
        for name, field in cls.model_fields.items():
            if isinstance(field.validation_alias, AliasChoices):
                names.update(dict.fromkeys(map(str, field.validation_alias.choices), name))
        return {names.get(key, key): value for key, value in keys.items()}

    def hardware(self) -> dict[str, Any]:
        """The keys that the design depends on, JSON-able."""
        return self.model_dump(mode="json", exclude=_NO_DESIGN)
