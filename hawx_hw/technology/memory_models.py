"""The memory models by name: coefficients of arrays, and where they come from.

All have the area and leakage of the macros of IHP's open 130 nm kit, scaled; they differ in the
energy of accesses:

``published``
    Horowitz' 45 nm energies (ISSCC 2014, 64 bits from 8 KB, 32 KB, 1 MB: 10, 20, 100 pJ). They
    are for any access: they count for reads here, and a write takes as much more as in IHP's
    macros.
``cacti``
    CACTI 7 for 45 nm and 1.1 V: three single-port and two two-port memories. Energy of a bit is
    interpolated between them along the depth, on logarithmic scales, and extrapolated with its
    square root; along the width it is proportional.
``scaled``
    The energies of IHP's 130 nm macros, scaled with the feature size and the square of the supply.

docs/technologies.md lists the anchors with the deviations. A node and a supply other than those of
the anchors are scaled to, which is an assumption.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Literal, get_args

from hawx_hw.util.macros import MACROS

__all__ = [
    "ANCHORS",
    "ENERGY_COEFFICIENTS",
    "FITTED_NM",
    "MEMORY_MODELS",
    "NODES",
    "Anchored",
    "Anchors",
    "MemoryCoefficients",
    "MemoryModelName",
    "coefficients_of",
    "default_model",
    "scaled",
]

MemoryModelName = Literal["published", "cacti", "scaled"]
#: All, by name.
MEMORY_MODELS: tuple[MemoryModelName, ...] = get_args(MemoryModelName)
#: Node of the macros that area and leakage were fitted to.
FITTED_NM = 130.0
#: Node in nm and supply in V that the energies of each model are stated for. Horowitz names 0.9 V,
#: for rough energies; they count unscaled at the supply of a 45 nm library.
NODES: dict[MemoryModelName, tuple[float, float]] = {
    "published": (45.0, 1.1),
    "cacti": (45.0, 1.1),
    "scaled": (FITTED_NM, 1.2),
}
#: Leakage of the smallest inverter beside which the fitted macros stand.
_INVERTER_NW = 0.0630032
#: A write in reads: the mean of IHP's three macros.
_WRITE = 1.23
#: Below this node, half way between those of the anchors, a library has ``published`` by default.
_BORDER_NM = math.sqrt(NODES["published"][0] * NODES["scaled"][0])


@dataclass(frozen=True)
class MemoryCoefficients:
    """Coefficients of memory arrays; the defaults are those of ``scaled`` at 130 nm and 1.2 V.

    An SRAM of ``b`` bits, ``w`` wide and ``d`` deep has the area
    ``ports * (b * cell_um2 + w * column_um2 + fixed_um2)``, an access costs
    ``port * (fixed + bit * w + column * w * sqrt(d))``, and it leaks
    ``b * bit_leakage_nw * port_leakage``.

    Parameters
    ----------
    cell_um2 : float
        Area of one bit; assumed, and with it the fit of the next two.
    column_um2, fixed_um2 : float
    second_port_area, second_port_leakage : float
        Factors for a memory that reads and writes in one cycle.
    read_fixed_pj, read_bit_pj, read_column_pj : float
    write_fixed_pj, write_bit_pj, write_column_pj : float
    second_port_read, second_port_write : float
        Factors of an access's energy; IHP's two-port macro follows the fit of the others with 1.
    bit_leakage_nw : float
    rom_cell : float
        A ROM's bit as a share of an SRAM's in area and leakage; assumed.
    rom_read : float
        A read of a ROM in those of an SRAM; assumed, and rather too much.
    gate_bit : float
        A ROM's bit in two-input NANDs where it is made of gates, as synthesis finds it for random
        words; each word has more.
    register_bit : float
        Logic beside the flip-flop for each bit of a small RAM made of flip-flops, in two-input
        NANDs, as synthesis finds it with gated clocks; each word has more.
    """

    cell_um2: float = 2.9
    column_um2: float = 525.2
    fixed_um2: float = 21461.0
    second_port_area: float = 2.005
    second_port_leakage: float = 1.61
    read_fixed_pj: float = 4.15
    read_bit_pj: float = 0.0
    read_column_pj: float = 0.04471
    write_fixed_pj: float = 7.013
    write_bit_pj: float = 0.0
    write_column_pj: float = 0.05041
    second_port_read: float = 1.0
    second_port_write: float = 1.0
    bit_leakage_nw: float = 0.012086
    rom_cell: float = 0.25
    rom_read: float = 1.0
    gate_bit: float = 0.224
    register_bit: float = 1.24


#: The coefficients that give the energy of an access.
ENERGY_COEFFICIENTS = tuple(
    field.name
    for field in fields(MemoryCoefficients)
    if field.name.endswith("_pj") or field.name in ("second_port_read", "second_port_write")
)
#: ``published`` at 45 nm.
_PUBLISHED = {
    "read_fixed_pj": 0.3,
    "read_column_pj": 0.0048,
    "write_fixed_pj": 0.3 * _WRITE,
    "write_column_pj": 0.0048 * _WRITE,
}


@dataclass(frozen=True)
class Anchored:
    """Energies of an access for each bit of a word, known at some depths.

    Parameters
    ----------
    points : tuple of (int, float)
        Words, ascending, and fJ a bit; at least one.
    """

    points: tuple[tuple[int, float], ...]

    def at(self, depth: int) -> float:
        """FJ a bit: a power of the depth between two points, its square root beyond them."""
        points = self.points
        if depth <= points[0][0]:
            return points[0][1] * math.sqrt(depth / points[0][0])
        for (low, first), (high, second) in pairwise(points):
            if depth <= high:
                exponent = math.log(second / first) / math.log(high / low)
                return float(first * (depth / low) ** exponent)
        return points[-1][1] * math.sqrt(depth / points[-1][0])


@dataclass(frozen=True)
class Anchors:
    """Energies of reads and writes with one port and with two, instead of coefficients.

    Parameters
    ----------
    read, write, two_port_read, two_port_write : Anchored
    factor : float
        What all are multiplied with.
    """

    read: Anchored
    write: Anchored
    two_port_read: Anchored
    two_port_write: Anchored
    factor: float = 1.0

    def access_pj(self, kind: str, width: int, depth: int) -> tuple[float, float]:
        """Energy of a read and of a write of an array; a ROM's is that of an SRAM."""
        two = MACROS[kind].two_ports
        both = (self.two_port_read, self.two_port_write) if two else (self.read, self.write)
        read, write = (self.factor * width * each.at(depth) / 1000 for each in both)
        return read, write


