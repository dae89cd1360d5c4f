"""Area, energy and leakage of memory macros: stated, or by an analytic model.

The model has the form that CACTI-like models share: a cell array, bit lines with their sense
amplifiers, and a part that every macro has. Its coefficients were fitted to three macros of IHP's
open 130 nm kit (Apache-2.0; liberty files at 1.2 V, typical, and LEF); docs/technologies.md lists
them with the deviations. Other nodes and supplies are scaled from there, which is an assumption.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace

from hawx_hw.technology.gates import Gates
from hawx_hw.util.macros import MACROS

__all__ = [
    "FITTED_NM",
    "FITTED_SUPPLY",
    "MacroMetrics",
    "MemoryCoefficients",
    "MemoryModel",
    "scaled",
]

#: Node and supply of the macros that the coefficients were fitted to.
FITTED_NM = 130.0
FITTED_SUPPLY = 1.2
#: Leakage of the smallest inverter beside which the fitted macros stand.
_INVERTER_NW = 0.0630032


@dataclass(frozen=True)
class MacroMetrics:
    """Area, energy and leakage of one memory macro.

    Parameters
    ----------
    area : float
        In the library's unit, um2.
    read_energy_fj, write_energy_fj : float
        Energy of one access, at the supply of the technology. A ROM has no writes: 0.
    leakage_nw : float
    source : str
        Where the numbers come from: ``stated``, or the form of the model.
    """

    area: float
    read_energy_fj: float
    write_energy_fj: float
    leakage_nw: float
    source: str


@dataclass(frozen=True)
class MemoryCoefficients:
    """Coefficients of the memory model; the defaults are for 130 nm and 1.2 V.

    An SRAM of ``b`` bits, ``w`` wide and ``d`` deep has the area
    ``ports * (b * cell_um2 + w * column_um2 + fixed_um2)``, an access costs
    ``fixed + column * w * sqrt(d)``, and it leaks ``b * bit_leakage_nw * port_leakage``.

    Parameters
    ----------
    cell_um2 : float
        Area of one bit; assumed, and with it the fit of the next two.
    column_um2, fixed_um2 : float
    second_port_area, second_port_leakage : float
        Factors for a memory that reads and writes in one cycle.
    read_fixed_pj, read_column_pj, write_fixed_pj, write_column_pj : float
    bit_leakage_nw : float
    rom_cell : float
        A ROM's bit as a share of an SRAM's in area and leakage; assumed.
    gate_bit : float
        A ROM's bit in two-input NANDs where it is made of gates; assumed.
    register_bit : float
        Logic beside the flip-flop for each bit of a small RAM made of flip-flops, in two-input
        NANDs; assumed.
    """

    cell_um2: float = 2.9
    column_um2: float = 525.2
    fixed_um2: float = 21461.0
    second_port_area: float = 2.005
    second_port_leakage: float = 1.61
    read_fixed_pj: float = 4.15
    read_column_pj: float = 0.04471
    write_fixed_pj: float = 7.013
    write_column_pj: float = 0.05041
    bit_leakage_nw: float = 0.012086
    rom_cell: float = 0.25
    gate_bit: float = 0.35
    register_bit: float = 3.0


def scaled(feature_nm: float, supply: float, inverter_leakage_nw: float) -> MemoryCoefficients:
    """The coefficients for another node and supply.

    Areas go with the square of the feature size, energies with feature size and the square of the
    supply, leakage with that of the library's smallest inverter.

    Raises
    ------
    ValueError
        Feature size or supply is not positive.
    """
    for name, value in (("feature_nm", feature_nm), ("supply", supply)):
        if not value > 0:
            raise ValueError(f"{name} must be positive, not {value!r}")
    base = MemoryCoefficients()
    factors = {
        "um2": (feature_nm / FITTED_NM) ** 2,
        "pj": feature_nm / FITTED_NM * (supply / FITTED_SUPPLY) ** 2,
        "nw": inverter_leakage_nw / _INVERTER_NW,
    }
    changed = {
        field.name: getattr(base, field.name) * factors[unit]
        for field in fields(base)
        if (unit := field.name.rpartition("_")[2]) in factors
    }
    return replace(base, **changed)


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
    """

    coefficients: MemoryCoefficients
    gates: Gates
    stated: Mapping[tuple[str, int, int], MacroMetrics]
    source: str

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
        array = self._array(kind, width, depth)
        cells = self._cells(kind, width, depth)
        return array if array.area <= cells.area else cells

    def _array(self, kind: str, width: int, depth: int) -> MacroMetrics:
        c, bits = self.coefficients, width * depth
        rom, two_ports = not MACROS[kind].written, MACROS[kind].two_ports
        cell = c.rom_cell if rom else 1.0
        reach = width * math.sqrt(depth)
        area = bits * c.cell_um2 * cell + width * c.column_um2 + c.fixed_um2
        return MacroMetrics(
            area * (c.second_port_area if two_ports else 1.0),
            1000 * (c.read_fixed_pj + c.read_column_pj * reach),
            0.0 if rom else 1000 * (c.write_fixed_pj + c.write_column_pj * reach),
            bits * c.bit_leakage_nw * cell * (c.second_port_leakage if two_ports else 1.0),
            f"memory array, {self.source}",
        )

    def _cells(self, kind: str, width: int, depth: int) -> MacroMetrics:
        """A ROM as gates, a RAM as flip-flops; either has a register at its output."""
        c, gates, bits = self.coefficients, self.gates, width * depth
        # A read moves about one net of each bit in each level of the selection.
        read = width * (gates.flip_flop_fj + gates.net_fj * (1 + math.log2(depth)))
        rom = not MACROS[kind].written
        logic = bits * (c.gate_bit if rom else c.register_bit)
        registers = width + (0 if rom else bits)
        return MacroMetrics(
            logic * gates.nand_area + registers * gates.flip_flop_area,
            read,
            0.0 if rom else width * gates.flip_flop_fj + depth * gates.net_fj,
            logic * gates.nand_leakage_nw + registers * gates.flip_flop_leakage_nw,
            f"{'gates' if rom else 'flip-flops'}, assumed",
        )
