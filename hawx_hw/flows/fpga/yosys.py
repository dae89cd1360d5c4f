"""Runs a script of Yosys in the current folder: ``python -m ...yosys SCRIPT``.

Any Yosys reads the script; this runs it with that of the Python package, one command a line.
"""

from __future__ import annotations

import sys
from pathlib import Path

from hawx_hw.util.environment import python_command
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder
from hawx_hw.util.yosys_library import load_yosys

__all__ = ["main", "script_command"]


def script_command(script: str) -> list[str]:
    """The command that runs a script, given by its name in the folder in which it runs."""
    return python_command(__name__, script)


def main(script: str) -> None:
    """Run a script; where Yosys refuses a command, it ends this process."""
    with scratch_folder("fpga") as scratch:
        design = load_yosys(scratch).Design()
        for line in read_text(Path(script)).splitlines():
            if line and not line.startswith("#"):
                design.run_pass(line)


if __name__ == "__main__":
    main(sys.argv[1])
