"""Standard cells for SkyWater's 130 nm process, as Coriolis and KLayout read them.

The cells are those of c4m-flexcell, drawn by the rules of c4m-pdk-sky130. Both are generators: the
size of a cell follows from the settings. Writes

- ``techno/``: the technology and the cells with their layouts, for Coriolis;
- ``cells.spi``: the circuit of each cell, transistor by transistor;
- ``cells.json``: height of the cells, width and ports of each;
- ``rules.drc``, ``rules.lvs``: PDKMaster's design rules and extraction, for KLayout.
"""

import asyncio
import json
from pathlib import Path

from c4m.flexcell.factory import StdCellCanvas, StdCellFactory
from c4m.pdk.sky130 import cktfab, gds_layers, layoutfab, netlistfab, prims_spiceparams, tech
from pdkmaster.design.library import RoutingGaugeLibrary
from pdkmaster.io.coriolis import CoriolisExportSpec
from pdkmaster.io.coriolis import FileExporter as CoriolisExporter
from pdkmaster.io.klayout.export import FileExporter as KLayoutExporter

#: The library's name in Coriolis.
LIBRARY = "StdCellLib"
#: Labels of pins, by layer: those of SkyWater's layer table.
LABELS = {"m1": (68, 5), "m2": (69, 5)}
#: Nets with a label become pins, which are compared too.
PINS = "\nnetlist.make_top_level_pins\n"


#: Seconds that one cell may take.
LIMIT = 60.0


def main():
    """Draw the cells and write the files."""
    asyncio.wait = _patient(asyncio.wait)
    settings = json.loads(Path("settings.json").read_text(encoding="utf-8"))
    canvas = StdCellCanvas(
        tech=tech,
        nmos=tech.primitives["nfet_01v8"],
        nmos_min_w=settings["transistor_width"],
        pmos=tech.primitives["pfet_01v8"],
        pmos_min_w=settings["transistor_width"],
        cell_height=settings["cell_height"],
        cell_horplacement_grid=settings["cell_grid"],
        m1_vssrail_width=settings["rail_width"],
        m1_vddrail_width=settings["rail_width"],
        well_edge_height=settings["well_edge"],
    )
    library = RoutingGaugeLibrary(name=LIBRARY, tech=tech, routinggauge=canvas.routinggauge)
    factory = StdCellFactory(
        lib=library,
        cktfab=cktfab,
        layoutfab=layoutfab,
        name_prefix="",
        name_suffix="",
        canvas=canvas,
    )
    factory.add_default()
    # A cell of all others, side by side.
    cells = [cell for cell in library.cells if cell.name != "Gallery"]
    _write_coriolis(library)
    _write(
        "cells.json",
        json.dumps(
            {
                "height": settings["cell_height"],
                "cells": {
                    cell.name: {
                        "width": round(cell.layout.boundary.right - cell.layout.boundary.left, 4),
                        "ports": [port.name for port in cell.circuit.ports],
                    }
                    for cell in cells
                },
            },
            indent=1,
        ),
    )
    circuits = "".join(netlistfab.export_circuit(cell.circuit) for cell in cells)
    _write("cells.spi", f"* c4m-flexcell for Sky130\n{circuits}")
    rules = KLayoutExporter(
        tech=tech,
        gds_layers=gds_layers,
        textgds_layers=LABELS,
        prims_spiceparams=prims_spiceparams,
    )()
    _write("rules.drc", rules["drc"])
    compared, separator, end = rules["lvs"].partition("\nalign\n")
    assert separator, "PDKMaster's script for KLayout is another one"
    _write("rules.lvs", compared + PINS + separator + end)


def _patient(wait):
    """A wait with our limit: c4m-flexcell gives a cell up after one second, which is short on a
    busy machine."""

    async def waited(tasks, *, timeout=None, **options):
        return await wait(tasks, timeout=LIMIT if timeout else None, **options)

    return waited


def _write_coriolis(library):
    exporter = CoriolisExporter(
        tech=tech,
        gds_layers=gds_layers,
        spec=CoriolisExportSpec(globalnets=("vdd", "vss")),
    )
    Path("techno").mkdir(exist_ok=True)
    _write("techno/__init__.py", "")
    _write("techno/technology.py", exporter())
    _write("techno/library.py", exporter(library, incl_cell=lambda cell: cell.name != "Gallery"))


def _write(name, text):
    Path(name).write_text(text, encoding="utf-8", newline="\n")


main()
