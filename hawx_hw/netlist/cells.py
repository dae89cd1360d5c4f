"""C for the kinds of cells of a netlist, from their functions in the library."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from hawx_hw.errors import UserError
from hawx_hw.technology.functions import Expression, parse
from hawx_hw.technology.liberty import Cell

__all__ = ["CellModel", "c_code", "cell_model"]


@dataclass(frozen=True)
class CellModel:
    """What a kind of cell computes.

    Parameters
    ----------
    kind : str
    pins : tuple of str
        Inputs and outputs.
    outputs : tuple of (str, Expression)
        Each output pin and its function, of input pins or of ``state`` and ``inverted``.
    next_state : Expression or None
        A function of input pins; None for cells without state.
    clock : str
        The pin whose rising edge counts.
    state, inverted : str
        Names of a flip-flop's state.
    asynchronous : tuple of Expression
        What sets or clears the state at once.

    A clock gate has no outputs here: what it does is part of what it clocks, see
    :mod:`hawx_hw.netlist.clock`.
    """

    kind: str
    pins: tuple[str, ...]
    outputs: tuple[tuple[str, Expression], ...]
    next_state: Expression | None = None
    clock: str = ""
    state: str = ""
    inverted: str = ""
    asynchronous: tuple[Expression, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """Input pins that the outputs, or the next state, depend on."""
        functions = [self.next_state] if self.next_state else [f for _, f in self.outputs]
        return tuple(dict.fromkeys(name for f in functions for name in f.names))


def cell_model(cell: Cell, pins: Sequence[str]) -> CellModel:
    """The model of a kind.

    Parameters
    ----------
    cell : Cell
    pins : sequence of str
        Its input and output pins, in the order of a netlist's arrays.

    Raises
    ------
    UserError
        It holds state other than by a flip-flop with a rising edge, or does not say what it does.
    """
    outputs = []
    if cell.clock_gate is not None:
        return CellModel(cell.name, tuple(pins), ())
    for pin in pins:
        if cell.pins[pin].direction == "output":
            text = cell.pins[pin].function
            if not text:
                raise _refusal(cell, f"its output {pin} has no function")
            outputs.append((pin, _function(cell, text)))
    if not cell.sequential:
        return CellModel(cell.name, tuple(pins), tuple(outputs))
    flop = cell.flip_flop
    if flop is None:
        raise _refusal(cell, "it is a latch")
    clock = _function(cell, flop.clocked_on)
    if clock.operator != "name":
        raise _refusal(cell, "its clock's falling edge counts")
    return CellModel(
        cell.name,
        tuple(pins),
        tuple(outputs),
        _function(cell, flop.next_state),
        clock.text,
        flop.state,
        flop.inverted_state,
        tuple(_function(cell, text) for text in (flop.clear, flop.preset) if text),
    )


def _function(cell: Cell, text: str) -> Expression:
    try:
        return parse(text)
    except ValueError as error:
        raise _refusal(cell, str(error)) from error


def _refusal(cell: Cell, reason: str) -> UserError:
    return UserError(
        f"Cell {cell.name} cannot be simulated: {reason}",
        hint="Mark it dont_use in the liberty file, or name another technology.",
    )


def c_code(models: Sequence[CellModel]) -> str:
    """The text of ``generated.h``: for each kind, by its position, what ``simulate.c`` calls.

    ``gates`` has the functions of kinds without state, ``states`` and ``outputs`` those of
    flip-flops, whose next states are computed for all before any output changes. Flip-flops have
    one more net behind those of their pins: the enable of their clock, without which their state
    holds.
    ``evaluate_gate`` and ``evaluate_state`` give a single output; outputs are numbered in the order
    of the kinds, those of kinds without and with state apart.
    """
    lines = []
    tables: dict[str, list[str]] = {"gates": [], "states": [], "outputs": []}
    single: dict[str, list[str]] = {"gate": [], "state": []}
    for number, model in enumerate(models):
        names = {pin: f"v[p[{index}]]" for index, pin in enumerate(model.pins)}
        constants = {"0": "v[0]", "1": "v[1]"}
        if model.next_state is None:
            single["gate"] += [function.c(names | constants) for _, function in model.outputs]
            lines += _function_text(
                f"gate_{number}", "", len(model.pins), _puts(model, names | constants)
            )
            tables["gates"].append(f"gate_{number}")
            tables["states"].append("0")
            tables["outputs"].append("0")
            continue
        lines += _function_text(
            f"state_{number}",
            ", word *restrict next",
            len(model.pins) + 1,
            [
                f"word clocked = v[p[{len(model.pins)}]];",
                f"next[i] = (clocked & {model.next_state.c(names | constants)})"
                " | (~clocked & next[i]);",
            ],
        )
        one = {model.state: "state", model.inverted: "(~state)", "0": "_0", "1": "(~_0)"}
        single["state"] += [function.c(one) for _, function in model.outputs]
        known = {model.state: "next[i]", model.inverted: "(~next[i])"}
        lines += _function_text(
            f"output_{number}",
            ", const word *restrict next",
            len(model.pins) + 1,
            _puts(model, known | constants),
        )
        tables["gates"].append("0")
        tables["states"].append(f"state_{number}")
        tables["outputs"].append(f"output_{number}")
    more = {"gates": "", "states": ", word *", "outputs": ", const word *"}
    for name, functions in tables.items():
        lines.append(
            f"static void (*const {name}[])(struct state *, const int32_t *, int64_t{more[name]})"
            f" = {{{', '.join(functions) or '0'}}};"
        )
    lines += _choice("gate", "const word *restrict v, const int32_t *restrict p", single["gate"])
    lines += _choice("state", "word state", single["state"])
    return "\n".join([*lines, ""])


def _choice(name: str, arguments: str, results: Sequence[str]) -> list[str]:
    """A function that computes one output of one kind, by number."""
    return [
        f"static inline word evaluate_{name}(int32_t number, {arguments}) {{",
        "  word _0 = {0};" if name == "state" else "  word _0 = v[0];",
        "  switch (number) {",
        *(f"  case {number}: return {text};" for number, text in enumerate(results)),
        "  default: return _0;",
        "  }",
        "}",
    ]


def _puts(model: CellModel, names: dict[str, str]) -> list[str]:
    return [
        f"put(v, toggles, ones, mask, p[{model.pins.index(pin)}], {function.c(names)});"
        for pin, function in model.outputs
    ]


def _function_text(name: str, more: str, stride: int, body: Sequence[str]) -> list[str]:
    return [
        f"static void {name}(struct state *s, const int32_t *p, int64_t n{more}) {{",
        "  word *v = s->values;",
        "  int64_t *toggles = s->toggles, *ones = s->ones;",
        "  word mask = *s->mask;",
        "  (void)toggles, (void)ones, (void)mask;",
        f"  for (int64_t i = 0; i < n; i++, p += {stride}) {{",
        *(f"    {line}" for line in body),
        "  }",
        "}",
    ]
