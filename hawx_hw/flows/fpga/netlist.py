"""A netlist as Yosys writes it in JSON, and what it computes after one clock edge."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from hawx_hw.util.files import read_text

__all__ = ["UNKNOWN", "Bit", "Cell", "CellModel", "Netlist", "Values"]

#: Of a bit, beside 0 and 1: nothing is known of it.
UNKNOWN = 2
#: At least so many calls are under way for a net of a chain.
_CALLS = 10
#: A net of one bit: its number, or a constant.
Bit = int | str
#: Of one bit in many cases at once: uint8, 0, 1 or :data:`UNKNOWN`, shape ``(cases,)``.
Values = NDArray[np.uint8]


@dataclass(frozen=True)
class Cell:
    """A cell of a netlist.

    Parameters
    ----------
    name, kind : str
    parameters : mapping of str to str
        Numbers are texts of 0, 1 and x, the highest bit first.
    connections : mapping of str to sequence of Bit
        By port, the lowest bit first.
    """

    name: str
    kind: str
    parameters: Mapping[str, str]
    connections: Mapping[str, Sequence[Bit]]

    def number(self, parameter: str, default: int = 0) -> int:
        """A parameter as a number; bits that are not defined are 0."""
        text = str(self.parameters.get(parameter, format(default, "b")))
        return int(text.replace("x", "0"), 2)


class CellModel(Protocol):
    """What a cell computes."""

    def __call__(
        self, cell: Cell, port: str, index: int, read: Callable[[str, int], Values]
    ) -> Values:
        """Values of a bit of an output; ``read`` gives those of a bit of an input."""


class Netlist:
    """The top module of a flat netlist.

    Parameters
    ----------
    module : mapping
        As Yosys's ``write_json`` has it.
    """

    def __init__(self, module: Mapping[str, Any]):
        self.ports: Mapping[str, Mapping[str, Any]] = module.get("ports", {})
        self.nets: dict[str, Sequence[Bit]] = {
            name: net["bits"] for name, net in module.get("netnames", {}).items()
        }
        self._cells = [
            Cell(name, cell["type"], cell.get("parameters", {}), cell["connections"])
            for name, cell in module.get("cells", {}).items()
        ]
        directions = {
            name: cell.get("port_directions", {}) for name, cell in module.get("cells", {}).items()
        }
        self._drivers: dict[Bit, tuple[Cell, str, int]] = {}
        for cell in self._cells:
            for port, bits in cell.connections.items():
                if directions[cell.name].get(port) == "output":
                    for index, bit in enumerate(bits):
                        self._drivers[bit] = (cell, port, index)

    @classmethod
    def read(cls, path: Path, top: str) -> Netlist:
        """The module ``top`` of a JSON file."""
        return cls(json.loads(read_text(path))["modules"][top])

    @property
    def cells(self) -> Iterator[Cell]:
        """All cells."""
        return iter(self._cells)

    def port_bits(self) -> list[str]:
        """The top's ports, bit by bit: ``led[0]`` where a port has several bits."""
        names = []
        for name, port in self.ports.items():
            count = len(port["bits"])
            names += [name] if count == 1 else [f"{name}[{index}]" for index in range(count)]
        return names

    def evaluate(
        self,
        bits: Sequence[Bit],
        given: Mapping[Bit, Values],
        cases: int,
        models: Mapping[str, CellModel],
    ) -> NDArray[np.uint8]:
        """Values of nets from those of others, after one clock edge.

        A register passes on what it takes in with that edge. What neither follows from ``given``
        nor is constant is unknown.

        Parameters
        ----------
        bits : sequence of Bit
            The nets.
        given : mapping of Bit to Values
            Nets whose values are given.
        cases : int
            How many cases each has.
        models : mapping of str to CellModel
            By the kind of cell; others are not understood, and their outputs are unknown.

        Returns
        -------
        ndarray of uint8, shape (bits, cases)
        """
        unknown = np.full(cases, UNKNOWN, np.uint8)
        known: dict[Bit, Values] = {
            **{str(value): np.full(cases, value, np.uint8) for value in (0, 1)},
            **dict.fromkeys(("x", "z"), unknown),
            **given,
        }

        def value(bit: Bit) -> Values:
            if bit not in known:
                # Until it is known: a loop has no value.
                known[bit] = unknown
                known[bit] = output(bit)
            return known[bit]

        def output(bit: Bit) -> Values:
            if bit not in self._drivers:
                return unknown
            cell, port, index = self._drivers[bit]
            model = models.get(cell.kind)
            if model is None:
                return unknown
            return model(cell, port, index, lambda name, at: _input(cell, name, at, value, unknown))

        # Chains of nets may be as long as the design has nets.
        limit = sys.getrecursionlimit()
        sys.setrecursionlimit(limit + _CALLS * len(self._drivers))
        try:
            return np.stack([value(bit) for bit in bits])
        finally:
            sys.setrecursionlimit(limit)


def _input(
    cell: Cell, port: str, index: int, value: Callable[[Bit], Values], unknown: Values
) -> Values:
    bits = cell.connections.get(port, ())
    return value(bits[index]) if index < len(bits) else unknown