def _anchored(width: int, energies: dict[int, float]) -> Anchored:
    return Anchored(tuple((depth, 1000 * pj / width) for depth, pj in energies.items()))


#: CACTI 7, 45 nm, 1.1 V: pJ by depth, of words of 64 bits; two-port ones of 192 and of 16 bits.
ANCHORS = Anchors(
    _anchored(64, {128: 1.5, 1024: 3.4, 4096: 7.1}),
    _anchored(64, {128: 3.5, 1024: 20.0, 4096: 40.0}),
    Anchored(((32, 7000 / 192), (1572, 1800 / 16))),
    Anchored(((32, 9000 / 192), (1572, 3300 / 16))),
)


def default_model(feature_nm: float) -> MemoryModelName:
    """The model of a library that states none: that whose anchors are nearer."""
    return "published" if feature_nm < _BORDER_NM else "scaled"


def coefficients_of(
    name: MemoryModelName, feature_nm: float, supply: float, inverter_leakage_nw: float
) -> tuple[MemoryCoefficients, Anchors | None]:
    """A model's coefficients for a node and supply, and the anchors that its energies follow.

    Raises
    ------
    ValueError
        Feature size or supply is not positive, or there is no such model.
    """
    if name not in MEMORY_MODELS:
        raise ValueError(f"name must be one of {', '.join(MEMORY_MODELS)}, not {name!r}")
    coefficients = scaled(feature_nm, supply, inverter_leakage_nw)
    factor = _energy_factor(name, feature_nm, supply)
    if name == "published":
        return replace(coefficients, **{k: v * factor for k, v in _PUBLISHED.items()}), None
    return coefficients, replace(ANCHORS, factor=factor) if name == "cacti" else None


def _energy_factor(name: MemoryModelName, feature_nm: float, supply: float) -> float:
    """What a model's energies are multiplied with at a node and supply."""
    node, volts = NODES[name]
    return feature_nm / node * (supply / volts) ** 2


def scaled(feature_nm: float, supply: float, inverter_leakage_nw: float) -> MemoryCoefficients:
    """The coefficients of IHP's macros for another node and supply.

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
        "pj": _energy_factor("scaled", feature_nm, supply),
        "nw": inverter_leakage_nw / _INVERTER_NW,
    }
    changed = {
        field.name: getattr(base, field.name) * factors[unit]
        for field in fields(base)
        if (unit := field.name.rpartition("_")[2]) in factors
    }
    return replace(base, **changed)
