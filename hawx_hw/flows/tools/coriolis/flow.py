"""The flow: which parts, the tools one after another, their result."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.environments import environment_folder, environment_python
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner, last_lines
from hawx_hw.flows.tools.coriolis.checks import LAYOUT, ROUTED, checks, planted_check, written
from hawx_hw.flows.tools.coriolis.circuits import other_functions, read_circuits
from hawx_hw.flows.tools.coriolis.netlist import with_constants
from hawx_hw.flows.tools.coriolis.picture import draw
from hawx_hw.flows.tools.qflow.blif import placed_netlist, read_blif
from hawx_hw.flows.tools.qflow.flow import chosen_parts
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import Technology
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_text
from hawx_hw.util.resources import flows

__all__ = ["FLOW", "CoriolisFlow", "mapped", "run_part", "verify_part"]

#: Files of the flow that are copied as they are.
_CELLS, _SETTINGS = "cells.lib", "settings.json"
_SCRIPTS = (
    "make_cells.py",
    "place_and_route.py",
    "plant_errors.py",
    "finish.py",
    "read_comparison.py",
)
#: Of the cells, by the script that draws them.
_DRAWN = "cells.json"
_PARTS, _NETLIST, _PART = "parts.json", "netlist.blif", "part.json"
#: A layout that breaks rules.
_PLANTED = "planted"
#: KLayout's report of the comparison.
_COMPARED = "comparison.lvsdb"
#: Of the design rules of cf-precheck; each is run by itself.
_GROUPS = ("feol", "beol", "offgrid")
#: Times that a part is placed, and what each adds to the margin.
_ATTEMPTS, _MORE_ROOM = 10, 0.05
#: KLayout without a window.
_BATCH = {"QT_QPA_PLATFORM": "offscreen"}
_NOTES = (
    "A block with pins, not a chip: pads, seal ring, fill for density and antenna rules are those "
    "of whoever takes it up. The design rules checked are those named; they are not a foundry's "
    "sign-off.",
    "Nobody has characterized these cells: there are no delays, so that no clock was checked.",
    "The rails of a row are of local interconnect, joined at both ends of the row: enough current "
    "for a small block, not for a wide one.",
)


class CoriolisFlow:
    """See ``flows/coriolis/flow.toml``."""

    name = "coriolis"

    def check(self, build: Build, options: Any) -> None:
        """Refuse options that do not fit together."""
        if (options.part == "module") != (options.module is not None):
            raise UserError(
                "Options part and module go together: part: module, and module: its name.",
                where="flows.coriolis.module",
                hint="Leave out module, or set part to module.",
            )

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Map the accelerator onto the cells, and write one folder for each part."""
        try:
            parts = chosen_parts(mapped(build), options)
        except ValueError as error:
            raise UserError(f"{error}.", where="flows.coriolis") from error
        for name in (_CELLS, _SETTINGS, *_SCRIPTS):
            write_bytes(folder / name, read_bytes(flows() / self.name / name))
        entries = []
        for part in parts:
            placed = with_constants(placed_netlist(flatten(part.netlist), part.name))
            write_text(folder / part.name / _NETLIST, placed.text())
            settings = {"name": part.name, "margin": options.margin}
            write_text(folder / part.name / _PART, json.dumps(settings, indent=1) + "\n")
            area = part.netlist.report().area
            entries.append({"name": part.name, "title": part.title, "area_um2": area})
        write_text(folder / _PARTS, json.dumps(entries, indent=1) + "\n")

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Draw the cells, try the design rules, then place, route and check each part."""
        python = environment_python(flow_named(self.name))
        runner.run(("klayout", "-v"), tool="klayout", log="klayout_version.log", variables=_BATCH)
        runner.run((str(python), "make_cells.py"), tool="c4m-flexcell", log="cells.log")
        (folder / _PLANTED).mkdir(exist_ok=True)
        _script(folder, _PLANTED, runner, "plant_errors.py", "plant_errors")
        _check_rules(folder, _PLANTED, runner)
        for part in json.loads(read_text(folder / _PARTS)):
            run_part(folder, part["name"], runner)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Metrics and checks of all parts."""
        numbers: dict[str, float] = {}
        made = [_functions(folder), planted_check(folder / _PLANTED)]
        files: list[str] = []
        parts = json.loads(read_text(folder / _PARTS))
        for part in parts:
            name = part["name"]
            netlist = read_blif(read_text(folder / name / _NETLIST))
            of_part = checks(folder / name, netlist)
            made += [each.model_copy(update={"name": f"{name}: {each.name}"}) for each in of_part]
            numbers |= {f"{name}: {key}": value for key, value in _metrics(folder, part).items()}
            drawn, of_layout = _draw(folder, part, options.picture_width)
            made.append(drawn)
            files += of_layout
        areas = [numbers.get(f"{part['name']}: area of layout, um2") for part in parts]
        return FlowReport(
            target=f"SkyWater 130 nm, c4m-flexcell; {', '.join(part['name'] for part in parts)}",
            versions=_versions(folder, parts[0]["name"]),
            area_um2=areas[0] if len(areas) == 1 else None,
            numbers=numbers,
            checks=tuple(made),
            files=tuple(files),
            notes=_NOTES,
        )


