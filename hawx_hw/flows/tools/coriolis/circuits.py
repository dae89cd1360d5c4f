"""Functions of cells from their circuits: transistors are switches, and are solved as such.

A node has the value of a supply that it is joined to through conducting transistors; one that is
joined to none keeps its value, as the feedback of a flip-flop relies on.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from hawx_hw.technology.cells import Pin
from hawx_hw.technology.functions import parse
from hawx_hw.technology.liberty import Library

__all__ = ["Circuit", "other_functions", "read_circuits"]

_VALUES = {"vss": 0, "vdd": 1}


@dataclass(frozen=True)
class Circuit:
    """The circuit of a cell.

    Parameters
    ----------
    ports : tuple of str
    transistors : tuple of (bool, str, str, str)
        Of each whether it conducts at 1 (NMOS), its gate, source and drain.
    """

    ports: tuple[str, ...]
    transistors: tuple[tuple[bool, str, str, str], ...]

    def settle(self, inputs: Mapping[str, int], state: Mapping[str, int | None]) -> dict[str, int]:
        """Values of the nodes once nothing changes any more.

        Parameters
        ----------
        inputs : mapping of str to 0 or 1
        state : mapping of str to int or None
            Values before, of the nodes that have one.

        Raises
        ------
        ValueError
            A node is joined to both supplies, or the circuit does not settle.
        """
        values: dict[str, int | None] = {**state, **_VALUES, **inputs}
        for _ in range(2 * len(self.transistors) + 2):
            after, shorts = self._step({**_VALUES, **inputs}, values)
            if after == values:
                if shorts:
                    raise ValueError(f"{min(shorts)} is joined to both supplies")
                return {node: value for node, value in after.items() if value is not None}
            values = after
        raise ValueError("a circuit must settle")

    def _step(
        self, fixed: Mapping[str, int], values: Mapping[str, int | None]
    ) -> tuple[dict[str, int | None], set[str]]:
        """Values after all transistors switched once, and the nodes that both values drive."""
        joined: dict[str, set[str]] = {}
        for conducts_at_one, gate, source, drain in self.transistors:
            if values.get(gate) == int(conducts_at_one):
                joined.setdefault(source, set()).add(drain)
                joined.setdefault(drain, set()).add(source)
        driven: dict[str, set[int]] = {}
        for start, value in fixed.items():
            todo, seen = [start], {start}
            while todo:
                for node in joined.get(todo.pop(), set()) - seen - fixed.keys():
                    driven.setdefault(node, set()).add(value)
                    seen.add(node)
                    todo.append(node)
        shorts = {node for node, both in driven.items() if len(both) > 1}
        levels = {node: None if node in shorts else min(driven[node]) for node in driven}
        return {**values, **levels, **fixed}, shorts


def read_circuits(text: str) -> dict[str, Circuit]:
    """The circuits of a SPICE file, by name; lines of MOS transistors alone are read."""
    circuits: dict[str, Circuit] = {}
    name = ""
    ports: tuple[str, ...] = ()
    transistors: list[tuple[bool, str, str, str]] = []
    for words in (line.split() for line in text.splitlines()):
        head = words[0].lower() if words else ""
        if head == ".subckt":
            name, ports, transistors = words[1], tuple(words[2:]), []
        elif head == ".ends":
            circuits[name] = Circuit(ports, tuple(transistors))
        elif head.startswith("m"):
            drain, gate, source, _, model = words[1:6]
            transistors.append(("nfet" in model, gate, source, drain))
    return circuits


def other_functions(circuits: Mapping[str, Circuit], library: Library) -> list[str]:
    """Cells of a library whose circuits compute something else, one sentence each.

    Every combination of inputs is tried, and a cell without inputs must stay at its constant. A
    flip-flop is tried with every sequence of three values at its data input, which changes while
    the clock is low and while it is high.
    """
    problems = []
    for name, cell in library.cells.items():
        circuit = circuits.get(name)
        if circuit is None:
            problems.append(f"{name} has no circuit")
            continue
        try:
            same = _register(circuit) if cell.sequential else _gate(circuit, cell.pins)
        except (KeyError, ValueError) as error:
            problems.append(f"{name}: {error}")
            continue
        if not same:
            problems.append(f"{name} does not compute its function")
    return problems


def _gate(circuit: Circuit, pins: Mapping[str, Pin]) -> bool:
    inputs = [name for name, pin in pins.items() if pin.direction == "input"]
    (output,) = (name for name in pins if name not in inputs)
    function = parse(pins[output].function)

    def driven(values: Mapping[str, int]) -> int:
        start = {} if inputs else {output: function.evaluate({})}
        settled = circuit.settle(values, start)
        # A node that is not driven has no value once its own is forgotten.
        del settled[output]
        return circuit.settle(values, settled)[output]

    return all(
        driven(values) == function.evaluate(values)
        for values in (
            dict(zip(inputs, word, strict=True))
            for word in itertools.product((0, 1), repeat=len(inputs))
        )
    )


def _register(circuit: Circuit, data: str = "i", clock: str = "clk", output: str = "q") -> bool:
    """Whether a circuit takes its data over at the rising edge of its clock, and only then."""

    def outputs(word: Sequence[int]) -> list[int]:
        state: dict[str, int] = {}
        seen = []
        for value in word:
            for at_data, at_clock in ((value, 0), (value, 1), (1 - value, 1)):
                state = circuit.settle({data: at_data, clock: at_clock}, state)
                seen.append(state.get(output, -1))
            state = circuit.settle({data: 1 - value, clock: 0}, state)
            seen.append(state[output])
        return seen[1:]

    return all(outputs(word) == _expected(word) for word in itertools.product((0, 1), repeat=3))


def _expected(word: Sequence[int]) -> list[int]:
    """The output after each step but the first: before an edge it has the value of the last one."""
    values = [value for value in word for _ in range(4)]
    for edge in range(1, len(word)):
        values[4 * edge] = word[edge - 1]
    return values[1:]
