"""Makes a block that can be used of what Coriolis routed: with KLayout's database.

Reads ``routed.gds``, ``routed.json``, ``part.json`` and, a folder up, ``cells.json`` and
``settings.json``. Joins the supply rails
of all rows by a strap at each side, gives the pins their layers and labels, leaves out what only
Coriolis reads, and writes ``<name>.gds``, ``layout.spi`` (the circuit that the layout must have)
and ``layout.json``: measures of the layout, and what is wrong with the placement.
"""

import json
from collections import Counter
from pathlib import Path

import klayout.db as kdb

#: SkyWater's layers and purposes.
DRAWING = {"li": (67, 20), "m1": (68, 20), "m2": (69, 20), "m3": (70, 20), "m4": (71, 20)}
CUTS = {"mcon": (67, 44), "via": (68, 44)}
PIN = {"m1": (68, 16), "m2": (69, 16), "m3": (70, 16)}
LABEL = {"m1": (68, 5), "m2": (69, 5), "m3": (70, 5)}
BOUNDARY = (235, 4)
#: Coriolis' own layers, and its labels of every piece of wire.
OWN_LAYERS = {(100, datatype) for datatype in range(60, 141, 20)} | {
    (layer, 0) for layer in range(64, 73)
}
SUPPLY = ("vss", "vdd")


def main():
    """Write the layout, its circuit and its measures."""
    settings, cells, part, routed = (
        json.loads(Path(name).read_text(encoding="utf-8"))
        for name in ("../settings.json", "../cells.json", "part.json", "routed.json")
    )
    layout = kdb.Layout()
    layout.read("routed.gds")
    top = layout.top_cell()
    for index in layout.layer_indexes():
        info = layout.get_info(index)
        if (info.layer, info.datatype) in OWN_LAYERS:
            layout.clear_layer(index)
    faults = _placement_faults(top, routed, cells)
    _add_straps(layout, top, routed, cells, settings)
    for pin in routed["pins"]:
        _add_pin(layout, top, pin["net"], pin["layer"], kdb.DBox(*pin["box_um"]))
    top.shapes(layout.layer(*BOUNDARY)).insert(top.dbbox())
    top.name = part["name"]
    options = kdb.SaveLayoutOptions()
    options.format = "GDS2"
    # The same layout gives the same bytes.
    options.gds2_write_timestamps = False
    layout.write(f"{part['name']}.gds", options)
    _write_circuit(part["name"], routed, cells)
    box = top.dbbox()
    Path("layout.json").write_text(
        json.dumps(
            {
                "width_um": round(box.width(), 3),
                "height_um": round(box.height(), 3),
                "cells": dict(sorted(Counter(i.cell.name for i in top.each_inst()).items())),
                "core_um2": round(routed["width_um"] * routed["height_um"], 3),
                "placement_faults": faults,
                "labels": sorted(
                    {shape.text_string for layer in LABEL.values() for shape in
                     top.shapes(layout.layer(*layer)).each(kdb.Shapes.STexts)}
                ),
            },
            indent=1,
        ),
        encoding="utf-8",
    )  # fmt: skip


def _placement_faults(top, routed, cells):
    """Where cells overlap, leave a gap or stand in no row; nothing for a legal placement."""
    height = cells["height"]
    rows = {}
    faults = []
    for instance in top.each_inst():
        width = cells["cells"][instance.cell.name]["width"]
        box = kdb.DBox(0, 0, width, height).transformed(instance.dcplx_trans)
        row = round(box.bottom / height)
        if abs(box.bottom - row * height) > 1e-4 or instance.dcplx_trans.angle not in (0, 180):
            faults.append(f"{instance.cell.name} at {box} is in no row")
        # Wells and rails of neighbors must face each other.
        mirrored = instance.dcplx_trans.is_mirror() != (instance.dcplx_trans.angle == 180)
        if mirrored != bool(row % 2):
            faults.append(f"{instance.cell.name} at {box} is upside down")
        rows.setdefault(row, []).append((box.left, box.right))
    if sorted(rows) != list(range(round(routed["height_um"] / height))):
        faults.append(f"rows {sorted(rows)} are not those of {routed['height_um']} um")
    for row, places in sorted(rows.items()):
        edge = 0.0
        for left, right in [*sorted(places), (routed["width_um"], routed["width_um"])]:
            if abs(left - edge) > 1e-4:
                fault = "a gap" if left > edge else "an overlap"
                faults.append(f"row {row} has {fault} from {edge:.3f} to {left:.3f} um")
            edge = right
    return faults


def _add_straps(layout, top, routed, cells, settings):
    """A vertical strap for each supply at each side, joined to the rails of its rows.

    Rails are of local interconnect. They are extended below the straps, and joined to them by two
    layers of cuts.
    """
    height, rail = cells["height"], settings["rail_width"]
    width, gap = settings["strap_width"], settings["strap_gap"]
    top_edge = routed["height_um"]
    straps = {}
    for number, net in enumerate(SUPPLY):
        inner = gap + number * (width + gap)
        left = kdb.DBox(-inner - width, 0, -inner, top_edge)
        right = left.moved(routed["width_um"] + 2 * inner + width, 0)
        straps[net] = (left, right)
        for strap in straps[net]:
            _add_pin(layout, top, net, "m2", strap)
    for boundary in range(round(top_edge / height) + 1):
        y = boundary * height
        low, high = max(y - rail, 0), min(y + rail, top_edge)
        left, right = straps[SUPPLY[boundary % 2]]
        _add(layout, top, DRAWING["li"], kdb.DBox(left.left, low, 0, high))
        _add(layout, top, DRAWING["li"], kdb.DBox(routed["width_um"], low, right.right, high))
        for strap in (left, right):
            crossing = kdb.DBox(strap.left, low, strap.right, high)
            _add(layout, top, DRAWING["m1"], crossing)
            for cut in ("mcon", "via"):
                _add_cuts(layout, top, CUTS[cut], crossing, settings["cuts"][cut])


def _add_cuts(layout, top, layer, box, cut):
    """As many cuts as fit into a box of the metals that they join, on a grid."""
    size, margin = cut["size"], cut["enclosure"]
    pitch = size + cut["space"]
    columns, rows = (
        int((length - 2 * margin - size) / pitch + 1e-6) + 1
        for length in (box.width(), box.height())
    )
    for column in range(columns):
        for row in range(rows):
            x, y = box.left + margin + column * pitch, box.bottom + margin + row * pitch
            _add(layout, top, layer, kdb.DBox(x, y, x + size, y + size))


def _add_pin(layout, top, net, layer, box):
    _add(layout, top, DRAWING[layer], box)
    _add(layout, top, PIN[layer], box)
    _add(layout, top, LABEL[layer], kdb.DText(net, box.center().x, box.center().y))


def _add(layout, top, layer, shape):
    top.shapes(layout.layer(*layer)).insert(shape)


def _write_circuit(name, routed, cells):
    """SPICE: the cells' circuits, then one of the block."""
    lines = [".include ../cells.spi", f".subckt {name} vdd vss {' '.join(routed['ports'])}"]
    for label, instance in routed["instances"].items():
        pins = {**instance["pins"], "vdd": "vdd", "vss": "vss"}
        nets = [pins.get(port, f"{label}_{port}") for port in
                cells["cells"][instance["cell"]]["ports"]]  # fmt: skip
        lines.append(f"x{label} {' '.join(nets)} {instance['cell']}")
    lines += [f".ends {name}", ".end", ""]
    Path("layout.spi").write_text("\n".join(lines), encoding="utf-8", newline="\n")


main()
