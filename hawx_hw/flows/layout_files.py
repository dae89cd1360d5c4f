"""LEF and DEF files: layers with their capacitances, sizes of cells, connections, wires by net."""

from __future__ import annotations

import re
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hawx_hw.util.files import read_text

__all__ = [
    "RoutingLayer",
    "WireLengths",
    "cell_areas",
    "connections",
    "layout_area",
    "placed_kinds",
    "read_layout",
    "routing_layers",
    "wire_lengths",
]

#: The property that net names are in.
_NET = 1
_LAYER = re.compile(r"^LAYER\s+(\S+)\s*\n(.*?)^END\s+\1\s*$", re.M | re.S)
_MACRO = re.compile(r"^MACRO\s+(\S+)\s*\n.*?\bSIZE\s+([\d.]+)\s+BY\s+([\d.]+)", re.M | re.S)


@dataclass(frozen=True)
class RoutingLayer:
    """A routing layer of a LEF.

    Parameters
    ----------
    name : str
    width_um : float
        Of a wire.
    area_ff_um2, edge_ff_um : float
        Capacitance of a wire to what is around it: of its area, and of each of its edges.
    ohm_square : float
    """

    name: str
    width_um: float
    area_ff_um2: float
    edge_ff_um: float
    ohm_square: float

    @property
    def ff_um(self) -> float:
        """Capacitance of a um of wire, in fF."""
        return self.area_ff_um2 * self.width_um + 2 * self.edge_ff_um

    @property
    def ohm_um(self) -> float:
        """Resistance of a um of wire."""
        return self.ohm_square / self.width_um


@dataclass(frozen=True)
class WireLengths:
    """Signal wires of a routed layout.

    Parameters
    ----------
    nets : dict of str to dict of str to float
        For each net the length on each layer in um; vias are left out.
    """

    nets: Mapping[str, Mapping[str, float]]

    def total(self, net: str) -> float:
        """Length of a net's wires, in um."""
        return sum(self.nets[net].values())

    def by_layer(self) -> dict[str, float]:
        """Length of all wires of each layer, in um."""
        lengths: dict[str, float] = {}
        for net in self.nets.values():
            for layer, length in net.items():
                lengths[layer] = lengths.get(layer, 0.0) + length
        return dict(sorted(lengths.items()))

    def capacitances(self, layers: Mapping[str, RoutingLayer]) -> dict[str, float]:
        """Capacitance of each net's wires, in fF."""
        return {
            net: sum(length * layers[layer].ff_um for layer, length in lengths.items())
            for net, lengths in self.nets.items()
        }


def routing_layers(lef: Path) -> dict[str, RoutingLayer]:
    """The routing layers of a LEF, from the lowest up. It states pF; LEF's default units are taken.

    Raises
    ------
    ValueError
        There are none, or one states no width.
    """
    layers = {}
    for name, body in _LAYER.findall(read_text(lef)):
        if not re.search(r"\bTYPE\s+ROUTING\b", body):
            continue

        def value(key: str, body: str = body) -> float | None:
            match = re.search(rf"\b{key}\s+([\d.eE+-]+)", body)
            return float(match[1]) if match else None

        width = value("WIDTH")
        if not width:
            raise ValueError(f"routing layer {name} must have a width")
        layers[name] = RoutingLayer(
            name,
            width,
            1000 * (value(r"CAPACITANCE\s+CPERSQDIST") or 0.0),
            1000 * (value("EDGECAPACITANCE") or 0.0),
            value(r"RESISTANCE\s+RPERSQ") or 0.0,
        )
    if not layers:
        raise ValueError("a LEF must have routing layers")
    return layers


def cell_areas(lef: Path) -> dict[str, float]:
    """Area of each cell of a LEF, in um2."""
    return {
        name: float(width) * float(height) for name, width, height in _MACRO.findall(read_text(lef))
    }


