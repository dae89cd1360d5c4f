"""How likely the states of cells are, from how long their nets are 1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray

from hawx_hw.technology.functions import Expression, parse
from hawx_hw.technology.liberty import Cell

__all__ = ["CellStates"]

_Floats = NDArray[np.float64]
_Truth = NDArray[np.bool_]


class CellStates:
    """The states of one kind of cell: its input pins, and its stored bit.

    Pins are taken as independent of one another, which they are not in general: only the times at 1
    of single nets are known.

    Parameters
    ----------
    cell : Cell
        Its outputs without a function are variables of their own.
    pins : sequence of str
        Input and output pins.
    """

    def __init__(self, cell: Cell, pins: Sequence[str]):
        flop = cell.flip_flop
        self._stored = {flop.state, flop.inverted_state} - {""} if flop else set()
        described = {pin for pin in pins if cell.pins[pin].function}
        self.variables = tuple(
            pin for pin in pins if cell.pins[pin].direction == "input" or pin not in described
        )
        self._state = flop.state if flop else ""
        if flop:
            self.variables += (flop.state,)
        states = np.array(list(product((0, 1), repeat=len(self.variables))), dtype=np.uint8)
        self._states = states.reshape(1 << len(self.variables), len(self.variables))
        self._values: dict[str, NDArray[np.uint8]] = {
            name: self._states[:, index] for index, name in enumerate(self.variables)
        }
        if flop and flop.inverted_state:
            self._values[flop.inverted_state] = 1 - self._values[flop.state]
        self._outputs: dict[str, Expression] = {}
        for pin in pins:
            if pin not in self.variables:
                self._outputs[pin] = parse(cell.pins[pin].function)
                self._values[pin] = self._evaluate(self._outputs[pin])

    def holds(self, function: str) -> _Truth:
        """In which of the states a Boolean function of pins holds, shape (states,).

        Raises
        ------
        KeyError
            It names what is neither a pin nor a state.
        """
        return self._evaluate(parse(function)).astype(bool)

    def sensitive(self, output: str, pin: str) -> _Truth:
        """In which states a change of an input pin changes an output, shape (states,).

        An output that a flip-flop drives is sensitive to every pin: it follows the clock's edge.
        """
        function = self._outputs.get(output)
        if function is None or not function.names or set(function.names) & self._stored:
            return np.ones(len(self._states), dtype=bool)
        values = [
            self._evaluate(function, {pin: np.full(len(self._states), bit, dtype=np.uint8)})
            for bit in (0, 1)
        ]
        return values[0] != values[1]

    def probabilities(self, ones: Mapping[str, _Floats], count: int) -> _Floats:
        """The share of time that each cell spends in each state, shape (cells, states).

        Parameters
        ----------
        ones : mapping
            For each pin the share of time that it is 1, shape (cells,).
        count : int
            Cells.
        """
        shares = np.ones((count, 1))
        for name in self.variables:
            share = ones[name] if name in ones else self._of_state(ones, count)
            pair = np.stack([1.0 - share, share], axis=1)
            shares = (shares[:, :, None] * pair[:, None, :]).reshape(count, -1)
        return shares

    def _of_state(self, ones: Mapping[str, _Floats], count: int) -> _Floats:
        """Share of time at 1 of a flip-flop's state, as one of its outputs shows it."""
        for pin, function in self._outputs.items():
            if pin in ones:
                if function == parse(self._state):
                    return ones[pin]
                values = self._values[pin]
                if np.array_equal(values, 1 - self._values[self._state]):
                    return 1.0 - ones[pin]
        return np.full(count, 0.5)

    def _evaluate(
        self, function: Expression, changed: Mapping[str, NDArray[np.uint8]] | None = None
    ) -> NDArray[np.uint8]:
        values = {**self._values, **(changed or {})}
        value = function.evaluate(values, np.uint8(1))
        return np.broadcast_to(np.asarray(value, dtype=np.uint8), (len(self._states),))
