"""The longest path by OpenSTA, over the whole flattened hierarchy, where ``sta`` is installed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.synthesis.opensta_libraries import macro_library, time_unit, without_wires
from hawx_hw.synthesis.plain_verilog import plain_verilog
from hawx_hw.synthesis.result import OpenStaTiming
from hawx_hw.technology import Technology
from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.processes import run
from hawx_hw.util.quoting import opensta_name

__all__ = [
    "WITHOUT",
    "check_word",
    "failure_in",
    "find_opensta",
    "opensta_command",
    "opensta_timing",
    "required_opensta",
    "run_opensta",
]

#: How to do without it.
WITHOUT = "Without OpenSTA it works: take sta out of PATH."
#: For the version.
_ANSWER_SECONDS = 30
#: Errors of a script do not end OpenSTA, nor change its status, and what it does not know becomes a
#: box without timing.
_FAILURE = re.compile(r"^(?:Error:? .*|Warning: .*Creating black box.*)$", re.MULTILINE)
_PATH = re.compile(r"^hawx (\S+) (\S+) (\S+)$", re.MULTILINE)
#: Of the clock, in the library's unit of time. OpenSTA counts in single precision, so it must not
#: be long: slacks would lose digits. That they are negative does not matter here.
_PERIOD = 1.0


def find_opensta() -> tuple[Path, str] | None:
    """OpenSTA's program and version; None where it is not installed."""
    program = shutil.which("sta")
    if program is None:
        return None
    answer = run([program, "-version"], tool="OpenSTA", limit=_ANSWER_SECONDS, hint=WITHOUT)
    return Path(program), answer.output.strip() or "unknown"


def required_opensta() -> tuple[Path, str]:
    """As :func:`find_opensta`, where the work cannot go on without.

    Raises
    ------
    UserError
        It is not installed.
    """
    installed = find_opensta()
    if installed is None:
        raise UserError(
            "OpenSTA (sta) is not installed.", hint="Install it, with: apt-get install opensta"
        )
    return installed


def opensta_command(program: Path, name: str) -> list[str]:
    """The command that runs the script ``<name>.tcl`` of the current folder, to its end."""
    return [str(program), "-no_init", "-no_splash", "-exit", f"{name}.tcl"]


def failure_in(log: str) -> str | None:
    """The first line of a log that reports a failure; its status is 0 in spite of it."""
    failure = _FAILURE.search(log)
    return failure[0] if failure else None


def run_opensta(program: Path, script: str, folder: Path, name: str, *, timeout: float) -> str:
    """What OpenSTA answers to a script.

    Parameters
    ----------
    program : Path
    script : str
    folder : Path
        It exists, and has the files that the script reads.
    name : str
        The script is ``<name>.tcl`` in the folder, and the answer is ``<name>.log``.
    timeout : float
        Seconds.

    Raises
    ------
    UserError
        OpenSTA failed or took too long.
    """
    write_text(folder / f"{name}.tcl", script)
    done = run(
        opensta_command(program, name),
        tool="OpenSTA",
        limit=timeout,
        folder=folder,
        temporary=folder,
        hint=WITHOUT,
    )
    log = folder / f"{name}.log"
    write_text(log, done.output)
    failure = failure_in(done.output)
    if done.status or failure:
        reason = failure or f"it {done.ending}"
        raise UserError(
            f"OpenSTA failed: {reason}.", where=str(log), hint=f"The log has more. {WITHOUT}"
        )
    return done.output


def opensta_timing(
    verilog: Path,
    top: str,
    technology: Technology,
    *,
    workdir: Path,
    clock: str = "clk",
    timeout: float = 600.0,
) -> OpenStaTiming:
    """The longest path of a mapped netlist.

    Inputs arrive and outputs are wanted at the ideal clock's edge. There are no wires.
    A memory macro answers at once and needs no set-up, so paths start and end at its pins.

    Parameters
    ----------
    verilog : Path
        The netlist: standard cells, memory macros, modules.
    top : str
    technology : Technology
        That of the standard cells.
    workdir : Path
        Gets ``opensta.*``: what OpenSTA read and what it said.
    clock : str
        The clock's port.
    timeout : float
        Seconds.

    Raises
    ------
    UserError
        OpenSTA is missing, failed, took too long or found no path, or ``top`` or ``clock`` is no
        plain word.
    """
    for name in (top, clock):
        check_word(name)
    program, version = required_opensta()
    text, macros = plain_verilog(read_text(verilog))
    cells = technology.tool_text()
    unit = time_unit(cells)
    workdir.mkdir(parents=True, exist_ok=True)
    write_text(workdir / "opensta.v", text)
    write_text(workdir / "opensta_macros.lib", macro_library(macros))
    write_text(workdir / "opensta_cells.lib", without_wires(cells))
    script = _script(top, clock, bool(macros))
    path = _PATH.search(run_opensta(program, script, workdir, "opensta", timeout=timeout))
    if path is None:
        raise UserError(
            "OpenSTA found no path.",
            where=str(workdir / "opensta.log"),
            hint="Check that inputs and registers reach an output or a register, and that the "
            f"clock is the port {clock}. {WITHOUT}",
        )
    return OpenStaTiming(
        longest_path_ns=round((_PERIOD - float(path[3])) * unit, 4),
        start=path[1],
        end=path[2],
        version=version,
    )


def check_word(name: str) -> None:
    """Raise UserError where a name cannot be part of a Tcl script."""
    try:
        opensta_name(name)
    except UserError as error:
        raise UserError(error.what, hint=f"{error.hint} {WITHOUT}") from error


def _script(top: str, clock: str, macros: bool) -> str:
    top, clock = opensta_name(top), opensta_name(clock)
    lines = ["read_liberty opensta_cells.lib"]
    if macros:
        lines.append("read_liberty opensta_macros.lib")
    lines += [
        "read_verilog opensta.v",
        f"link_design {top}",
        f"create_clock -name {clock} -period {_PERIOD} [get_ports {clock}]",
        "foreach port [all_inputs] {",
        f"  if {{[get_full_name $port] eq {clock}}} continue",
        f"  set_input_delay 0 -clock {clock} $port",
        "}",
        f"set_output_delay 0 -clock {clock} [all_outputs]",
        "foreach path [find_timing_paths -path_delay max] {",
        "  set start [get_full_name [get_property $path startpoint]]",
        "  set end [get_full_name [get_property $path endpoint]]",
        '  puts "hawx $start $end [get_property $path slack]"',
        "}",
        "report_checks -path_delay max -format full_clock -digits 4",
    ]
    return "\n".join([*lines, ""])
