"""The emitted Verilog, as stages read it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["period_of", "rtl_files"]


def rtl_files(folder: Path) -> list[Path]:
    """The Verilog files in a build folder, in the order of ``filelist.f``."""
    rtl = folder / "rtl"
    return [rtl / name for name in (rtl / "filelist.f").read_text("utf-8").split()]


def period_of(config: Config) -> float | None:
    """The clock period in ns that synthesis maps for; None for the shortest."""
    clock = config.accelerator.clock_mhz
    return None if clock is None else 1000 / clock
