"""Many delay or energy tables looked up at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hawx_hw.technology.liberty import Table

__all__ = ["TableStack"]

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]


class TableStack:
    """Tables of a library by number, padded to one size.

    Parameters
    ----------
    tables : list of Table
    """

    def __init__(self, tables: list[Table]):
        slews = max((len(table.slews) for table in tables), default=1)
        loads = max((len(table.loads) for table in tables), default=1)
        self._slews = np.full((len(tables), max(slews, 2)), np.inf)
        self._loads = np.full((len(tables), max(loads, 2)), np.inf)
        self._values = np.zeros((len(tables), max(slews, 2), max(loads, 2)))
        self._slew_counts = np.array([len(table.slews) for table in tables], dtype=np.int64)
        self._load_counts = np.array([len(table.loads) for table in tables], dtype=np.int64)
        for number, table in enumerate(tables):
            self._slews[number, : len(table.slews)] = table.slews
            self._loads[number, : len(table.loads)] = table.loads
            self._values[number, : len(table.slews), : len(table.loads)] = table.values

    def at(self, number: _Integers, slew: _Floats, load: _Floats) -> _Floats:
        """As :meth:`~hawx_hw.technology.liberty.Table.at`, element by element.

        Parameters
        ----------
        number : ndarray of int64
            Which table.
        slew : ndarray of float
            In ns.
        load : ndarray of float
            In fF.
        """
        i, u = _position(self._slews[number], self._slew_counts[number], slew)
        j, v = _position(self._loads[number], self._load_counts[number], load)
        values = self._values
        low, high = (
            (1 - v) * values[number, at, j] + v * values[number, at, j + 1] for at in (i, i + 1)
        )
        return (1 - u) * low + u * high


def _position(axes: _Floats, lengths: _Integers, values: _Floats) -> tuple[_Integers, _Floats]:
    below = np.sum(axes < values[:, None], axis=1)
    index = np.clip(below - 1, 0, np.maximum(lengths - 2, 0))
    each = np.arange(len(values))
    start = axes[each, index]
    width = axes[each, index + 1] - start
    many = lengths > 1
    fraction = np.divide(values - start, width, out=np.zeros(len(values)), where=many)
    return index, fraction
