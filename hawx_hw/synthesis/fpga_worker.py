"""Runs Yosys for an FPGA in a process of its own: ``python -m ...fpga_worker JOB.json``."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hawx_hw.util.files import read_text
from hawx_hw.util.yosys_library import load_yosys

__all__ = ["main", "script"]

#: Options of each family's command with which multipliers are used, or not.
_DSP = {"ecp5": ("", " -nodsp"), "ice40": (" -dsp", "")}


def script(family: str, top: str, sources: int, *, dsp: bool) -> list[str]:
    """The Yosys commands for ``sources`` files, ``0.v``, ``1.v`` and so on.

    The hierarchy is dissolved, as the families' commands do; they count as the device does, so
    what is left of the design are the device's cells.
    """
    with_dsp, without = _DSP[family]
    files = " ".join(f"{number}.v" for number in range(sources))
    return [
        f"read_verilog {files}",
        f"synth_{family} -top {top}{with_dsp if dsp else without}",
        "write_json netlist.json",
    ]


def main(path: str) -> None:
    """Run the job in the file ``path``, in its folder."""
    libyosys = load_yosys(Path(path).parent)

    job: Mapping[str, Any] = json.loads(read_text(Path(path)))
    os.chdir(Path(path).parent)
    design = libyosys.Design()
    for command in job["script"]:
        design.run_pass(command)


if __name__ == "__main__":
    main(sys.argv[1])
