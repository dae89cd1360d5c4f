"""Static timing analysis of the synthesized netlist, with OpenSTA."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from hawx_hw.flows.base import FlowError
from hawx_hw.flows.mapped import mapped_netlist
from hawx_hw.flows.ports import top_ports
from hawx_hw.flows.result import Check, Clock, FlowReport
from hawx_hw.flows.sdc import period_ns, sdc_text
from hawx_hw.flows.sta_periods import shortest_period_ns
from hawx_hw.flows.sta_reports import (
    Slacks,
    by_pin,
    plain_name,
    read_slacks,
    read_transitions,
    read_unconstrained,
)
from hawx_hw.flows.sta_wires import net_drivers, wires_tcl
from hawx_hw.flows.templates import write_template
from hawx_hw.netlist.arcs import fan_outs
from hawx_hw.netlist.constants import constant_nets
from hawx_hw.netlist.timing import endpoints
from hawx_hw.synthesis.opensta import failure_in, opensta_command, required_opensta
from hawx_hw.synthesis.opensta_libraries import (
    WIRES,
    load_unit,
    macro_library,
    time_unit,
    with_wires,
    without_wires,
)
from hawx_hw.synthesis.plain_verilog import plain_verilog
from hawx_hw.technology.functions import parse
from hawx_hw.technology.wires import MeasuredWireModel, WireModel
from hawx_hw.util.files import read_text, write_json, write_text
from hawx_hw.util.quoting import opensta_name

if TYPE_CHECKING:
    from hawx_hw.flows.base import Build
    from hawx_hw.flows.runner import Runner
    from hawx_hw.netlist.flat import FlatNetlist
    from hawx_hw.technology import Technology
    from hawx_hw.technology.liberty import Library

__all__ = ["FLOW", "OpenStaFlow"]

_CLOCK = "clk"
#: What the netlist's own analysis gives, for the judgment: see :func:`_expectations`.
_EXPECTED = "expected.json"
_LOG = "opensta.log"
_VERSION = "version.txt"
#: The last line of a script that came to its end.
_END = "complete"


class OpenStaFlow:
    """See ``flows/opensta/``."""

    name = "opensta"

    def check(self, build: Build, options: Any) -> None:
        """Refuse a name of the top that Tcl would interpret."""
        opensta_name(build.program.top)

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write libraries, netlist, constraints, the script, and what is expected."""
        technology, mapped = build.technology(), mapped_netlist(build)
        cells = technology.tool_text()
        kind = options.wires or _wires_kind(technology)
        wires = technology.wire_model(kind)
        text, macros = plain_verilog(mapped.verilog)
        unit, period = time_unit(cells), 1000 / (options.clock_mhz or build.clock_mhz)
        access = options.memory_access_ns
        if access is None:
            access = _flip_flop_delay(technology.library)
        write_text(folder / "netlist.v", text)
        write_text(
            folder / "cells.lib",
            with_wires(cells, wires) if isinstance(wires, WireModel) else without_wires(cells),
        )
        if isinstance(wires, MeasuredWireModel):
            tcl = wires_tcl(mapped.flat, wires, load_unit(cells))
            write_text(folder / "wires.tcl", tcl)
        if macros:
            library = macro_library(macros, access_ns=access, setup_ns=options.memory_setup_ns)
            write_text(folder / "memories.lib", library)
        constraints = sdc_text(
            build.program.top,
            top_ports(build.sources, build.program.top),
            period_ns=period,
            unit_ns=unit,
            clock=_CLOCK,
            io_delay_percent=options.io_delay_percent,
            setup_uncertainty_percent=options.setup_uncertainty_percent,
            hold_uncertainty_ns=options.hold_uncertainty_ns,
            max_fanout=options.max_fanout,
            max_transition_ns=options.max_transition_ns,
        )
        write_text(folder / "constraint.sdc", constraints)
        expected = _expectations(mapped.flat, options.max_fanout) | {
            "period_ns": period,
            "target": f"{technology.name}, library {technology.library.name}",
            "notes": _notes(kind, wires, options, access),
        }
        write_json(folder / _EXPECTED, expected)
        write_template(
            folder / "opensta.tcl",
            "opensta",
            "opensta.tcl.j2",
            top=build.program.top,
            memories=bool(macros),
            wire_load=WIRES if isinstance(wires, WireModel) else None,
            wires=isinstance(wires, MeasuredWireModel),
            endpoints=max(1, len(expected["changing"])),
        )

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Run the script.

        Raises
        ------
        UserError
            OpenSTA is not installed.
        FlowError
            Its log has an error, or lacks the line that ends it.
        """
        program, version = required_opensta()
        write_text(folder / _VERSION, version)
        done = runner.run(opensta_command(program, "opensta"), tool="OpenSTA", log=_LOG)
        failure = failure_in(done.output)
        if failure is None and done.output.strip().splitlines()[-1:] != [_END]:
            failure = "the script did not come to its end"
        if failure is not None:
            raise FlowError(f"OpenSTA failed: {failure} (log: {folder / _LOG})")

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Slacks, and whether everything that can change was analyzed."""
        expected = json.loads(read_text(folder / _EXPECTED))
        cells = read_text(folder / "cells.lib")
        unit = time_unit(cells)
        setup, hold = (
            read_slacks(read_text(folder / f"{kind}.txt"), unit) for kind in ("setup", "hold")
        )
        numbers, notes = _numbers(setup, hold, expected), list(expected["notes"])
        slow: int | None = None
        if options.max_transition_ns is not None or "max_transition" in cells:
            text = read_text(folder / "transitions.txt")
            slow = len(read_transitions(text, expected["clock_pins"]))
            numbers["pins over the limit of transition"] = slow
        else:
            notes.append("Transitions are not checked: the library states no limit.")
        period = float(expected["period_ns"])
        clock = Clock(
            name=_CLOCK,
            required_mhz=1000 / period,
            achieved_mhz=_reached_mhz(folder, options, unit, period),
            setup_slack_ns=setup.worst,
            hold_slack_ns=hold.worst,
        )
        checks = [
            _unit_check(read_text(folder / "constraint.sdc"), unit, period),
            _constrained_check(setup, read_text(folder / "unconstrained.txt"), expected),
            _hold_check(setup, hold),
            _problems_check(read_text(folder / "problems.txt")),
        ]
        if options.limits == "require":
            checks.append(_limits_check(slow, expected))
        return FlowReport(
            target=expected["target"],
            versions={"OpenSTA": read_text(folder / _VERSION)},
            clocks=(clock,),
            numbers=numbers,
            checks=tuple(checks),
            files=("slowest_path.txt", "hold_path.txt", "constraint.sdc", _EXPECTED),
            notes=tuple(notes),
        )


