"""The accelerator as it is built: its drawing, and what each layer uses of it."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hawx_hw.architectures.drawing import Drawing, LayerUse
from hawx_hw.architectures.timeline import Timeline
from hawx_hw.design.drawing_result import DrawingResult
from hawx_hw.util.results import Record

if TYPE_CHECKING:
    from hawx_hw.power.result import LayerPower, PowerResult
    from hawx_hw.report.run_results import RunResults

__all__ = [
    "CellUse",
    "MachineContent",
    "MachineLayer",
    "MemoryGroup",
    "machine_content",
]

#: Parts of the power report whose energy is spread otherwise than over the units of the part.
_MEMORIES, _BLOCKS = "memories", "blocks"


class CellUse(Record):
    """What some cells do in a layer.

    Parameters
    ----------
    busy : tuple of float
        Share of the layer's cycles in which each block of the cell multiplies for the network.
    energy_nj : tuple of float or None
        Of each block; None where it is not known.
    """

    busy: tuple[float, ...]
    energy_nj: tuple[float, ...] | None = None


class MachineLayer(Record):
    """What the accelerator does in one layer.

    Parameters
    ----------
    name : str
    cycles : int
    utilization : float
        Share of multiplier-cycles that do useful work.
    energy_nj : float or None
        Measured.
    blocks : mapping of str to float
        Share of the layer's multiplications by block.
    uses : tuple of CellUse
    cells : tuple of int
        Of each cell, which of ``uses``.
    cell_rest_nj : float or None
        Of each cell, what does not belong to its blocks.
    units_nj : mapping of str to float
        Energy of units and memories, by their ids.
    elsewhere_nj : mapping of str to float
        Energy of parts that are not in the drawing.
    """

    name: str
    cycles: int
    utilization: float
    energy_nj: float | None
    blocks: Mapping[str, float]
    uses: tuple[CellUse, ...]
    cells: tuple[int, ...]
    cell_rest_nj: float | None = None
    units_nj: Mapping[str, float] = {}
    elsewhere_nj: Mapping[str, float] = {}


class MemoryGroup(Record):
    """Memories of one use and size.

    Parameters
    ----------
    use, macro : str
    count : int
    words, bits : int
        Words of each, and bits of a word.
    energy_nj : float or None
        Of an image's accesses and of the clock, all together.
    """

    use: str
    macro: str
    count: int
    words: int
    bits: int
    energy_nj: float | None


class MachineContent(Record):
    """The fourth section.

    Parameters
    ----------
    title : str
        The accelerator in a few words.
    architecture : str
    drawing : Drawing
    layers : tuple of MachineLayer
    memories : tuple of MemoryGroup
    timelines : tuple of Timeline
        One a layer; empty where the architecture has none.
    """

    title: str
    architecture: str
    drawing: Drawing
    layers: tuple[MachineLayer, ...]
    memories: tuple[MemoryGroup, ...]
    timelines: tuple[Timeline, ...]


def machine_content(results: RunResults, architecture: str) -> MachineContent | None:
    """The accelerator; None where none was emitted.

    Parameters
    ----------
    results : RunResults
        Its build folder has the drawing, where an accelerator was emitted.
    architecture : str

    Raises
    ------
    UserError
        The file of the drawing is missing, damaged or of another schema.
    """
    emit = results.emit
    if emit is None:
        return None
    drawn = DrawingResult.read(results.folder)
    multiplications = {each.layer: each.blocks for each in emit.multiplications}
    layers = []
    for layer, use in zip(emit.cycles.layers, drawn.drawing.layers, strict=True):
        spread = _Spread(drawn.drawing, use, layer.total, results.power)
        layers.append(
            MachineLayer(
                name=layer.name,
                cycles=layer.total,
                utilization=round(layer.utilization, 4),
                blocks=_shares(multiplications.get(layer.name, {})),
                **spread.content(),
            )
        )
    return MachineContent(
        title=emit.title,
        architecture=architecture,
        drawing=drawn.drawing,
        layers=tuple(layers),
        memories=tuple(_memories(drawn.drawing, results.power)),
        timelines=drawn.timelines,
    )


class _Spread:
    """Where the energy of a layer goes, on the drawing.

    That of a block is spread by its multiplications, over all cells that hold it where it has
    none; that of other parts evenly over their units. A memory's is that of its own accesses.
    """

    def __init__(
        self, drawing: Drawing, use: LayerUse, cycles: int, power: PowerResult | None
    ) -> None:
        self._drawing, self._cycles, self._power = drawing, cycles, power
        self._numbers = [
            use.uses[use.cells[index]] if use.cells else (0.0,) * len(cell.blocks)
            for index, cell in enumerate(drawing.cells)
        ]
        layers = {} if power is None else {each.name: each for each in power.layers}
        self._layer: LayerPower | None = layers.get(use.layer)

    def content(self) -> dict[str, Any]:
        """The keys of a :class:`MachineLayer` that follow from the drawing."""
        drawing, layer = self._drawing, self._layer
        kinds = [(cell.blocks, own) for cell, own in zip(drawing.cells, self._numbers, strict=True)]
        each = list(dict.fromkeys(kinds))
        number = {kind: index for index, kind in enumerate(each)}
        energies = self._energy_of_blocks()
        uses = tuple(
            CellUse(
                busy=tuple(round(count / self._cycles, 4) for count in own),
                energy_nj=None
                if energies is None
                else tuple(
                    _rounded(energies[block](count))
                    for block, count in zip(blocks, own, strict=True)
                ),
            )
            for blocks, own in each
        )
        content: dict[str, Any] = {
            "uses": uses,
            "cells": tuple(number[kind] for kind in kinds),
            "energy_nj": None if layer is None else _rounded(layer.energy_pj / 1000),
        }
        return content if layer is None else {**content, **self._elsewhere(layer)}

    def _energy_of_blocks(self) -> list[_Energy] | None:
        """How much of each block's energy a cell has."""
        if self._layer is None:
            return None
        totals: dict[int, float] = defaultdict(float)
        holders: Counter[int] = Counter()
        for cell, own in zip(self._drawing.cells, self._numbers, strict=True):
            for block, count in zip(cell.blocks, own, strict=True):
                totals[block] += count
                holders[block] += 1
        return [
            _Energy(self._layer.blocks.get(block.module, 0.0) / 1000, totals[index], holders[index])
            for index, block in enumerate(self._drawing.blocks)
        ]

    def _elsewhere(self, layer: LayerPower) -> dict[str, Any]:
        """What belongs to no block: of each cell, of units and memories, and the rest."""
        drawing, memories = self._drawing, self._energy_of_memories()
        known = {block.module for block in drawing.blocks}
        rest = {_BLOCKS: sum(pj for name, pj in layer.blocks.items() if name not in known)}
        units: dict[str, float] = {}
        cells = 0.0
        count = Counter(unit.part for unit in drawing.units)
        for part, energy in layer.parts.items():
            if part == _BLOCKS:
                continue
            if part == _MEMORIES:
                rest[part] = max(0.0, energy - sum(memories.values()))
            elif part == drawing.cell_part:
                cells = energy / max(1, len(drawing.cells))
            elif count[part]:
                own = (unit.id for unit in drawing.units if unit.part == part)
                units |= dict.fromkeys(own, energy / count[part])
            else:
                rest[part] = energy
        return {
            "cell_rest_nj": _rounded(cells / 1000),
            "units_nj": {name: _rounded(pj / 1000) for name, pj in (units | memories).items()},
            # What rounding leaves is no part.
            "elsewhere_nj": {
                part: _rounded(pj / 1000)
                for part, pj in rest.items()
                if pj > 1e-3 * layer.energy_pj
            },
        }

    def _energy_of_memories(self) -> dict[str, float]:
        """pJ of each memory that the power report has, with leakage; its clock is the clock's."""
        if self._power is None or self._layer is None:
            return {}
        ns = self._layer.cycles * 1000 / self._power.clock_mhz
        paths = {memory.path: memory.id for memory in self._drawing.memories}
        energies = {}
        for macro in self._power.memories:
            name = paths.get(macro.path.removesuffix("/macro"))
            accesses = macro.layers.get(self._layer.name)
            if name is None:
                continue
            energy = macro.leakage_nw * ns / 1000
            if accesses is not None:
                energy += accesses.reads * macro.read_energy_fj
                energy += accesses.writes * macro.write_energy_fj
            energies[name] = energy / 1000
        return energies


