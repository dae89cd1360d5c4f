"""File list and scripts for Vivado and Quartus."""

from __future__ import annotations

from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.elaboration import elaborate
from hawx_hw.flows.ports import top_ports
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.sdc import sdc_text
from hawx_hw.flows.templates import write_template
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_text
from hawx_hw.util.resources import flows

__all__ = ["FLOW"]

_FILE_LIST = "filelist.f"
#: Constraints of either tool.
_CONSTRAINTS = ("hawx.xdc", "hawx.sdc")
_SCRIPTS = ("vivado.tcl", "quartus.tcl")

#: A call of a tool's command: its name and words.
Call = tuple[str, ...]


class VendorFlow:
    """Scripts beside the files that they name."""

    name = "vendor"

    def check(self, build: Build, options: Any) -> None:
        """Raise nothing: the scripts suit every accelerator."""

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write scripts, constraints and files."""
        sources = build.copy_rtl(folder)
        memories = build.copy_memories(folder)
        top = build.program.top
        ports = top_ports(build.sources, top)
        write_text(folder / _FILE_LIST, "".join(f"rtl/{name}\n" for name in sources))
        # Both tools compute the uncertainty of a clock. Quartus would drop its own for a stated
        # one, and refuses a clock that no option names.
        constraints = sdc_text(
            top, ports, period_ns=1000 / options.clock_mhz, setup_uncertainty_percent=None
        )
        for name in _CONSTRAINTS:
            write_text(folder / name, constraints)
        values = {"top": top, "sources": sources}
        write_template(
            folder / "vivado.tcl",
            self.name,
            "vivado.tcl.j2",
            **values,
            # A packet to load is data for a host.
            memories=[name for name in memories if name.endswith(".hex")],
            part=options.vivado_part,
        )
        write_template(
            folder / "quartus.tcl",
            self.name,
            "quartus.tcl.j2",
            **values,
            family=options.quartus_family,
            device=options.quartus_device,
            virtual_pins=[
                f"{port.name}[*]" if port.bus else port.name for port in ports if port.name != "clk"
            ],
        )
        write_bytes(folder / "check.tcl", read_bytes(flows() / self.name / "check.tcl"))

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Execute the Tcl with stand-ins for the tools' commands."""
        done = runner.run(["tclsh", "check.tcl", *_SCRIPTS, *_CONSTRAINTS], tool="Tcl")
        if done.output.strip():
            raise FlowError(f"Tcl wrote {done.output.strip()!r}, where nothing was expected.")

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Judge what the scripts would have done."""
        sources = read_text(folder / _FILE_LIST).split()
        design = elaborate([folder / name for name in sources])
        vivado = calls(folder, "vivado.tcl")
        top = next((_option(call, "-top") for call in vivado if call[0] == "synth_design"), "")
        ports = design.ports(top)
        errors = design.errors
        return FlowReport(
            target=f"Vivado {options.vivado_part}, Quartus {options.quartus_device}",
            versions={
                "Tcl": read_text(folder / "tcl.version").strip(),
                "slang": version("pyslang"),
            },
            checks=(
                Check(
                    name="slang elaborates the top module from filelist.f",
                    passed=not errors and bool(ports),
                    detail=errors[0] if errors else f"{len(sources)} files, {len(ports)} ports",
                ),
                vivado_check(vivado, folder, sources),
                quartus_check(calls(folder, "quartus.tcl"), folder, sources, top),
                *(
                    clock_check(name, calls(folder, name), 1000 / options.clock_mhz, ports)
                    for name in _CONSTRAINTS
                ),
            ),
            files=(*_SCRIPTS, *_CONSTRAINTS, _FILE_LIST),
            notes=("Neither Vivado nor Quartus has been run.",),
        )


def calls(folder: Path, script: str) -> list[Call]:
    """The calls of the tool's commands that a script makes, in order."""
    lines = read_text(folder / f"{script}.calls").splitlines()
    return [tuple(line.split("\t")) for line in lines]


