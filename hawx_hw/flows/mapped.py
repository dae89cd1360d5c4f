"""The netlist of a build folder, with its cells and nets as arrays."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.util.files import read_text

if TYPE_CHECKING:
    from hawx_hw.flows.base import Build
    from hawx_hw.synthesis.modules import Mapped

__all__ = ["NETLIST", "mapped_netlist"]

#: In the build folder.
NETLIST = "netlist.v"


def mapped_netlist(build: Build) -> Mapped:
    """The mapped design of the stage ``synth``, whose modules are in the store.

    Raises
    ------
    UserError
        ``netlist.v`` is missing, or is not what synthesis makes of the accelerator.
    """
    accelerator = build.config.accelerator
    clock = accelerator.clock_mhz
    (mapped,) = map_designs(
        [({str(path): read_text(path) for path in build.sources}, build.program.top)],
        build.technology(),
        period_ns=None if clock is None else 1000 / clock,
        clock_gating=accelerator.clock_gating,
        jobs=os.cpu_count() or 1,
        store=default_store(),
    )
    path = build.folder / NETLIST
    if not path.is_file() or read_text(path) != mapped.verilog:
        raise UserError(
            "The netlist is not that of the accelerator beside it.",
            where=str(path),
            hint="Remove it, and run hawx synth CONFIG again.",
        )
    return mapped