def read_layout(path: Path, lefs: Sequence[Path], *, cells: bool = False) -> Any:
    """A DEF as a layout of KLayout, with the name of a shape's net as property 1.

    Parameters
    ----------
    path : Path
    lefs : sequence of Path
    cells : bool
        Whether cells hold the shapes of their abstracts.

    Raises
    ------
    ValueError
        It states no units, or cannot be read.
    """
    import klayout.db as db

    options = db.LoadLayoutOptions()
    # It warns on the console that its unit differs from the DEF's.
    options.warn_level = 0
    reader = options.lefdef_config
    reader.lef_files = [str(lef.absolute()) for lef in lefs]
    reader.read_lef_with_def = False
    reader.net_property_name = _NET
    reader.macro_resolution_mode = 1 if cells else 2
    units = re.search(r"^UNITS DISTANCE MICRONS (\d+)", read_text(path), re.M)
    if units is None:
        raise ValueError("a DEF must state its units")
    # Ends of wires and their edges are half a width away from what the DEF states.
    reader.dbu = 0.5 / int(units[1])
    layout = db.Layout()
    try:
        layout.read(str(path.absolute()), options)
    except RuntimeError as error:
        raise ValueError(f"{path.name} is no DEF that KLayout reads: {error}") from error
    return layout


def wire_lengths(
    path: Path,
    lefs: Sequence[Path],
    layers: Mapping[str, RoutingLayer],
    supply: Container[str] = ("vdd", "gnd"),
) -> WireLengths:
    """Lengths of all routed nets but those of the supply.

    A wire is as long as its area is by its width: where two overlap, they count once.
    """
    import klayout.db as db

    layout = read_layout(path, lefs)
    top, unit = layout.top_cell(), layout.dbu
    regions: dict[tuple[str, str], Any] = {}
    for index in layout.layer_indexes():
        layer = layout.get_info(index).name
        if layer not in layers:
            continue
        for shape in top.shapes(index).each():
            net = shape.property(_NET)
            if net is not None and shape.polygon is not None:
                regions.setdefault((net, layer), db.Region()).insert(shape.polygon)
    nets: dict[str, dict[str, float]] = {}
    for (net, layer), region in sorted(regions.items(), key=lambda item: item[0]):
        if net not in supply:
            area = region.merged().area() * unit * unit
            nets.setdefault(net, {})[layer] = area / layers[layer].width_um
    return WireLengths(nets)


def layout_area(path: Path) -> float:
    """Area of the die of a DEF, in um2.

    Raises
    ------
    ValueError
        It states none.
    """
    text = read_text(path)
    units = re.search(r"^UNITS DISTANCE MICRONS (\d+)", text, re.M)
    die = re.search(r"^DIEAREA((?:\s*\(\s*-?[\d.]+\s+-?[\d.]+\s*\)){2})", text, re.M)
    if units is None or die is None:
        raise ValueError("a DEF must state its units and its die")
    left, bottom, right, top = (float(number) for number in re.findall(r"-?[\d.]+", die[1]))
    return (right - left) * (top - bottom) / int(units[1]) ** 2


def placed_kinds(path: Path) -> dict[str, str]:
    """For each cell of a DEF its kind."""
    return {name: body.split()[0] for name, body in _entries(path, "COMPONENTS")}


def connections(path: Path) -> dict[str, set[tuple[str, str]]]:
    """For each net of a DEF the cells and pins that it joins, but for pins of the layout."""
    nets = {}
    for name, body in _entries(path, "NETS"):
        pins = body.split("+ ROUTED", 1)[0]
        nets[name] = set(re.findall(r"\(\s*(\S+)\s+(\S+)\s*\)", pins))
    return nets


def _entries(path: Path, section: str) -> list[tuple[str, str]]:
    """Names and texts of the entries of a section."""
    text = read_text(path)
    match = re.search(rf"^{section}\s+\d+\s*;(.*?)^END {section}", text, re.M | re.S)
    body = match[1] if match else ""
    return re.findall(r"^\s*-\s+(\S+)\s+(.*?);", body, re.M | re.S)
