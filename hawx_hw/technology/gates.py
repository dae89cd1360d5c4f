"""The smallest inverter, NAND and flip-flop of a library: a measure of its node."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hawx_hw.technology.functions import Expression, parse
from hawx_hw.technology.liberty import Cell, Library

__all__ = ["Gates", "smallest_gates"]

#: What a net carries besides one input, in inputs: more of them, and wire. Assumed.
_NET_INPUTS = 3.0
#: What the clock of a flip-flop takes in a cycle, in nets, where a library has none. Assumed.
_CLOCK_NETS = 3.0


@dataclass(frozen=True)
class Gates:
    """Metrics of the smallest gates.

    Parameters
    ----------
    inverter_area, nand_area, flip_flop_area : float
        In the library's unit; the NAND has two inputs.
    inverter_leakage_nw, nand_leakage_nw, flip_flop_leakage_nw : float
    net_fj : float
        Rough energy of one change of a net.
    flip_flop_clock_fj : float
        Energy of a flip-flop's clock pin in a cycle: its load, and what switches inside.
    """

    inverter_area: float
    nand_area: float
    flip_flop_area: float
    inverter_leakage_nw: float
    nand_leakage_nw: float
    flip_flop_leakage_nw: float
    net_fj: float
    flip_flop_clock_fj: float


def smallest_gates(library: Library, supply: float) -> Gates:
    """The gates of ``library`` at ``supply`` V.

    A library without a NAND of two inputs is taken to have one of 4/3 inverters, one without
    flip-flops to have one of 8.

    Raises
    ------
    ValueError
        It has no inverter, or a gate without area: memories made of it would be free.
    """
    smallest: dict[str, tuple[float, float, str]] = {}
    for cell in library.cells.values():
        if not cell.dont_use:
            for kind in _kinds(cell):
                load = max(
                    (p.capacitance for p in cell.pins.values() if p.direction == "input"),
                    default=0.0,
                )
                smallest[kind] = min(smallest.get(kind, (cell.area, load, cell.name)),
                                  (cell.area, load, cell.name))  # fmt: skip
    if "inverter" not in smallest:
        raise ValueError(f"Library {library.name!r} has no inverter")
    for gate_area, _, name in smallest.values():
        if gate_area == 0:
            raise ValueError(f"Cell {name} of library {library.name!r} has no area")
    area, load, name = smallest["inverter"]
    leakage = library.cells[name].leakage_nw
    net = 0.5 * _NET_INPUTS * load * supply * supply
    nand, flip_flop = (
        (smallest[kind][0], library.cells[smallest[kind][2]].leakage_nw)
        if kind in smallest
        else (area * ratio, leakage * ratio)
        for kind, ratio in (("nand", 4 / 3), ("flip_flop", 8.0))
    )
    clock = (
        _clock_energy(library.cells[smallest["flip_flop"][2]], supply)
        if "flip_flop" in smallest
        else net * _CLOCK_NETS
    )
    return Gates(area, nand[0], flip_flop[0], leakage, nand[1], flip_flop[1], net, clock)


def _clock_energy(cell: Cell, supply: float) -> float:
    """Energy of a flip-flop's clock pin in a cycle, in fJ: a rising and a falling edge."""
    flip_flop = cell.flip_flop
    names = () if flip_flop is None else parse(flip_flop.clocked_on).names
    pins = [cell.pins[name] for name in names if name in cell.pins]
    charge = sum(pin.capacitance for pin in pins) * supply * supply
    inside = sum(
        sum(power.rise.at(0.0, 0.0) + power.fall.at(0.0, 0.0) for power in pin.powers)
        / len(pin.powers)
        for pin in pins
        if pin.powers
    )
    return charge + inside


def _kinds(cell: Cell) -> Iterator[str]:
    if cell.flip_flop is not None:
        yield "flip_flop"
        return
    functions = [pin.function for pin in cell.pins.values() if pin.direction == "output"]
    if cell.sequential or len(functions) != 1 or not functions[0]:
        return
    try:
        function = parse(functions[0])
    except ValueError:
        return
    inverted = function.operands[0] if function.operator == "not" else None
    if _is(function, "not", "name"):
        yield "inverter"
    elif (inverted is not None and _is(inverted, "and", "name")) or (
        # Some write the NAND as an OR of two inversions.
        function.operator == "or" and all(_is(part, "not", "name") for part in function.operands)
    ):
        yield "nand"


def _is(function: Expression, operator: str, operands: str) -> bool:
    return function.operator == operator and all(
        part.operator == operands for part in function.operands
    )