def mapped(build: Build) -> Netlist:
    """The accelerator on the cells of the flow."""
    (design,) = map_designs(
        [({path.name: read_text(path) for path in build.sources}, build.program.top)],
        Technology("c4m_sky130", flows() / FLOW.name / _CELLS),
        store=default_store(),
    )
    return design.netlist


def run_part(folder: Path, name: str, runner: Runner) -> None:
    """Place, route and check one part.

    Where Coriolis reports an error, it tries again with more room: it may report every net as
    routed, and leave a wire open all the same.

    Raises
    ------
    FlowError
        A tool failed.
    """
    margin = json.loads(read_text(folder / name / _PART))["margin"]
    for attempt in range(_ATTEMPTS):
        room = f"{margin + attempt * _MORE_ROOM:.2f}"
        _script(folder, name, runner, "place_and_route.py", "coriolis", room, accepted=(0, 1))
        log = folder / name / "coriolis.log"
        if _routed(folder / name) and "[ERROR]" not in read_text(log):
            break
    else:
        raise FlowError(
            f"Coriolis did not route {name} in {_ATTEMPTS} attempts: "
            f"{last_lines(read_text(log))} (log: {log})"
        )
    _script(folder, name, runner, "finish.py", "finish")
    verify_part(folder, name, runner)


def verify_part(folder: Path, name: str, runner: Runner) -> None:
    """Check the design rules of a part's layout, and compare its transistors with the netlist."""
    _check_rules(folder, name, runner)
    (folder / name / _COMPARED).unlink(missing_ok=True)
    _klayout(folder, name, runner, ("../rules.lvs",), _COMPARED, {"SPICE_FILE": "layout.spi"})
    if (folder / name / _COMPARED).is_file():
        _script(folder, name, runner, "read_comparison.py", "read_comparison")


def _check_rules(folder: Path, name: str, runner: Runner) -> None:
    """Check ``<name>/<name>.gds`` against every set of design rules."""
    environment = flow_named(FLOW.name).environment
    assert environment is not None
    deck = _precheck(environment_folder(environment))
    place = (folder / name).resolve()
    for group in _GROUPS:
        # This set of rules reads and writes by absolute paths.
        given = {
            "input": f"{place / name}.gds",
            "report": f"{place / group}.xml",
            "top_cell": name,
            "topcell": name,
            "thr": "1",
            group: "true",
        }
        defined = [word for key, value in given.items() for word in ("-rd", f"{key}={value}")]
        _klayout(folder, name, runner, (str(deck), *defined), f"{group}.xml")
    _klayout(folder, name, runner, ("../rules.drc",), "pdkmaster.xml")


def _routed(place: Path) -> bool:
    routed = written(place / ROUTED)
    return routed is not None and routed["routed"] is True


def _script(
    folder: Path,
    name: str,
    runner: Runner,
    script: str,
    log: str,
    *arguments: str,
    accepted: Sequence[int] = (0,),
) -> None:
    """Run a script of the flow in the folder of a part, with the Python of the environment."""
    python = environment_python(flow_named(FLOW.name))
    runner.run(
        (str(python), f"../{script}", *arguments),
        tool=f"{script.removesuffix('.py')} on {name}",
        log=f"{name}/{log}.log",
        folder=name,
        accepted=accepted,
    )


