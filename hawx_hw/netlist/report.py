"""Cells, areas and memory macros of a mapped netlist."""

from __future__ import annotations

from collections.abc import Mapping

from hawx_hw.util.results import Record

__all__ = ["CellTotals", "MemoryTotals", "ModuleTotals", "NetlistReport"]


class CellTotals(Record):
    """Standard cells; areas in the library's unit.

    Parameters
    ----------
    cells, sequential_cells : int
        All cells, and those that hold a state.
    area, sequential_area, combinational_area : float
        Of all, of those that hold a state, and of the others.
    """

    cells: int
    sequential_cells: int
    area: float
    sequential_area: float
    combinational_area: float


class ModuleTotals(CellTotals):
    """The cells that stand in one instance of a module itself.

    Parameters
    ----------
    instances : int
        How often the design holds the module.
    area_all : float
        Of all instances.
    """

    instances: int
    area_all: float


class MemoryTotals(Record):
    """Memory macros of one kind and size.

    Parameters
    ----------
    kind : str
        The macro module.
    width, depth : int
        Bits of a word, and words.
    instances, bits : int
        How many there are, and how many bits they have together.
    """

    kind: str
    width: int
    depth: int
    instances: int
    bits: int


class NetlistReport(CellTotals):
    """Totals of a design: exact sums over the hierarchy, without the area of memory macros.

    Parameters
    ----------
    cells_by_kind : mapping of str to int
        How many cells of each name of the library.
    modules : mapping of str to ModuleTotals
    memories : tuple of MemoryTotals
    memory_bits : int
        Of all memories.
    """

    cells_by_kind: Mapping[str, int]
    modules: Mapping[str, ModuleTotals]
    memories: tuple[MemoryTotals, ...]
    memory_bits: int
