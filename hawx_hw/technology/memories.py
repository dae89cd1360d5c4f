"""Area, energy and leakage of memory macros: stated, or by a memory model.

A model has the form that CACTI-like models share: a cell array, bit lines with their sense
amplifiers, and a part that every macro has. :mod:`hawx_hw.technology.memory_models` lists the
models; memories too small for an array are made of cells.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from hawx_hw.technology.cell_memories import CellMemories
from hawx_hw.technology.gates import Gates
from hawx_hw.technology.macro_metrics import MacroMetrics
from hawx_hw.technology.memory_models import (
    Anchors,
    MemoryCoefficients,
    MemoryModelName,
)
from hawx_hw.util.macros import MACROS

__all__ = ["MacroMetrics", "MemoryModel"]


@dataclass(frozen=True)
class MemoryModel:
    """The memory macros of a technology.

    Parameters
    ----------
    coefficients : MemoryCoefficients
    gates : Gates
        Typical gates of the library, for memories that are too small for a macro.
    stated : mapping of (kind, width, depth) to MacroMetrics
        Macros whose metrics are known; they count for exactly this shape.
    source : str
        How the coefficients came about.
    name : str
        One of :data:`~hawx_hw.technology.memory_models.MEMORY_MODELS`.
    anchors : Anchors or None
        Energies of accesses, where coefficients do not give them.
    clock_gating : bool
        Whether memories of flip-flops have gated clocks.
    """

    coefficients: MemoryCoefficients
    gates: Gates
    stated: Mapping[tuple[str, int, int], MacroMetrics]
    source: str
    name: MemoryModelName = "scaled"
    anchors: Anchors | None = None
    clock_gating: bool = True

    def gated(self, clock_gating: bool) -> MemoryModel:
        """The same; without gated clocks in memories of flip-flops if ``clock_gating`` is false."""
        return replace(self, clock_gating=self.clock_gating and clock_gating)

    def metrics(self, kind: str, width: int, depth: int) -> MacroMetrics:
        """Metrics of one macro: as stated, else the smaller of a memory array and of cells.

        Parameters
        ----------
        kind : str
            One of :data:`~hawx_hw.util.macros.MACROS`.
        width, depth : int
            Bits of a word, >= 1, and words, >= 1.

        Raises
        ------
        ValueError
            There is no such kind, or a size is not positive.
        """
        if kind not in MACROS:
            raise ValueError(f"kind must be one of {', '.join(MACROS)}, not {kind!r}")
        for name, value in (("width", width), ("depth", depth)):
            if value < 1:
                raise ValueError(f"{name} must be at least 1, not {value!r}")
        stated = self.stated.get((kind, width, depth))
        if stated is not None:
            return stated
        array = self.array(kind, width, depth)
        cells = self.cells(kind, width, depth)
        return array if array.area <= cells.area else cells

    def array(self, kind: str, width: int, depth: int) -> MacroMetrics:
        """Metrics as an array of memory cells, whatever its size."""
        c, bits = self.coefficients, width * depth
        rom, two_ports = not MACROS[kind].written, MACROS[kind].two_ports
        cell = c.rom_cell if rom else 1.0
        area = bits * c.cell_um2 * cell + width * c.column_um2 + c.fixed_um2
        read, write = (
            self._access_pj(width, depth, two_ports)
            if self.anchors is None
            else self.anchors.access_pj(kind, width, depth)
        )
        return MacroMetrics(
            area * (c.second_port_area if two_ports else 1.0),
            1000 * read * (c.rom_read if rom else 1.0),
            0.0 if rom else 1000 * write,
            bits * c.bit_leakage_nw * cell * (c.second_port_leakage if two_ports else 1.0),
            f"memory array, {self.source}",
        )

    def cells(self, kind: str, width: int, depth: int) -> MacroMetrics:
        """Metrics as flip-flops, or a ROM's as gates, whatever its size."""
        c = self.coefficients
        memories = CellMemories(self.gates, c.gate_bit, c.register_bit, self.clock_gating)
        return (memories.ram if MACROS[kind].written else memories.rom)(width, depth)

    def _access_pj(self, width: int, depth: int, two_ports: bool) -> tuple[float, float]:
        c, reach = self.coefficients, width * math.sqrt(depth)
        read = c.read_fixed_pj + c.read_bit_pj * width + c.read_column_pj * reach
        write = c.write_fixed_pj + c.write_bit_pj * width + c.write_column_pj * reach
        if not two_ports:
            return read, write
        return read * c.second_port_read, write * c.second_port_write