class _Energy:
    """The energy of a block in a layer, for the cells that hold it."""

    def __init__(self, energy: float, multiplications: float, holders: int) -> None:
        self._energy, self._all, self._holders = energy, multiplications, holders

    def __call__(self, multiplications: float) -> float:
        if self._all:
            return self._energy * multiplications / self._all
        return self._energy / max(1, self._holders)


def _memories(drawing: Drawing, power: PowerResult | None) -> Iterator[MemoryGroup]:
    groups: dict[tuple[str, str, int, int], list[str]] = {}
    for memory in drawing.memories:
        kind = (memory.use, memory.macro, memory.words, memory.bits)
        groups.setdefault(kind, []).append(memory.path)
    macros = () if power is None else power.memories
    energies = {macro.path.removesuffix("/macro"): macro.energy_pj for macro in macros}
    for (use, macro, words, bits), paths in groups.items():
        known = all(path in energies for path in paths)
        yield MemoryGroup(
            use=use,
            macro=macro,
            count=len(paths),
            words=words,
            bits=bits,
            energy_nj=_rounded(sum(energies[path] for path in paths) / 1000) if known else None,
        )


def _shares(counts: Mapping[str, int]) -> dict[str, float]:
    total = sum(counts.values())
    return {name: round(count / total, 4) for name, count in counts.items()} if total else {}


def _rounded(number: float) -> float:
    """To four digits."""
    return 0.0 if not number else round(number, 3 - math.floor(math.log10(abs(number))))
