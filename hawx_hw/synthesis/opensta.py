"""The longest path by OpenSTA, over the whole flattened hierarchy, where ``sta`` is installed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Mapping
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.synthesis.plain_verilog import plain_verilog
from hawx_hw.synthesis.result import OpenStaTiming
from hawx_hw.technology import Technology
from hawx_hw.util.files import read_text, write_text
from hawx_hw.util.macros import ADDRESS_WIDTH, CLOCK, MACROS, READ_DATA, WIDTH
from hawx_hw.util.processes import run
from hawx_hw.util.quoting import opensta_name

__all__ = [
    "WITHOUT",
    "check_word",
    "find_opensta",
    "opensta_timing",
    "required_opensta",
    "run_opensta",
    "time_unit",
    "without_wires",
]

#: How to do without it.
WITHOUT = "Without OpenSTA it works: take sta out of PATH."
#: For the version.
_ANSWER_SECONDS = 30
_PATH = re.compile(r"^hawx (\S+) (\S+) (\S+)$", re.MULTILINE)
_TIME_UNIT = re.compile(r'\btime_unit\s*:\s*"?\s*(\d+)\s*(ps|ns|us)\s*"?\s*;')
_WIRE_LOAD = re.compile(
    r"\bwire_load(?:_table|_selection)?\s*\([^)]*\)\s*\{[^}]*\}"
    r"|\bdefault_wire_load(?:_selection)?\s*:[^;\n]*;?"
)
_NANOSECONDS = {"ps": 1e-3, "ns": 1.0, "us": 1e3}
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
        [str(program), "-no_init", "-no_splash", "-exit", f"{name}.tcl"],
        tool="OpenSTA",
        limit=timeout,
        folder=folder,
        temporary=folder,
        hint=WITHOUT,
    )
    log = folder / f"{name}.log"
    write_text(log, done.output)
    failure = re.search(r"^Error:? .*$", done.output, re.MULTILINE)
    if done.status or failure:
        reason = failure[0] if failure else f"it {done.ending}"
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


def without_wires(liberty: str) -> str:
    """A library's text without its wire load models.

    OpenSTA takes the model that the library names for the design's area, and so would count wires
    for some libraries and not for others.
    """
    return _WIRE_LOAD.sub("", liberty)


def macro_library(macros: Mapping[str, tuple[str, dict[str, int]]]) -> str:
    """Liberty text for memory macros that answer at once, need no set-up and load nothing.

    Parameters
    ----------
    macros : mapping
        As :func:`~hawx_hw.synthesis.plain_verilog.plain_verilog` returns them.

    Raises
    ------
    UserError
        A macro is none of this project's.
    """
    types = sorted({width for _, shape in macros.values() for width in _widths(shape)})
    lines = ["library (macros) {", "  delay_model : table_lookup;", '  time_unit : "1ns";',
             "  capacitive_load_unit (1, pf);"]  # fmt: skip
    for edge in ("rise", "fall"):
        lines += [f"  {pin}_threshold_pct_{edge} : 50;" for pin in ("input", "output")]
        lines += [
            f"  slew_lower_threshold_pct_{edge} : 20;",
            f"  slew_upper_threshold_pct_{edge} : 80;",
        ]
    for width in types:
        lines += [f"  type (bus{width}) {{", "    base_type : array;", "    data_type : bit;",
                  f"    bit_width : {width};", f"    bit_from : {width - 1};", "    bit_to : 0;",
                  "  }"]  # fmt: skip
    for name, (kind, shape) in sorted(macros.items()):
        if kind not in MACROS:
            raise UserError(
                f"The timing of black box {kind!r} is not known.",
                hint=f"Black boxes must be one of {', '.join(sorted(MACROS))}.",
            )
        lines += [f"  cell ({name}) {{", "    area : 0;"]
        for port, parameter in MACROS[kind].ports.items():
            lines += _pin(port, shape[parameter] if parameter else None)
        lines.append("  }")
    return "\n".join([*lines, "}", ""])


def _widths(shape: Mapping[str, int]) -> tuple[int, int]:
    return shape[WIDTH], shape[ADDRESS_WIDTH]


def _pin(port: str, width: int | None) -> list[str]:
    kind = f"pin ({port})" if width is None else f"bus ({port})"
    bus = [] if width is None else [f"      bus_type : bus{width};"]
    lines = [f"    {kind} {{", *bus]
    if port == READ_DATA:
        tables = ("cell_rise", "rise_transition", "cell_fall", "fall_transition")
        lines += ["      direction : output;", "      timing () {",
                  f'        related_pin : "{CLOCK}";', "        timing_type : rising_edge;",
                  *(f'        {table} (scalar) {{ values ("0"); }}' for table in tables),
                  "      }"]  # fmt: skip
    else:
        lines += ["      direction : input;", "      capacitance : 0;"]
        if port == CLOCK:
            lines.append("      clock : true;")
        else:
            constraints = ("rise_constraint", "fall_constraint")
            lines += ["      timing () {", f'        related_pin : "{CLOCK}";',
                      "        timing_type : setup_rising;",
                      *(f'        {table} (scalar) {{ values ("0"); }}' for table in constraints),
                      "      }"]  # fmt: skip
    return [*lines, "    }"]


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


def time_unit(liberty: str) -> float:
    """The library's unit of time in ns, in which OpenSTA answers."""
    match = _TIME_UNIT.search(liberty)
    return int(match[1]) * _NANOSECONDS[match[2]] if match else 1.0
