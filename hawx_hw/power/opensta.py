"""Power by OpenSTA, from the same activities, where ``sta`` is installed.

OpenSTA is given the design without hierarchy, with what memory macros give as inputs. It propagates
activities of its own first; only then does OpenSTA 2.0.17 keep those that are set at pins, and not
through ``set_power_activity -pins`` (which names an unknown variable) but the command below it.

What it reads of energies is put in the words that it understands, see :func:`plain_energies`: it
adds up rise and fall where a toggle is one of them, and counts an output's energy once for each
related pin.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.power.model import PowerModel
from hawx_hw.synthesis.opensta import (
    WITHOUT,
    check_word,
    required_opensta,
    run_opensta,
)
from hawx_hw.synthesis.opensta_libraries import time_unit, without_wires
from hawx_hw.technology import Technology
from hawx_hw.technology.functions import Expression, parse
from hawx_hw.util.files import write_text
from hawx_hw.util.quoting import opensta_name, opensta_path, verilog_name

__all__ = ["OpenStaPower", "flat_verilog", "opensta_power", "plain_energies"]

_TOTAL = re.compile(r"^Total +(\S+) +(\S+) +(\S+) +(\S+)", re.MULTILINE)
_VALUES = re.compile(r"\bvalues\s*\(([^)]*)\)", re.DOTALL)
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_WHEN = re.compile(r'\bwhen\s*:\s*"([^"]*)"\s*;')
_RELATED = re.compile(r'\brelated_pin\s*:\s*"?([^";]*)"?\s*;')


@dataclass(frozen=True)
class OpenStaPower:
    """Power by OpenSTA, in uW; nets that no cell drives are not in it."""

    internal_uw: float
    switching_uw: float
    leakage_uw: float
    total_uw: float
    version: str


def opensta_power(
    model: PowerModel,
    activity: Activity,
    technology: Technology,
    *,
    clock_mhz: float,
    workdir: Path,
    clock: str = "clk",
    timeout: float = 1800.0,
) -> OpenStaPower:
    """Power of a design's cells.

    Parameters
    ----------
    model : PowerModel
        The power model of the design.
    activity : Activity
    technology : Technology
        That of its cells.
    clock_mhz : float
    workdir : Path
        Gets ``power.*``: what OpenSTA read, and its log.
    clock : str
        The clock's port.
    timeout : float
        Seconds.

    Raises
    ------
    UserError
        OpenSTA is missing, failed or took too long, or ``clock`` is no plain word.
    """
    check_word(clock)
    program, version = required_opensta()
    cells = without_wires(technology.tool_text())
    period = 1000.0 / clock_mhz / time_unit(cells)
    workdir.mkdir(parents=True, exist_ok=True)
    write_text(workdir / "power.v", flat_verilog(model.flat))
    write_text(workdir / "power.lib", plain_energies(cells))
    script = "\n".join(_script(model, activity, clock, period))
    log = run_opensta(program, script, workdir, "power", timeout=timeout)
    totals = _TOTAL.findall(log)
    if not totals:
        raise UserError(
            "OpenSTA reported no power.",
            where=str(workdir / "power.log"),
            hint=f"The log has more. {WITHOUT}",
        )
    internal, switching, leakage, total = (1e6 * float(watts) for watts in totals[-1])
    return OpenStaPower(internal, switching, leakage, total, version)


def flat_verilog(flat: FlatNetlist) -> str:
    """The cells without hierarchy; whatever no cell drives is an input.

    Net ``n`` is called ``n<number>``, cell ``i`` of group ``g`` is ``c<g>_<i>``; ports keep their
    names where they are of one bit and nothing else, such as the clock.
    """
    driven: set[int] = set()
    used: set[int] = set()
    body: list[str] = []
    clocks = {
        int(nets[0]): verilog_name(port)
        for port, (direction, nets) in flat.ports.items()
        if direction == "input" and len(nets) == 1
    }
    for number, group in enumerate(flat.groups):
        pins = flat.library.cells[group.kind].pins
        outputs = [i for i, pin in enumerate(group.pins) if pins[pin].direction == "output"]
        used.update(group.nets.ravel().tolist())
        driven.update(group.nets[:, outputs].ravel().tolist())
        for index, nets in enumerate(group.nets.tolist()):
            wiring = ", ".join(
                f".{pin}({clocks.get(net, f'n{net}')})"
                for pin, net in zip(group.pins, nets, strict=True)
            )
            body.append(f"  {group.kind} c{number}_{index} ({wiring});")
    inputs = [clocks.get(net, f"n{net}") for net in sorted(used - driven)]
    wires = [f"  wire n{net};" for net in sorted(driven)]
    lines = [f"module flat({', '.join(inputs)});", *(f"  input {name};" for name in inputs)]
    return "\n".join([*lines, *wires, *body, "endmodule", ""])


def _script(model: PowerModel, activity: Activity, clock: str, period: float) -> Iterator[str]:
    flat, word = model.flat, opensta_name(clock)
    toggles, ones = model.rates(activity)
    yield "read_liberty power.lib"
    yield "read_verilog power.v"
    yield "link_design flat"
    yield f"create_clock -name {word} -period {period:.9g} [get_ports {word}]"
    yield "foreach port [all_inputs] {"
    yield f"  if {{[get_full_name $port] eq {word}}} continue"
    yield f"  set_input_delay 0 -clock {word} $port"
    yield "}"
    # On the nets of a clock OpenSTA takes two toggles a cycle, whatever is set: so that it takes
    # those of gated clocks, the clock ends at the gates.
    for group in flat.groups:
        if gate := flat.library.cells[group.kind].clock_gate:
            yield (
                f"set_disable_timing -from {{{gate.clock}}} -to {{{gate.output}}} "
                f"[get_lib_cells {{*/{group.kind}}}]"
            )
    # What no clock reaches has no power: flip-flops behind gates are clocked at their outputs.
    clock_nets = {int(net) for net in flat.ports[clock][1]} if clock in flat.ports else set()
    for number, group in enumerate(flat.groups):
        cell = flat.library.cells[group.kind]
        if cell.flip_flop is None:
            continue
        clocked_by = group.nets_at(parse(cell.flip_flop.clocked_on).names[0]).tolist()
        outputs = [pin for pin in group.pins if cell.pins[pin].direction == "output"]
        for index, net in enumerate(clocked_by):
            for pin in outputs if net not in clock_nets else ():
                path = opensta_path(f"c{number}_{index}/{pin}")
                yield f"set_input_delay 0 -clock {word} [get_pins {path}]"
    yield "report_checks > /dev/null"
    # Lets it propagate once; what is set from here on stays.
    yield "report_power > /dev/null"
    yield "proc a {pin activity duty} {"
    yield "  sta::set_power_pin_activity [sta::find_pin $pin] $activity $duty"
    yield "}"
    for number, group in enumerate(flat.groups):
        for index, nets in enumerate(group.nets.tolist()):
            for pin, net in zip(group.pins, nets, strict=True):
                if net not in clock_nets:
                    path = opensta_path(f"c{number}_{index}/{pin}")
                    yield f"a {path} {toggles[net]:.7g} {ones[net]:.7g}"
    yield "report_power -digits 10"
    yield ""


def plain_energies(liberty: str) -> str:
    """A library's text with energies as OpenSTA 2.0.17 takes them.

    OpenSTA multiplies the sum of the rising and the falling energy with the toggles, by a share
    that is 0.5 for a data input, 1 for a clock, and for an output either guessed for each related
    pin from the function or again 0.5 or 1. With a condition its share is that condition's. So an
    energy without one is written once for each state in which none of the others holds, all are
    halved, and those of an output are divided by the number of its related pins: the pins share its
    toggles evenly.
    """
    edits: list[tuple[int, int, str]] = []
    for start, end in _groups(liberty, "pin"):
        powers = list(_groups(liberty, "internal_power", start, end))
        texts = [liberty[first:last] for first, last in powers]
        whens = [match[1] if (match := _WHEN.search(text)) else "" for text in texts]
        related = [match[1].split() if (match := _RELATED.search(text)) else [] for text in texts]
        names = {name.strip() for each in related for name in each}
        output = re.search(r"\bdirection\s*:\s*\"?output", liberty[start:end]) is not None
        factor = 0.5 / max(len(names), 1) if output else 0.5
        for (first, last), text, when, pins in zip(powers, texts, whens, related, strict=True):
            changed = _scaled(text, factor)
            if not when:
                others = [
                    parse(other)
                    for other, its_pins in zip(whens, related, strict=True)
                    if other and (not pins or set(its_pins) & set(pins))
                ]
                changed = "\n".join(
                    changed.replace("{", f'{{ when : "{cube}";', 1) for cube in _rest(others)
                )
            edits.append((first, last, changed))
    pieces, position = [], 0
    for first, last, changed in sorted(edits):
        pieces += [liberty[position:first], changed]
        position = last
    return "".join([*pieces, liberty[position:]])


def _rest(functions: Sequence[Expression], fixed: str = "") -> Iterator[str]:
    """Disjoint products of literals that hold where none of some functions does.

    OpenSTA takes the operands of a function as independent, which makes it right for these only.
    """
    names = [name for function in functions for name in function.names]
    values = dict(literal.split("=") for literal in fixed.split())
    free = [name for name in names if name not in values]
    if free:
        for bit in "10":
            yield from _rest(functions, f"{fixed} {free[0]}={bit}")
    elif not any(f.evaluate({name: int(bit) for name, bit in values.items()}) for f in functions):
        literals = (name if bit == "1" else f"!{name}" for name, bit in values.items())
        yield " & ".join(literals) or "1"


def _scaled(group: str, factor: float) -> str:
    def scaled(values: re.Match[str]) -> str:
        return _NUMBER.sub(lambda number: f"{float(number[0]) * factor:.9g}", values[0])

    return _VALUES.sub(scaled, group)


def _groups(
    text: str, name: str, start: int = 0, end: int | None = None
) -> Iterator[tuple[int, int]]:
    """Where the groups of a name begin and end; none stands within another."""
    head = re.compile(rf"\b{name}\s*\([^)]*\)\s*\{{")
    brace = re.compile(r"[{}]")
    end = len(text) if end is None else end
    while match := head.search(text, start, end):
        depth, start = 1, match.end()
        while depth:
            border = brace.search(text, start, end)
            if border is None:
                raise ValueError("the braces of the liberty file do not match")
            depth += 1 if border[0] == "{" else -1
            start = border.end()
        yield match.start(), start
