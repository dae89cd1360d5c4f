"""A drawing of an accelerator as it is built: what stands where, and what each layer uses of it.

An architecture states it as data (:meth:`~hawx_hw.architectures.base.Plan.drawing`); who draws it
need not know the architecture. Lengths are those of a page :data:`WIDTH` wide, at which letters
10 high can be read on a phone; x grows to the right, y downwards.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Literal, Self

from pydantic import model_validator

from hawx_hw.util.results import Record

__all__ = [
    "WIDTH",
    "Bus",
    "Caption",
    "Drawing",
    "DrawnBlock",
    "DrawnCell",
    "DrawnMemory",
    "DrawnUnit",
    "LayerUse",
]

#: Of a drawing.
WIDTH = 448.0


class DrawnUnit(Record):
    """A unit of the accelerator.

    Parameters
    ----------
    id : str
        No two units, memories or ports of a drawing share one.
    title : str
        Empty where a caption names it.
    detail : str
        One line more.
    x, y : float
        Its upper left corner.
    width, height : float
        Its size.
    part : str or None
        The part of the accelerator that its energy is counted with, see
        :meth:`~hawx_hw.architectures.base.Plan.part_of`; None where it has no energy of its own.
    port : bool
        Whether it stands for the world outside.
    group : str
        What it and those like it are together; empty where there is only one.
    """

    id: str
    title: str
    detail: str = ""
    x: float
    y: float
    width: float
    height: float
    part: str | None = None
    port: bool = False
    group: str = ""


class DrawnMemory(DrawnUnit):
    """A memory.

    Parameters
    ----------
    path : str
        Its instance below the top module, without that of the macro, such as ``core/program``.
    use : str
        What it holds, such as ``weights``; the same for all that are alike.
    macro : str
        The macro module, of rtl_templates/.
    bits, words : int
        Bits of a word, and words.
    """

    path: str
    use: str
    macro: str
    bits: int
    words: int


class DrawnBlock(Record):
    """A block of the hardware.

    Parameters
    ----------
    name : str
        As in a config.
    module : str
        Of its Verilog.
    """

    name: str
    module: str


class DrawnCell(Record):
    """A multiplier cell, such as a PE or a lane.

    Parameters
    ----------
    name : str
        Which one, such as ``row 0, column 3``.
    x, y : float
        Its corner; all cells are of one size.
    blocks : tuple of int
        The blocks that it holds, ascending, by their indices in the drawing's ``blocks``.
    """

    name: str
    x: float
    y: float
    blocks: tuple[int, ...]


class Bus(Record):
    """A connection.

    Parameters
    ----------
    source, target : str
        Where it begins and ends, by ids; ``"cells"`` stands for the cells.
    bits : int
        Its width; 0 where it is some wires of control.
    label : str
        What it carries.
    points : tuple of (float, float)
        Its line, from the source to the target.
    labeled : bool
        Whether its label stands beside it: one of several alike has it.
    label_at : (float, float) or None
        Where the label begins; None: beside the longest part of the line.
    """

    source: str
    target: str
    bits: int
    label: str
    points: tuple[tuple[float, float], ...]
    labeled: bool = True
    label_at: tuple[float, float] | None = None


class Caption(Record):
    """A line of text.

    Parameters
    ----------
    text : str
        What it shows.
    x, y : float
        Of its base line.
    anchor : {"start", "middle", "end"}
        Which end of it lies at ``x``.
    strong : bool
        Whether it names a group.
    width : float
        That it may take; it is shrunk where it is longer.
    """

    text: str
    x: float
    y: float
    width: float
    anchor: Literal["start", "middle", "end"] = "start"
    strong: bool = False


class LayerUse(Record):
    """What the cells do in a layer.

    Parameters
    ----------
    layer : str
        Its title, as in the cycle report.
    uses : tuple of tuple of float
        What some cell does: multiplications of an image by each block that the cell holds, in
        their order. They are shares where it is only known of several cells together.
    cells : tuple of int
        Of each cell, which of ``uses``; empty where the layer multiplies nothing.
    """

    layer: str
    uses: tuple[tuple[float, ...], ...] = ()
    cells: tuple[int, ...] = ()

    @classmethod
    def of(cls, layer: str, cells: list[tuple[float, ...]]) -> Self:
        """The use by what each cell does."""
        uses = tuple(dict.fromkeys(cells))
        number = {use: index for index, use in enumerate(uses)}
        return cls(layer=layer, uses=uses, cells=tuple(number[each] for each in cells))


class Drawing(Record):
    """An accelerator.

    Parameters
    ----------
    title : str
        The accelerator in a few words.
    cell : str
        What a cell is called, such as ``PE``.
    cell_part : str or None
        The part of the accelerator that a cell without its blocks belongs to.
    blocks : tuple of DrawnBlock
        All that the hardware holds.
    height : float
        Of the drawing.
    cell_width, cell_height : float
        Size of a cell.
    cells : tuple of DrawnCell
        As many as there are multipliers.
    units : tuple of DrawnUnit
        All but cells and memories; ports among them.
    memories : tuple of DrawnMemory
        All of the accelerator, one by one.
    buses : tuple of Bus
        Connections of units.
    captions : tuple of Caption
        Lines of text.
    layers : tuple of LayerUse
        All of the cycle report, in their order.

    Raises
    ------
    ValueError
        Two things with one id, a bus to something that is not there, a cell with a block that is
        not there, a layer with more or fewer cells.
    """

    title: str
    cell: str
    cell_part: str | None = None
    blocks: tuple[DrawnBlock, ...]
    height: float
    cell_width: float
    cell_height: float
    cells: tuple[DrawnCell, ...]
    units: tuple[DrawnUnit, ...]
    memories: tuple[DrawnMemory, ...]
    buses: tuple[Bus, ...] = ()
    captions: tuple[Caption, ...] = ()
    layers: tuple[LayerUse, ...]

    @model_validator(mode="after")
    def _check(self) -> Self:
        for problem in self._problems():
            raise ValueError(problem)
        return self

    def _problems(self) -> Iterator[str]:
        ids = Counter(each.id for each in (*self.units, *self.memories))
        yield from (f"Id {name!r} must be of one thing" for name, n in ids.items() if n > 1)
        for bus in self.buses:
            for end in (bus.source, bus.target):
                if end != "cells" and end not in ids:
                    yield f"Bus {bus.label!r} must end at something, not at {end!r}"
        for cell in self.cells:
            if not all(0 <= block < len(self.blocks) for block in cell.blocks):
                yield f"Cell {cell.name!r} must hold blocks of the drawing, not {cell.blocks}"
        for layer in self.layers:
            if not layer.cells:
                continue
            if len(layer.cells) != len(self.cells):
                yield f"Layer {layer.layer!r} must have {len(self.cells)} cells"
            elif any(
                len(layer.uses[use]) != len(cell.blocks)
                for use, cell in zip(layer.cells, self.cells, strict=True)
            ):
                yield f"Layer {layer.layer!r} must have a number for each block of a cell"
