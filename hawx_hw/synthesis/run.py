"""Synthesizes a design: Yosys in a process of its own, then areas and the longest path."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import metadata, util
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError
from hawx_hw.synthesis import opensta as sign_off
from hawx_hw.synthesis.netlist import Netlist, read_netlist
from hawx_hw.synthesis.timing import longest_path
from hawx_hw.technology import Technology

__all__ = ["OPENSTA_CELLS", "SynthesisResult", "run_yosys", "synthesize"]

#: Designs with more cells are not given to OpenSTA unless asked for: it flattens the hierarchy.
OPENSTA_CELLS = 200_000
_ERROR = re.compile(r"^(?:(?P<where>.*?:\d+)(?:\.[\d.-]*)?: )?ERROR: (?P<what>.*)$", re.MULTILINE)

_INVERSION = re.compile(r"[\s()]*(![\s()]*\w+|\w+\s*')[\s()]*")


@dataclass(frozen=True)
class SynthesisResult:
    """What synthesis found.

    Parameters
    ----------
    figures : dict
        What synth.json holds; see docs/synthesis.md.
    netlist : Path
        The mapped Verilog: standard cells and memory macros, hierarchy kept.
    """

    figures: dict[str, Any]
    netlist: Path


def synthesize(
    sources: Sequence[Path],
    top: str,
    technology: Technology,
    *,
    workdir: Path,
    period_ns: float | None = None,
    booth: bool = False,
    flatten: bool = False,
    opensta: bool | None = None,
    timeout: float = 1800.0,
) -> SynthesisResult:
    """Map a design onto the cells of a technology.

    Each kind of module is mapped once and counted as often as the design holds it. Memory macros
    (:data:`~hawx_hw.synthesis.netlist.MACROS`) stay black boxes, of which the bits are counted.

    Parameters
    ----------
    sources : sequence of Path
        Verilog files; ``HAWX_BLACKBOX`` is defined while they are read.
    top : str
        Name of the top module; its clock is the port ``clk``.
    technology : Technology
    workdir : Path
        Gets ``netlist.v``, and ``opensta.*`` if OpenSTA ran; created if need be.
    period_ns : float or None
        Clock period in ns to map, buffer and size for; None goes for the shortest.
    booth : bool
        Whether multipliers are built with Booth recoding.
    flatten : bool
        Whether the hierarchy is dissolved first.
    opensta : bool or None
        Whether OpenSTA is asked too; None asks it where it is installed, for at most
        :data:`OPENSTA_CELLS` cells.
    timeout : float
        Seconds for Yosys, and again for OpenSTA.

    Raises
    ------
    ValueError
        ``period_ns`` is not positive, or ``sources`` is empty.
    UserError
        A source or Yosys is missing, Yosys refused the design or took too long, or the library
        lacks a cell that the design needs.
    """
    if period_ns is not None and not period_ns > 0:
        raise ValueError(f"period_ns must be positive, not {period_ns!r}")
    if not sources:
        raise ValueError("sources must be at least one file, not none")
    for source in sources:
        if not source.is_file():
            raise UserError("There is no such Verilog file.", where=str(source))
    library = technology.library
    workdir.mkdir(parents=True, exist_ok=True)
    # A run that was killed may leave a Yosys behind, which must not write where the next one does.
    with tempfile.TemporaryDirectory(dir=workdir, prefix=".yosys.") as name:
        scratch = Path(name).resolve()
        job: dict[str, Any] = {
            "sources": [str(source.resolve()) for source in sources],
            "top": top,
            "liberty": str(technology.liberty.resolve()),
            "dont_use": sorted(name for name, cell in library.cells.items() if cell.dont_use),
            "booth": booth,
            "flatten": flatten,
            "netlist": str(scratch / "netlist.json"),
            "verilog": str(scratch / "netlist.v"),
        }
        if (low := library.tie("0")) and (high := library.tie("1")):
            job |= {"tie_low": low, "tie_high": high}
        constraints = scratch / "abc.constr"
        constraints.write_text(f"set_driving_cell {_driver(technology)}\nset_load 0\n")
        job["constraints"] = str(constraints)
        if period_ns is not None:
            job["period_ps"] = round(period_ns * 1000)
        run_yosys(job, scratch, timeout)
        try:
            netlist = read_netlist(scratch / "netlist.json", top, library)
        except ValueError as error:
            raise UserError(
                f"{error}.",
                where=str(technology.liberty),
                mend="The library lacks such a cell: name another technology.",
            ) from error
        (scratch / "netlist.v").replace(workdir / "netlist.v")
    figures = netlist.report()
    figures["timing"] = _timing(
        netlist, technology, workdir=workdir, opensta=opensta, timeout=timeout
    )
    return SynthesisResult(
        {
            "top": top,
            "technology": {
                "name": technology.name,
                "library": library.name,
                "sha256": technology.digest,
            },
            "options": {"period_ns": period_ns, "booth": booth, "flatten": flatten},
            "versions": {"pyosys": metadata.version("pyosys")},
            **figures,
        },
        workdir / "netlist.v",
    )


def _timing(
    netlist: Netlist,
    technology: Technology,
    *,
    workdir: Path,
    opensta: bool | None,
    timeout: float,
) -> dict[str, Any]:
    try:
        path, by_module = longest_path(netlist)
    except ValueError as error:
        raise UserError(f"{error}.", mend="Break the loop with a register.") from error
    result: dict[str, Any] = {
        "method": "liberty tables, whole hierarchy, no wires",
        "longest_path_ns": round(path.delay, 4),
        "module": path.module,
        "end": path.end,
        "by_module_ns": by_module,
        "opensta": None,
    }
    if opensta is None:
        if sign_off.find_opensta() is None:
            result["opensta_left_out"] = "not installed"
            return result
        if sum(netlist.cells(m).total() * netlist.uses[m] for m in netlist.order) > OPENSTA_CELLS:
            result["opensta_left_out"] = f"more than {OPENSTA_CELLS} cells"
            return result
    if opensta is not False:
        result["opensta"] = sign_off.longest_path(
            workdir / "netlist.v",
            netlist.top,
            technology.liberty,
            workdir=workdir,
            timeout=timeout,
        )
    return result


def _driver(technology: Technology) -> str:
    """The smallest inverter: what drives each input when buffers are sized."""
    inverters = []
    for name, cell in technology.library.cells.items():
        outputs = [pin.function for pin in cell.pins.values() if pin.direction == "output"]
        usable = not cell.dont_use and not cell.sequential and len(outputs) == 1
        if usable and _INVERSION.fullmatch(outputs[0]):
            inverters.append((cell.area, name))
    if not inverters:
        raise UserError("The library has no inverter.", where=str(technology.liberty))
    return min(inverters)[1]


def run_yosys(
    job: Mapping[str, Any],
    scratch: Path,
    timeout: float,
    *,
    worker: str = "hawx_hw.synthesis.worker",
) -> None:
    """Give ``job`` to a worker, a process of its own in which Yosys may end.

    Parameters
    ----------
    job : mapping
        Goes to the worker as a JSON file, whose path is its argument.
    scratch : Path
        A folder that gets ``job.json`` and ``yosys.log``.
    timeout : float
        Seconds.
    worker : str
        The module that is run.

    Raises
    ------
    UserError
        Yosys is missing, refused the design or took too long.
    """
    if util.find_spec("pyosys") is None:
        raise UserError("Yosys is missing.", mend="Install it, with: pip install pyosys")
    (scratch / "job.json").write_text(json.dumps(job))
    log = scratch / "yosys.log"
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", worker, str(scratch / "job.json")],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        try:
            status = process.wait(timeout)
        except subprocess.TimeoutExpired:
            raise UserError(
                f"Yosys took longer than {timeout:g} s.",
                mend="Make the accelerator smaller, or allow more time.",
            ) from None
        finally:
            if process.poll() is None:
                # Its ABC too, which is in the same group.
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
    if status:
        raise _refusal(log.read_text(errors="replace"), status)


def _refusal(log: str, status: int) -> UserError:
    found = list(_ERROR.finditer(log))
    if not found:
        said = log.strip().splitlines()[-1:] or ["nothing"]
        return UserError(f"Yosys ended with status {status}; it said last: {said[0]}")
    return UserError(f"Yosys refused the design: {found[-1]['what']}", where=found[-1]["where"])
