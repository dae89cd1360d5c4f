"""Places of memory macros on a die: in lines from its lower edge, with the cells above them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from hawx_hw.flows.memories.plan import MemoryPlan

__all__ = ["Floorplan", "floorplan"]

#: Between macros, and between them and the edge of the die: power straps and wires to the pins.
CHANNEL_UM = 60.0
#: Places are multiples of this, which the grids of the kits divide.
_GRID_UM = 10.0


@dataclass(frozen=True)
class Floorplan:
    """A die with the places of its macros.

    Parameters
    ----------
    width_um, height_um : float
    places : mapping of str to (float, float)
        Lower left corner of each macro, in um from that of the die; without rotation.
    """

    width_um: float
    height_um: float
    places: Mapping[str, tuple[float, float]]


def floorplan(plan: MemoryPlan, cell_area_um2: float, utilization: float) -> Floorplan | None:
    """Place the macros of a plan.

    Parameters
    ----------
    plan : MemoryPlan
    cell_area_um2 : float
        Of all standard cells, flip-flops of small memories included.
    utilization : float
        Share of the area for cells that cells take, in (0, 1].

    Returns
    -------
    Floorplan or None
        None where the size of a macro is not known.
    """
    sizes: dict[str, tuple[float, float]] = {}
    for name, paths in plan.instances().items():
        size = plan.macros[name].size_um
        if size is None:
            return None
        sizes |= dict.fromkeys(paths, size)
    room = cell_area_um2 / utilization
    padded = sum((w + CHANNEL_UM) * (h + CHANNEL_UM) for w, h in sizes.values())
    widest = max((width for width, _ in sizes.values()), default=0.0)
    width = max(_up(math.sqrt(room + padded)), _up(widest + 2 * CHANNEL_UM))
    places: dict[str, tuple[float, float]] = {}
    x, y, line = CHANNEL_UM, CHANNEL_UM, 0.0
    for path, (macro_width, macro_height) in sizes.items():
        if x + macro_width + CHANNEL_UM > width:
            x, y, line = CHANNEL_UM, y + line, 0.0
        places[path] = (x, y)
        x = _up(x + macro_width + CHANNEL_UM)
        line = max(line, _up(macro_height + CHANNEL_UM))
    inside = width - 2 * CHANNEL_UM
    return Floorplan(width, _up(y + line + room / inside + CHANNEL_UM), places)


def _up(length: float) -> float:
    return math.ceil(length / _GRID_UM) * _GRID_UM