def _reached_mhz(folder: Path, options: Any, unit: float, period: float) -> float | None:
    """The highest frequency without a negative slack; None where none is, or nothing is known."""
    inputs, registers = (
        read_slacks(read_text(folder / f"setup_{kind}.txt"), unit)
        for kind in ("inputs", "registers")
    )
    shortest = shortest_period_ns(
        period,
        inputs,
        registers,
        io_delay_percent=options.io_delay_percent,
        uncertainty_percent=options.setup_uncertainty_percent,
    )
    return None if shortest is None else 1000 / shortest


def _flip_flop_delay(library: Library) -> float:
    """The shortest delay of a flip-flop from its clock, in ns, with no load."""
    delays = [
        table.at(0.0, 0.0)
        for cell in library.cells.values()
        if cell.flip_flop is not None and not cell.dont_use
        for pin in cell.pins.values()
        for arc in pin.arcs
        if arc.clocked
        for table in arc.delays
    ]
    return max(0.0, min(delays, default=0.0))


def _wires_kind(technology: Technology) -> Literal["none", "estimated", "measured"]:
    """What the technology states, the table of its library first."""
    if technology.wires is not None:
        return "estimated"
    return "none" if technology.measured_wires is None else "measured"


def _notes(
    kind: str, wires: WireModel | MeasuredWireModel | None, options: Any, access: float
) -> list[str]:
    notes = [
        "One corner, that of the library; an ideal clock: its tree is yet to be built.",
        f"Memories answer {access:.3g} ns after the clock's edge"
        + (
            " (assumed: the library's fastest flip-flop)"
            if options.memory_access_ns is None
            else ""
        )
        + f", and need {options.memory_setup_ns:.3g} ns of set-up.",
    ]
    if wires is not None:
        lengths = "estimated" if kind == "estimated" else "as in layouts of this project's designs"
        notes.append(f"Wires are {lengths}: {wires.source}.")
    elif options.wires is None:
        notes.append("Wires do not count: the technology states none.")
    else:
        notes.append("Wires do not count.")
    return notes


