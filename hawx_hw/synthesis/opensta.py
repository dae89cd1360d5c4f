"""The longest path by OpenSTA, over the whole flattened hierarchy, where ``sta`` is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError
from hawx_hw.files import write_text

__all__ = ["find_opensta", "longest_path"]

_MACRO = re.compile(r"^  (\w+) #\(\n((?:    \.\w+\(.*\),?\n)+)  \) ", re.MULTILINE)
_PARAMETER = re.compile(r"\.(\w+)\((?:\d+'[sS]?d)?(\d+)\)")
_PATH = re.compile(r"^hawx (\S+) (\S+) (\S+) (\S+) (\S+)$", re.MULTILINE)
#: Of the clock for which slacks are taken, in the library's unit of time: longer than any path.
_PERIOD = 1e9
_UNITS = {"1ps": 1e-3, "10ps": 1e-2, "100ps": 0.1, "1ns": 1.0}


def find_opensta() -> tuple[Path, str] | None:
    """OpenSTA's program and version; None where it is not installed."""
    program = shutil.which("sta")
    if program is None:
        return None
    run = subprocess.run([program, "-version"], capture_output=True, text=True, check=False)
    return Path(program), run.stdout.strip() or "unknown"


def longest_path(
    verilog: Path,
    top: str,
    liberty: Path,
    *,
    workdir: Path,
    clock: str = "clk",
    timeout: float = 600.0,
) -> dict[str, Any]:
    """The longest path of a mapped netlist.

    Inputs arrive and outputs are wanted at the clock's edge; the clock is ideal. There are no wires.
    A memory macro answers at once and needs no set-up, so paths start and end at its pins.

    Parameters
    ----------
    verilog : Path
        The netlist: standard cells, memory macros, modules.
    top : str
    liberty : Path
        Of the standard cells, as plain text.
    workdir : Path
        Gets ``opensta.*``: what OpenSTA read and what it said.
    clock : str
        The clock's port.
    timeout : float
        Seconds.

    Returns
    -------
    dict
        ``longest_path_ns``, set-up time included; ``start`` and ``end`` pins; ``version``.

    Raises
    ------
    UserError
        OpenSTA is missing, failed, took too long or found no path.
    """
    found = find_opensta()
    if found is None:
        raise UserError(
            "OpenSTA (sta) is not installed.", mend="Install it, with: apt-get install opensta"
        )
    program, version = found
    text, macros = named_macros(verilog.read_text())
    unit = _time_unit(liberty)
    workdir.mkdir(parents=True, exist_ok=True)
    write_text(workdir / "opensta.v", text)
    write_text(workdir / "opensta_macros.lib", macro_library(macros))
    write_text(workdir / "opensta.tcl", _script(liberty.resolve(), top, clock, bool(macros)))
    try:
        run = subprocess.run(
            [program, "-no_init", "-no_splash", "-exit", "opensta.tcl"],
            cwd=workdir,
            capture_output=True,
            text=True,
            check=False,
            timeout=timeout,
        )
    except subprocess.TimeoutExpired:
        raise UserError(
            f"OpenSTA took longer than {timeout:g} s.", mend="Synthesize without OpenSTA."
        ) from None
    log = run.stdout + run.stderr
    write_text(workdir / "opensta.log", log)
    failure = re.search(r"^Error:? .*$", log, re.MULTILINE)
    if run.returncode or failure:
        said = failure[0] if failure else f"it ended with status {run.returncode}"
        raise UserError(f"OpenSTA failed: {said}", where=str(workdir / "opensta.log"))
    path = _PATH.search(log)
    if path is None:
        raise UserError("OpenSTA found no path.", where=str(workdir / "opensta.log"))
    start, end, arrival, required, _ = path.groups()
    delay = float(arrival) + (_PERIOD - float(required))
    return {
        "longest_path_ns": round(delay * unit, 4),
        "start": start,
        "end": end,
        "version": version,
    }