def _klayout(
    folder: Path,
    name: str,
    runner: Runner,
    rules: Sequence[str],
    report: str,
    variables: Mapping[str, str] | None = None,
) -> None:
    """Run KLayout in the folder of a part, on a script with its arguments.

    A comparison that fails is status 1; the checks read what was written.
    """
    made = Path(report)
    given = {"SOURCE_FILE": f"{name}.gds", "CELL_NAME": name, "REPORT_FILE": report}
    runner.run(
        ("klayout", "-b", "-r", *rules),
        tool=f"klayout ({made.stem}) on {name}",
        log=f"{name}/{made.stem}.log",
        folder=name,
        accepted=(0, 1),
        variables={**_BATCH, **given, **(variables or {})},
    )


def _precheck(environment: Path) -> Path:
    """The design rules of cf-precheck, in its package."""
    paths = sorted(
        environment.glob("lib/python*/site-packages/cf_precheck/drc_scripts/sky130A_mr.drc")
    )
    if not paths:
        raise FlowError(f"cf-precheck in {environment} has no design rules for sky130A")
    return paths[0]


def _functions(folder: Path) -> Check:
    """Whether the circuits of the cells compute what synthesis takes them for."""
    title = "cells: transistors, as switches, compute the functions that synthesis uses"
    library = Technology("c4m_sky130", folder / _CELLS).library
    cells, circuits = written(folder / _DRAWN), folder / "cells.spi"
    if cells is None or not circuits.is_file():
        return Check(name=title, passed=False, detail="the cells were not drawn")
    problems = other_functions(read_circuits(read_text(circuits)), library)
    for name, cell in library.cells.items():
        drawn = cells["cells"].get(name)
        if drawn and abs(drawn["width"] * cells["height"] - cell.area) > 0.001:
            problems.append(f"{name} has another area")
    return Check(
        name=title,
        passed=not problems and bool(library.cells),
        detail="; ".join(problems) or f"{len(library.cells)} cells, every value of their inputs",
    )


def _draw(folder: Path, part: Mapping[str, Any], width: int) -> tuple[Check, list[str]]:
    """Whether the layout could be drawn, and the files that are then there: layout and picture."""
    name = part["name"]
    gds, picture = f"{name}/{name}.gds", f"{name}/{name}.png"
    title = f"{name}: {part['title']}; SkyWater 130 nm, Coriolis"
    wrong = None
    if not (folder / gds).is_file():
        wrong = "it was not written"
    else:
        try:
            draw(folder / gds, folder / picture, title=title, width=width)
        except RuntimeError as error:  # KLayout's, of a file that it cannot read
            wrong = f"it cannot be read: {error}"
    check = Check(name=f"{name}: the layout (GDS)", passed=wrong is None, detail=wrong or "drawn")
    return check, [] if wrong else [gds, picture]


def _metrics(folder: Path, part: Mapping[str, Any]) -> dict[str, float]:
    """Metrics of a part, none where a file is missing, which the checks report."""
    place = folder / part["name"]
    layout, routed = written(place / LAYOUT), written(place / ROUTED)
    cells, log = written(folder / _DRAWN), place / "coriolis.log"
    if layout is None or routed is None or cells is None or not log.is_file():
        return {}
    area = layout["width_um"] * layout["height_um"]
    length = re.search(r"Wire Length Completion Ratio \.* *[\d.]+% \[(\d+)um\+", read_text(log))
    return {
        "cells": sum(n for kind, n in layout["cells"].items() if not kind.startswith("tie")),
        "area in synthesis, um2": part["area_um2"],
        "area of layout, um2": round(area, 2),
        "width, um": layout["width_um"],
        "height, um": layout["height_um"],
        "room for wires, share of the cells": routed["margin"],
        "cells' share of the core": round(
            sum(
                n * cells["cells"][kind]["width"] * cells["height"]
                for kind, n in layout["cells"].items()
                if not kind.startswith("tie")
            )
            / layout["core_um2"],
            3,
        ),
        **({"wire length, um": float(length[1])} if length else {}),
    }


def _versions(folder: Path, part: str) -> dict[str, str]:
    environment = flow_named(FLOW.name).environment
    assert environment is not None
    versions = dict(package.split("==") for package in environment.packages)
    versions["klayout (library)"] = versions.pop("klayout")
    for tool, log, pattern in (
        ("klayout", folder / "klayout_version.log", r"KLayout (\S+)"),
        ("rules of cf-precheck", folder / part / "feol.log", r"release (\S+)"),
    ):
        match = re.search(pattern, read_text(log)) if log.is_file() else None
        if match:
            versions[tool] = match[1]
    return versions


FLOW = CoriolisFlow()
