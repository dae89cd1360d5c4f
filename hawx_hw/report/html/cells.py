"""The multiplier cells of the designs of a search, each with the blocks that it would hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from hawx_hw.errors import UserError
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from pathlib import Path

    from hawx_hw.architectures.drawing import Drawing
    from hawx_hw.graph.graph import Graph
    from hawx_hw.search.result import SearchResult

__all__ = ["CellMap", "cell_map", "design_maps"]


class _Drawn(Protocol):
    """What is asked of a plan."""

    def drawing(self) -> Drawing: ...


class CellMap(Record):
    """Multiplier cells, where they lie.

    Parameters
    ----------
    cell : str
        What one is called, such as ``PE``.
    blocks : tuple of str
    kinds : tuple of tuple of int
        The blocks that a cell may hold, by their indices.
    lines : tuple of tuple of int
        Of each cell, line by line, which of ``kinds``.
    """

    cell: str
    blocks: tuple[str, ...]
    kinds: tuple[tuple[int, ...], ...]
    lines: tuple[tuple[int, ...], ...]


def cell_map(plan: _Drawn) -> CellMap:
    """The cells of a plan, as its drawing places them."""
    drawing = plan.drawing()
    kinds = tuple(dict.fromkeys(cell.blocks for cell in drawing.cells))
    lines: dict[float, list[tuple[float, int]]] = {}
    for cell in drawing.cells:
        lines.setdefault(cell.y, []).append((cell.x, kinds.index(cell.blocks)))
    return CellMap(
        cell=drawing.cell,
        blocks=tuple(block.name for block in drawing.blocks),
        kinds=kinds,
        lines=tuple(tuple(kind for _, kind in sorted(lines[y])) for y in sorted(lines)),
    )


def design_maps(result: SearchResult, graph: Graph, base: Path) -> dict[int, CellMap]:
    """The cells of each design that can be built, by its number.

    Parameters
    ----------
    result : SearchResult
    graph : Graph
        The integer network.
    base : Path
        The folder that the config's relative paths start from.
    """
    from hawx_hw.architectures.registry import architecture_of
    from hawx_hw.assignment import from_json

    maps = {}
    for number, point in enumerate(result.designs):
        if point.accelerator is None:
            continue
        accelerator = result.accelerators[point.accelerator]
        try:
            assignment = from_json(dict(point.assignment), base)
            plan = architecture_of(accelerator).plan(graph, accelerator, assignment, base)
        except UserError:
            # A block of the user's own that is not there any more, say: it cannot be built either.
            continue
        maps[number] = cell_map(plan)
    return maps