def vivado_check(made: Sequence[Call], folder: Path, sources: Sequence[str]) -> Check:
    """Whether the script reads every file, and goes on to a routed design.

    Parameters
    ----------
    made : sequence of Call
    folder : Path
    sources : sequence of str
        The Verilog files, in order.
    """
    read = [name for call in made if call[0] == "read_verilog" for name in call[-1].split()]
    images = [name for call in made if call[0] == "read_mem" for name in call[-1].split()]
    constraints = [call[-1] for call in made if call[0] == "read_xdc"]
    steps = [call[0] for call in made if call[0].endswith("_design")]
    wrong = [name for name in (*read, *images, *constraints) if not (folder / name).is_file()]
    wrong += sorted({path.name for path in folder.glob("*.hex")} ^ set(images))
    if read != list(sources):
        wrong.append("the list of Verilog files")
    if not constraints:
        wrong.append("constraints")
    if steps != ["synth_design", "opt_design", "place_design", "route_design"]:
        wrong.append("the steps of the flow")
    detail = ", ".join(wrong) or f"{len(made)} commands, {len(images)} memory images"
    return Check(name="vivado.tcl with stand-ins", passed=not wrong, detail=detail)


def quartus_check(made: Sequence[Call], folder: Path, sources: Sequence[str], top: str) -> Check:
    """As :func:`vivado_check`, of Quartus; the top module must be the same."""
    assigned: dict[str, list[str]] = {}
    for call in made:
        if call[0] == "set_global_assignment":
            assigned.setdefault(_option(call, "-name"), []).append(call[-1])
    read, constraints = assigned.get("VERILOG_FILE", []), assigned.get("SDC_FILE", [])
    wrong = [name for name in (*read, *constraints) if not (folder / name).is_file()]
    if read != list(sources):
        wrong.append("the list of Verilog files")
    if not constraints:
        wrong.append("constraints")
    if assigned.get("TOP_LEVEL_ENTITY") != [top]:
        wrong.append("the top module")
    if ("execute_flow", "-compile") not in made:
        wrong.append("the compilation")
    detail = ", ".join(wrong) or f"{len(made)} commands"
    return Check(name="quartus.tcl with stand-ins", passed=not wrong, detail=detail)


def clock_check(
    name: str, made: Sequence[Call], period_ns: float, ports: dict[str, tuple[str, int]]
) -> Check:
    """Whether constraints define one clock, of the right period, at an input, and all other ports.

    Parameters
    ----------
    name : str
        Of the file.
    made : sequence of Call
    period_ns : float
    ports : dict of str to (str, int)
        Direction and width of the top's ports.
    """
    clocks = [call for call in made if call[0] == "create_clock"]
    wrong = [] if len(clocks) == 1 else [f"{len(clocks)} clocks"]
    for call in clocks:
        if ports.get(call[-1], ("", 0))[0] != "input":
            wrong.append(f"the clock {call[-1]}")
        if abs(float(_option(call, "-period")) - period_ns) > 1e-6 * period_ns:
            wrong.append(f"the period {_option(call, '-period')}")
    sources = {call[-1] for call in clocks}
    for command, direction in (("set_input_delay", "input"), ("set_output_delay", "output")):
        named = {
            port.removesuffix("[*]")
            for call in made
            if call[0] == command
            for port in call[-1].split()
        }
        expected = {port for port, (own, _) in ports.items() if own == direction} - sources
        wrong += sorted(named ^ expected)
    detail = ", ".join(wrong) or f"{period_ns:g} ns, {len(ports) - 1} ports"
    return Check(name=f"{name} with stand-ins", passed=not wrong, detail=detail)


def _option(call: Call, name: str) -> str:
    """The word behind an option; empty where it is left out."""
    return call[call.index(name) + 1] if name in call[:-1] else ""


FLOW = VendorFlow()
