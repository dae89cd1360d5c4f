"""A picture of a layout with every layer of its cells."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.layout_picture import draw_database

__all__ = ["WIRES", "draw"]

#: Layers of wires, from the lowest up, by the names of SkyWater.
WIRES = {"li1": (67, 20), "met1": (68, 20), "met2": (69, 20), "met3": (70, 20), "met4": (71, 20)}
_DIFFUSION, _POLY = (65, 20), (66, 20)


def draw(gds: Path, output: Path, *, title: str, width: int) -> None:
    """Draw a GDS: transistors pale, wires by layer.

    Parameters
    ----------
    gds : Path
    output : Path
        A PNG.
    title : str
    width : int
        In pixels.
    """
    import klayout.db as kdb

    layout = kdb.Layout()
    layout.read(str(gds))
    for name, numbers in {"OUTLINE": _DIFFUSION, "li1.OBS": _POLY, **WIRES}.items():
        index = layout.find_layer(*numbers)
        if index is not None:
            layout.set_info(index, kdb.LayerInfo(*numbers, name))
    draw_database(
        layout,
        list(WIRES),
        output,
        title=title,
        footer="gray: diffusion and polysilicon of the cells' transistors",
        width=width,
    )
