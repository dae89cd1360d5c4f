"""What the emitted Verilog is synthesized for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["period_of"]


def period_of(config: Config) -> float | None:
    """The clock period in ns that synthesis maps for; None for the shortest."""
    clock = config.accelerator.clock_mhz
    return None if clock is None else 1000 / clock
