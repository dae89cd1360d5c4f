"""The flow: which parts, the tools one after another, their result."""

from __future__ import annotations

import json
import re
from importlib import metadata
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.layout_files import routing_layers
from hawx_hw.flows.layout_picture import draw_layout
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner, last_lines
from hawx_hw.flows.tools.qflow.blif import placed_netlist
from hawx_hw.flows.tools.qflow.logs import filled, patches
from hawx_hw.flows.tools.qflow.measure import checks, measure
from hawx_hw.flows.tools.qflow.parts import (
    Part,
    array_part,
    block_parts,
    module_part,
    unit_part,
)
from hawx_hw.flows.tools.qflow.project import LEF, TECHNOLOGY, write_project
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_text

__all__ = ["FLOW", "QflowFlow", "chosen_parts", "mapped", "run_part"]

_FOOTER = "routed on cell abstracts, not manufacturable"
_PARTS, _VERSION = "parts.json", "version.log"
_PATCH_LOG = "patch.log"
_NOTES = (
    "Routed on abstracts of the cells, not manufacturable: no layout of the cells is at hand, so "
    "that only metal outside of them was checked against the design rules.",
    "There is no clock tree and no buffer for long wires: cells are those of the synthesis.",
)


class QflowFlow:
    """See ``flows/qflow/flow.toml``."""

    name = "qflow"

    def check(self, build: Build, options: Any) -> None:
        """Refuse options that do not fit together."""
        if (options.part == "module") != (options.module is not None):
            raise UserError(
                "Options part and module go together: part: module, and module: its name.",
                where="flows.qflow.module",
                hint="Leave out module, or set part to module.",
            )

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Map the accelerator onto osu018's cells, and write one folder for each part."""
        netlist = mapped(build)
        try:
            parts = chosen_parts(netlist, options)
        except ValueError as error:
            raise UserError(f"{error}.", where="flows.qflow") from error
        write_bytes(folder / LEF, read_bytes(load(TECHNOLOGY).liberty.with_name(LEF)))
        entries = []
        for part in parts:
            placed = placed_netlist(flatten(part.netlist), part.name)
            write_project(folder / part.name, placed, options.density)
            area = part.netlist.report().area
            entries.append({"name": part.name, "title": part.title, "area_um2": area})
        write_text(folder / _PARTS, json.dumps(entries, indent=1) + "\n")

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Place, route and check each part, one after another."""
        runner.run(("qflow", "-v"), tool="qflow", log=_VERSION)
        for part in json.loads(read_text(folder / _PARTS)):
            run_part(folder, part["name"], runner)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Metrics of all parts; those of a part that is not routed are left out."""
        parts = json.loads(read_text(folder / _PARTS))
        numbers: dict[str, float] = {}
        made: list[Check] = []
        files: list[str] = []
        for part in parts:
            name = part["name"]
            of_part = checks(folder / name, name)
            made += [each.model_copy(update={"name": f"{name}: {each.name}"}) for each in of_part]
            if not of_part[0].passed:
                continue
            measured = measure(folder / name, name, folder / LEF)
            patched = read_text(folder / name / _PATCH_LOG)
            metrics = {
                "area in synthesis, um2": part["area_um2"],
                **measured.numbers(),
                "pads enlarged": patches(patched),
                "notches filled": filled(patched),
            }
            numbers.update({f"{name}: {key}": value for key, value in metrics.items()})
            files.append(_draw(folder, name, part["title"], options.picture_width))
        areas = [numbers.get(f"{part['name']}: area of layout, um2") for part in parts]
        return FlowReport(
            target=f"{TECHNOLOGY}, {', '.join(part['name'] for part in parts)}",
            versions=_versions(folder, [part["name"] for part in parts]),
            area_um2=areas[0] if len(areas) == 1 else None,
            numbers=numbers,
            checks=tuple(made),
            files=tuple(files),
            notes=_NOTES,
        )


