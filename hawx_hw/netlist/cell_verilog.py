"""Standard cells in Verilog, from their functions in the library, for any simulator.

There are no delays: a netlist of these cells computes what it computes between two clock edges, and
nothing is known of glitches or of timing.
"""

from __future__ import annotations

from collections.abc import Iterable

from hawx_hw.errors import UserError
from hawx_hw.technology.cells import Cell, ClockGate, FlipFlop
from hawx_hw.technology.functions import Expression, parse
from hawx_hw.util.quoting import verilog_name

__all__ = ["cell_verilog"]

_OPERATORS = {"and": "&", "or": "|", "xor": "^"}
_HINT = "Mark it dont_use in the liberty file, or name another technology."


def cell_verilog(cells: Iterable[Cell]) -> str:
    """A module for each cell, ordered by name, in Verilog-2005.

    A flip-flop holds what the simulator starts it with until its first edge; where both its clear
    and its preset are active, it is cleared. The latch of a clock gate is open while the clock is
    0.

    Parameters
    ----------
    cells : iterable of Cell
        Gates, flip-flops and clock gates.

    Raises
    ------
    UserError
        A cell is a latch, or does not state what it does.
    """
    modules = [_module(cell) for cell in sorted(cells, key=lambda cell: cell.name)]
    return "`default_nettype none\n" + "".join(modules) + "`default_nettype wire\n"


def _module(cell: Cell) -> str:
    pins = [pin for pin in cell.pins.values() if pin.direction in ("input", "output")]
    ports = ",\n".join(f"  {pin.direction} wire {verilog_name(pin.name)}" for pin in pins)
    if cell.clock_gate is not None:
        body = _clock_gate(cell.clock_gate)
    elif cell.flip_flop is not None:
        body = [*_flip_flop(cell, cell.flip_flop), *_outputs(cell)]
    elif cell.sequential:
        raise _refusal(cell, "it is a latch")
    else:
        body = _outputs(cell)
    lines = "".join(f"  {line}\n" for line in body)
    return f"\nmodule {verilog_name(cell.name)}(\n{ports}\n);\n{lines}endmodule\n"


def _outputs(cell: Cell) -> list[str]:
    lines = []
    for pin in cell.pins.values():
        if pin.direction == "output":
            if not pin.function:
                raise _refusal(cell, f"its output {pin.name} has no function")
            lines.append(f"assign {verilog_name(pin.name)} = {_text(cell, pin.function)};")
    return lines


def _flip_flop(cell: Cell, flop: FlipFlop) -> list[str]:
    """Registers and wires with the names that the functions of the outputs use."""
    state = verilog_name(flop.state)
    lines = [f"reg {state};"]
    if flop.inverted_state:
        lines.append(f"wire {verilog_name(flop.inverted_state)} = ~{state};")
    events = [_edge(cell, flop.clocked_on, "hawx_clock", lines)]
    steps = []
    for text, value in ((flop.clear, "1'b0"), (flop.preset, "1'b1")):
        if text:
            name = f"hawx_set_{value[-1]}"
            events.append(_edge(cell, text, name, lines))
            steps.append(f"if ({name}) {state} <= {value}; else ")
    lines.append(f"always @({' or '.join(events)})")
    lines.append(f"  {''.join(steps)}{state} <= {_text(cell, flop.next_state)};")
    return lines


def _edge(cell: Cell, function: str, name: str, lines: list[str]) -> str:
    """The event that a function becomes 1, of a wire that is added to ``lines``."""
    lines.append(f"wire {name} = {_text(cell, function)};")
    return f"posedge {name}"


def _clock_gate(gate: ClockGate) -> list[str]:
    clock, enable = verilog_name(gate.clock), verilog_name(gate.enable)
    if gate.test:
        enable = f"{enable} | {verilog_name(gate.test)}"
    return [
        "reg hawx_open;",
        f"always @* if (!{clock}) hawx_open = {enable};",
        f"assign {verilog_name(gate.output)} = {clock} & hawx_open;",
    ]


def _text(cell: Cell, function: str) -> str:
    try:
        return _verilog(parse(function))
    except ValueError as error:
        raise _refusal(cell, str(error)) from error


def _verilog(function: Expression) -> str:
    if function.operator == "name":
        return verilog_name(function.text)
    if function.operator == "constant":
        return f"1'b{function.text}"
    parts = [_verilog(part) for part in function.operands]
    if function.operator == "not":
        return f"(~{parts[0]})"
    return f"({parts[0]} {_OPERATORS[function.operator]} {parts[1]})"


def _refusal(cell: Cell, reason: str) -> UserError:
    return UserError(f"Cell {cell.name} has no model in Verilog: {reason}.", hint=_HINT)
