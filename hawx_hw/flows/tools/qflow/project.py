"""The folder of one part, as qflow wants it: synthesized already, to be placed.

::

    source/NAME.v                  the mapped netlist
    synthesis/NAME.blif            the same for the placement
    synthesis/NAME_powerground     names of the supply
    project_vars.sh                options
    log/synth.log                  that of qflow's synthesis, which does not run
    layout/patch.tcl, check.tcl    for Magic
"""

from __future__ import annotations

from pathlib import Path

from hawx_hw.flows.templates import write_template
from hawx_hw.flows.tools.qflow.blif import PlacedNetlist
from hawx_hw.util.files import write_text

__all__ = ["LEF", "TECHNOLOGY", "write_project"]

TECHNOLOGY = "osu018"
#: Abstracts of the cells, copied into the flow's folder.
LEF = "osu018_stdcells.lef"
_FLOW = "qflow"
_SYNTHESIZED = "Mapped onto standard cells by hawx_hw.\n"


def write_project(folder: Path, netlist: PlacedNetlist, density: float | None) -> None:
    """Write the folder of a part.

    Parameters
    ----------
    folder : Path
        Its parent holds the abstracts of the cells.
    netlist : PlacedNetlist
    density : float or None
        Share of the core that cells take.
    """
    name = netlist.name
    texts = {
        f"source/{name}.v": netlist.verilog(),
        f"synthesis/{name}.blif": netlist.text(),
        "log/synth.log": _SYNTHESIZED,
    }
    for path, text in texts.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        write_text(folder / path, text)
    write_template(folder / f"synthesis/{name}_powerground", _FLOW, "powerground.j2")
    write_template(folder / "project_vars.sh", _FLOW, "project_vars.sh.j2", density=density)
    for script in ("patch.tcl", "check.tcl"):
        write_template(folder / "layout" / script, _FLOW, f"{script}.j2", lef=LEF, name=name)