def mapped(build: Build) -> Netlist:
    """The accelerator on osu018's cells, as the stage ``synth`` maps it."""
    accelerator = build.config.accelerator
    clock = accelerator.clock_mhz if build.config.technology == TECHNOLOGY else None
    sources = {path.name: read_text(path) for path in build.sources}
    (design,) = map_designs(
        [(sources, build.program.top)],
        load(TECHNOLOGY),
        # A clock that is meant for another technology is no target here.
        period_ns=None if clock is None else 1000 / clock,
        clock_gating=accelerator.clock_gating,
        store=default_store(),
    )
    return design.netlist


def run_part(folder: Path, name: str, runner: Runner) -> None:
    """Place, route, extract and check one part.

    Raises
    ------
    FlowError
        A tool left no file to go on with.
    """
    place = folder / name

    def step(action: str, *made: str) -> bool:
        """Whether qflow has written what the step makes."""
        log = f"{name}/qflow_{action}.log"
        command = ("qflow", "-T", TECHNOLOGY, action, name)
        # qflow leaves with status 1 for missed rules, and 0 for some that it did not look at.
        runner.run(command, tool=f"qflow {action} of {name}", log=log, accepted=(0, 1), folder=name)
        return all((place / file).is_file() for file in made)

    def magic(script: str, log: str) -> None:
        runner.run(
            ("magic", "-dnull", "-noconsole", script),
            tool=f"magic on {name}",
            log=f"{name}/{log}",
            folder=f"{name}/layout",
        )

    if not step("place", f"layout/{name}.def", f"layout/{name}.cfg"):
        _fail(place, "place")
    step("route", f"layout/{name}.rc")
    if not checks(place, name)[0].passed:
        return  # reported as the check that failed
    if not step("migrate", f"layout/{name}.mag", f"layout/{name}.spice"):
        _fail(place, "migrate")
    magic("patch.tcl", _PATCH_LOG)
    # It extracts the layout again where that was patched.
    step("lvs")
    magic("check.tcl", "magic.log")


def _fail(place: Path, action: str) -> None:
    log = place / f"qflow_{action}.log"
    raise FlowError(f"qflow {action} made no layout: {last_lines(read_text(log))} (log: {log})")


def chosen_parts(netlist: Netlist, options: Any) -> list[Part]:
    """The parts that the options ``part`` and ``module`` name.

    Raises
    ------
    ValueError
        The design has no such part.
    """
    if options.part == "module":
        return [module_part(netlist, options.module)]
    makers = {
        "unit": lambda: [unit_part(netlist)],
        "array": lambda: [array_part(netlist)],
        "blocks": lambda: block_parts(netlist),
    }
    if options.part != "all":
        return makers[options.part]()
    parts = makers["unit"]() + makers["blocks"]()
    try:
        return parts + makers["array"]()
    except ValueError:
        return parts  # fewer units than an array has


def _draw(folder: Path, name: str, title: str, width: int) -> str:
    lef = folder / LEF
    picture = f"{name}/{name}.png"
    draw_layout(
        folder / name / "layout" / f"{name}.def",
        [lef],
        list(routing_layers(lef)),
        folder / picture,
        title=f"{name}: {title}; {TECHNOLOGY}, qflow",
        footer=_FOOTER,
        width=width,
    )
    return picture


def _versions(folder: Path, parts: list[str]) -> dict[str, str]:
    """Versions of the tools, as their logs state them."""
    first = folder / parts[0]
    patterns = {
        "qflow": (folder / _VERSION, r"Qflow version (\S+ revision \S+)"),
        "qrouter": (first / "qflow_route.log", r"Running qrouter (\d[\d.]*\d)"),
        "magic": (first / "magic.log", r"Magic (\S+ revision \d+)"),
        "netgen": (first / "log" / "lvs.log", r"Netgen (\d\S*)"),
    }
    versions = {"klayout": metadata.version("klayout")}
    for tool, (log, pattern) in patterns.items():
        match = re.search(pattern, read_text(log)) if log.is_file() else None
        if match:
            versions[tool] = match[1]
    return versions


FLOW = QflowFlow()
