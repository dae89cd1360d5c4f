"""Metrics and checks of one routed part, from the files that the tools wrote."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hawx_hw.errors import HawxError
from hawx_hw.flows.layout_files import (
    WireLengths,
    cell_areas,
    connections,
    layout_area,
    placed_kinds,
    routing_layers,
    wire_lengths,
)
from hawx_hw.flows.result import Check
from hawx_hw.flows.tools.qflow.blif import SUPPLY, PlacedNetlist, read_blif
from hawx_hw.flows.tools.qflow.logs import (
    drc_check,
    lvs_check,
    read_magic,
    reading_check,
    routing_check,
)
from hawx_hw.util.files import read_text

__all__ = ["Measured", "checks", "extracted_capacitances", "measure", "netlist_of"]

_FILL = "FILL"
_SCALES = {"a": 1e-3, "f": 1.0, "p": 1e3, "n": 1e6, "": 1e15}


@dataclass(frozen=True)
class Measured:
    """Metrics of a routed part.

    Parameters
    ----------
    cells : int
    cell_area_um2, layout_area_um2 : float
        Of its cells without fill cells; of the layout with pins and fill.
    wires : WireLengths
    capacitance_ff : dict of str to float
        Of each net's wires, by the capacitances that the LEF states.
    extracted_ff : dict of str to float
        The same as Magic extracts it, with what couples to neighbors and to metal in cells; of the
        nets that it names.
    fan_outs : dict of str to int
        Cell inputs and pins of the layout that each net leads to.
    """

    cells: int
    cell_area_um2: float
    layout_area_um2: float
    wires: WireLengths
    capacitance_ff: Mapping[str, float]
    extracted_ff: Mapping[str, float]
    fan_outs: Mapping[str, int]

    def numbers(self) -> dict[str, float]:
        """The totals, by a name with its unit."""
        return {
            "cells": self.cells,
            "area of cells, um2": round(self.cell_area_um2, 1),
            "area of layout, um2": round(self.layout_area_um2, 1),
            "wire length, um": round(sum(self.wires.by_layer().values()), 1),
            "wire capacitance, fF": round(sum(self.capacitance_ff.values()), 1),
            "wire capacitance extracted, fF": round(sum(self.extracted_ff.values()), 1),
        }


def netlist_of(folder: Path, name: str) -> PlacedNetlist:
    """The netlist that a part was made of."""
    return read_blif(read_text(folder / "synthesis" / f"{name}.blif"))


def measure(folder: Path, name: str, lef: Path) -> Measured:
    """Metrics of a part whose nets are all routed.

    Raises
    ------
    ValueError
        Its layout cannot be read.
    """
    netlist = netlist_of(folder, name)
    def_file = folder / "layout" / f"{name}.def"
    layers, areas = routing_layers(lef), cell_areas(lef)
    wires = wire_lengths(def_file, [lef], layers, SUPPLY)
    spice = folder / "layout" / f"{name}_wires.spice"
    joined = connections(def_file)
    return Measured(
        cells=len(netlist.cells),
        cell_area_um2=sum(areas[kind] * count for kind, count in netlist.kinds.items()),
        layout_area_um2=layout_area(def_file),
        wires=wires,
        capacitance_ff=wires.capacitances(layers),
        extracted_ff=extracted_capacitances(read_text(spice), joined) if spice.exists() else {},
        # All but what drives it.
        fan_outs={net: len(pins) - 1 for net, pins in netlist.nets.items() if net not in SUPPLY},
    )


def extracted_capacitances(
    spice: str, joined: Mapping[str, set[tuple[str, str]]]
) -> dict[str, float]:
    """Capacitance of each net in fF, from Magic's SPICE.

    What couples two nets counts for both. Magic names a net by one of its pins.

    Parameters
    ----------
    spice : str
    joined : mapping
        For each net the cells and pins that it joins.
    """
    names = {f"{cell}/{pin}": net for net, pins in joined.items() for cell, pin in pins}
    totals = dict.fromkeys((net for net in joined if net not in SUPPLY), 0.0)
    for ends in re.finditer(r"^C\S* (\S+) (\S+) ([\d.eE+-]+)([afpn]?)F?$", spice, re.M):
        value = float(ends[3]) * _SCALES[ends[4]]
        for end in ends.groups()[:2]:
            net = names.get(end, end.replace("[", "<").replace("]", ">"))
            if net in totals:
                totals[net] += value
    return {net: value for net, value in totals.items() if value > 0}


def checks(folder: Path, name: str) -> list[Check]:
    """Everything that was looked at in a part; after the first step that failed, nothing."""
    routed = routing_check(_log(folder / "log" / "route.log"))
    if not routed.passed:
        return [routed]
    netlist = netlist_of(folder, name)
    def_file = folder / "layout" / f"{name}.def"
    magic = read_magic(_log(folder / "magic.log"))
    placed = Counter(placed_kinds(def_file).values())
    return [
        routed,
        _placed(netlist, placed, connections(def_file)),
        lvs_check(_log(folder / "log" / "lvs.log"), len(netlist.cells)),
        reading_check(magic, placed.total()),
        drc_check(magic),
        gds_check(folder / "layout" / f"{name}.gds", name, placed),
    ]


def _placed(
    netlist: PlacedNetlist, placed: Counter[str], joined: Mapping[str, set[tuple[str, str]]]
) -> Check:
    """Whether the placed cells and their nets are those of the netlist."""
    expected = {net: pins for net, pins in netlist.nets.items() if net not in SUPPLY}
    actual = {
        net: {("PIN", net) if cell == "PIN" else (cell, pin) for cell, pin in pins}
        for net, pins in joined.items()
        if net not in SUPPLY
    }
    cells = Counter({kind: count for kind, count in placed.items() if kind != _FILL})
    wrong = [net for net in sorted({*expected, *actual}) if expected.get(net) != actual.get(net)]
    detail = f"{cells.total():,} cells, {len(expected):,} nets"
    if wrong:
        detail += f"; {len(wrong)} nets differ, such as {wrong[0]}"
    return Check(
        name="placed is the mapped netlist",
        passed=cells == netlist.kinds and not wrong,
        detail=detail,
    )


def gds_check(path: Path, name: str, placed: Counter[str]) -> Check:
    """Whether a GDS holds the layout: every placed cell, and metal."""
    import klayout.db as db

    title = "the GDS has every cell and the wires"
    if not path.exists():
        return Check(name=title, passed=False, detail="it was not written")
    layout = db.Layout()
    try:
        layout.read(str(path))
    except RuntimeError as error:
        return Check(name=title, passed=False, detail=f"it cannot be read: {error}")
    top = layout.cell(name)
    shapes = sum(top.shapes(index).size() for index in layout.layer_indexes()) if top else 0
    cells = Counter(each.cell.name for each in top.each_inst()) if top else Counter()
    instances = Counter({kind: cells[kind] for kind in placed})
    detail = f"{instances.total():,} of {placed.total():,} cells, {shapes:,} shapes of metal"
    return Check(name=title, passed=instances == placed and shapes > 0, detail=detail)


def _log(path: Path) -> str:
    try:
        return read_text(path)
    except (OSError, HawxError, ValueError):
        return ""