def _expectations(flat: FlatNetlist, max_fanout: int) -> dict[str, Any]:
    """Facts of the netlist itself: endpoints, those that never change, clock pins, fan-out."""
    constant = constant_nets(flat)
    ends = {plain_name(name): net for name, net in endpoints(flat).items()}
    pins, clocks = fan_outs(flat), _clock_pins(flat)
    for group in flat.groups:
        for pin in group.pins:
            if pin in clocks:
                pins[group.nets_at(pin)] = 0
    # A layout has as many cells that give a constant as it needs.
    pins[constant >= 0] = 0
    wide = np.flatnonzero(pins > max_fanout)
    return {
        "changing": sorted(name for name, net in ends.items() if constant[net] < 0),
        "constant": {name: int(constant[net]) for name, net in sorted(ends.items())
                     if constant[net] >= 0},
        "clock_pins": sorted(clocks),
        "largest_fan_out": int(pins.max(initial=0)),
        "wide_nets": [
            {"driver": name, "pins": int(pins[net])}
            for name, net in sorted(net_drivers(flat, wide).items(), key=lambda x: (-pins[x[1]], x))
        ],
    }  # fmt: skip


def _clock_pins(flat: FlatNetlist) -> set[str]:
    """Names of pins that are on the clock's nets."""
    names: set[str] = set()
    for cell in flat.library.cells.values():
        if cell.flip_flop is not None:
            names.update(parse(cell.flip_flop.clocked_on).names)
        if cell.clock_gate is not None:
            names.update((cell.clock_gate.clock, cell.clock_gate.output))
    return names | {_CLOCK}


def _numbers(setup: Slacks, hold: Slacks, expected: Any) -> dict[str, float]:
    numbers: dict[str, float] = {
        "endpoints": len(setup.by_end),
        "endpoints that never change": len(expected["constant"]),
    }
    for name, slacks in (("setup", setup), ("hold", hold)):
        numbers[f"{name}: endpoints with negative slack"] = slacks.violations
        numbers[f"{name}: total negative slack, ns"] = slacks.total_negative
    numbers["largest fan-out, pins"] = expected["largest_fan_out"]
    numbers["nets over the limit of fan-out"] = len(expected["wide_nets"])
    return numbers


def _unit_check(sdc: str, unit: float, period: float) -> Check:
    """A period in another unit than the library's makes every slack meaningless."""
    observed = period_ns(sdc, unit)
    return Check(
        name="the constraints are in the library's unit of time",
        passed=abs(observed - period) <= 1e-6 * period,
        detail=f"the period is {observed:.6g} ns, and must be {period:.6g} ns",
    )


def _constrained_check(setup: Slacks, unconstrained: str, expected: Any) -> Check:
    """Every endpoint is analyzed, or provably never changes."""
    changing, constant = set(expected["changing"]), set(expected["constant"])
    listed = read_unconstrained(unconstrained)
    open_ends = sorted((listed - constant) | (changing - set(setup.by_end)))
    unknown = sorted((set(setup.by_end) | listed) - changing - constant)
    detail = f"{len(changing & set(setup.by_end))} of {len(changing)} that can change"
    if constant:
        detail += f"; {len(constant)} never change: {by_pin(constant)}"
    for what, names in (("not analyzed", open_ends), ("not in the netlist", unknown)):
        if names:
            detail += f"; {what}: {', '.join(names[:3])} ({len(names)} in all)"
    return Check(
        name="every endpoint is constrained",
        passed=bool(changing) and not open_ends and not unknown,
        detail=detail,
    )


def _hold_check(setup: Slacks, hold: Slacks) -> Check:
    missing = set(setup.by_end) - set(hold.by_end)
    detail = f"{len(hold.by_end)} endpoints"
    if missing:
        detail += f"; without: {by_pin(missing)}"
    return Check(
        name="hold is checked at every endpoint",
        passed=bool(hold.by_end) and not missing,
        detail=detail,
    )


def _problems_check(text: str) -> Check:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return Check(
        name="inputs and clocks are constrained",
        passed=not lines,
        detail=" / ".join(lines[:3]) or "check_setup reports nothing",
    )


def _limits_check(slow: int | None, expected: Any) -> Check:
    """Passes only where both limits are known."""
    wide = len(expected["wide_nets"])
    pins = "transitions without a limit" if slow is None else f"{slow} pins over that of transition"
    return Check(
        name="transitions and fan-out are within their limits",
        passed=slow == 0 and not wide,
        detail=f"{wide} nets over the limit of fan-out, {pins}",
    )


FLOW = OpenStaFlow()
