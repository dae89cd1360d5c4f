"""Reads a design with Yosys in a process of its own: ``python -m ...yosys_check JOB.json``.

The job has ``files``, ``top``, ``defines`` and ``modules``; the answer, beside it in
``<job>.answer.json``, has the paths of the instances of these modules in the flattened design.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import Any

from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.yosys_library import load_yosys

__all__ = ["commands", "main"]


def commands(job: dict[str, Any]) -> list[str]:
    """The Yosys commands of a job.

    Files are read as LibreLane and OpenROAD-flow-scripts read them, in which the keywords of
    SystemVerilog are no names; the hierarchy is checked and dissolved; and nothing may be without a
    driver or have two of them, at which LibreLane stops.
    """
    defines = "".join(f" -D{each}" for each in job["defines"])
    return [
        *(f"read_verilog -defer -sv{defines} {file}" for file in job["files"]),
        f"hierarchy -check -top {job['top']}",
        "proc",
        "flatten -noscopeinfo",
        "check -assert",
    ]


def main(path: str) -> None:
    """Run the job in the file ``path``, in its folder."""
    job_file = Path(path).absolute()
    libyosys = load_yosys(job_file.parent)
    job: dict[str, Any] = json.loads(read_text(job_file))
    os.chdir(job_file.parent)
    design = libyosys.Design()
    for command in commands(job):
        design.run_pass(command)
    instances: dict[str, list[str]] = {name: [] for name in job["modules"]}
    for cell in design.top_module().cells_.values():
        kind = cell.type.str().removeprefix("\\")
        if kind in instances:
            instances[kind].append(cell.name.str().removeprefix("\\"))
    answer = {name: sorted(paths) for name, paths in instances.items()}
    write_text(job_file.with_suffix(".answer.json"), json.dumps(answer, indent=1, sort_keys=True))


if __name__ == "__main__":
    main(sys.argv[1])
