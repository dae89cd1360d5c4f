"""Input for LibreLane: config.json, checked by LibreLane's own types."""

from __future__ import annotations

import json
import re
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build, FlowError
from hawx_hw.flows.bundles import (
    SDC_FILE,
    Bundle,
    clock_check,
    elaboration_check,
    plan_of_build,
    refuse_exploration,
    write_rtl,
    yosys_check,
    yosys_result,
)
from hawx_hw.flows.cell_area import cell_area_um2
from hawx_hw.flows.environments import environment_python
from hawx_hw.flows.memories.families import families
from hawx_hw.flows.memories.floorplan import Floorplan, floorplan
from hawx_hw.flows.memories.plan import MemoryPlan
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner, last_lines
from hawx_hw.flows.templates import write_template
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_text
from hawx_hw.util.json_text import read_json
from hawx_hw.util.resources import flows

__all__ = ["FLOW"]

_NAME = "librelane"
_CONFIG, _CHECKER, _ANSWER, _LINT = (
    "config.json",
    "check_config.py",
    "check_config.json",
    "verilator.log",
)
#: Of LibreLane's first step, Verilator.Lint, which looks at the pins of the supply too.
_LINT_DEFINES = ("__librelane__", "__pnr__", "USE_POWER_PINS")
#: What that step stops at.
_STOPS = {
    "errors": re.compile(r"^%Error(?!: Exiting)", re.MULTILINE),
    "latches": re.compile(r"^%(?:Error|Warning)-LATCH", re.MULTILINE),
    "nets of several drivers": re.compile(r"^%(?:Error|Warning)-MULTIDRIVEN", re.MULTILINE),
    "delays": re.compile(r"^%Error-NEEDTIMINGOPT", re.MULTILINE),
}


@cache
def _pdks() -> dict[str, Any]:
    return tomllib.loads(read_text(flows() / _NAME / "pdks.toml"))


class LibreLane:
    """See flows/librelane/flow.toml."""

    name = _NAME

    def check(self, build: Build, options: Any) -> None:
        """Refuse a library of another kit, and memories that no macro serves."""
        known = _pdks()[options.pdk]["libraries"]
        if options.library is not None and options.library not in known:
            raise UserError(
                f"{options.pdk} has no cells {options.library}.",
                where="library",
                hint=f"It has {', '.join(known)}.",
            )
        refuse_exploration(_plan(build, options), exploration=options.exploration)
        find_simulator("verilator")

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write the bundle."""
        pdk = _pdks()[options.pdk]
        plan = _plan(build, options)
        clock = pdk["clock_mhz"] if options.clock_mhz is None else options.clock_mhz
        bundle = write_rtl(build, folder, plan, clock_mhz=clock, librelane=True)
        cells = cell_area_um2(build, plan, pdk["nand_um2"])
        places = None
        if plan.macros and cells is not None:
            places = floorplan(plan, cells, options.utilization / 100)
        config = _config(bundle, plan, places, options)
        write_text(folder / _CONFIG, json.dumps(config, indent=2) + "\n")
        write_bytes(folder / _CHECKER, read_bytes(flows() / _NAME / _CHECKER))
        write_template(
            folder / "README.md",
            _NAME,
            "README.md.j2",
            top=bundle.top,
            pdk=options.pdk,
            library=_library(options),
            boxes=bundle.boxes,
            placed=places is not None,
            exploration=plan.exploration_only,
        )

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Check the types, lint and read the Verilog; :meth:`result` judges what was written."""
        bundle = Bundle.read(folder)
        python = environment_python(flow_named(_NAME))
        # A config with errors ends it with status 1; the errors are in its answer.
        runner.run(
            [str(python), "-P", _CHECKER],
            tool="librelane",
            accepted=(0, 1),
            variables={"PYTHONPATH": ""},
        )
        _lint(folder, bundle, runner)
        yosys_check(folder, bundle, runner)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """What LibreLane, Verilator, Yosys and slang made of the bundle."""
        bundle = Bundle.read(folder)
        answer = read_json(read_text(folder / _ANSWER)) if (folder / _ANSWER).is_file() else {}
        values = answer.get("values", {})
        verilator = find_simulator("verilator")
        macros = values.get("MACROS") or {}
        numbers = {"macros": float(sum(len(each["instances"]) for each in macros.values()))}
        if values.get("DIE_AREA"):
            left, bottom, right, top = values["DIE_AREA"]
            numbers["die, mm2"] = round((right - left) * (top - bottom) / 1e6, 4)
        return FlowReport(
            target=f"{options.pdk}, {_library(options)}, at {bundle.clock_mhz:g} MHz",
            versions={"librelane": answer.get("librelane", "?"), "verilator": verilator.version},
            numbers=numbers,
            checks=(
                _types_check(answer),
                _files_check(bundle, values),
                clock_check(folder, bundle, float(values.get("CLOCK_PERIOD", 0)), _CONFIG),
                _floorplan_check(values),
                _macros_check(bundle, values),
                _lint_check(folder),
                elaboration_check(folder, bundle),
                yosys_result(folder, bundle),
            ),
            files=(_CONFIG, SDC_FILE, "MEMORIES.md", "README.md"),
            notes=(*bundle.notes, *_place_notes(macros), "place and route were not run"),
        )


def _lint(folder: Path, bundle: Bundle, runner: Runner) -> None:
    """Lint as LibreLane's first step does, into a log that :func:`_lint_check` judges."""
    verilator = find_simulator("verilator")
    files = [str(path.relative_to(folder)) for path in bundle.paths(folder)]
    defines = [f"+define+{each}" for each in (*_LINT_DEFINES, *bundle.defines)]
    done = runner.run(
        [
            str(verilator.executable), "--lint-only", "--Wall", "--Wno-fatal", "--Werror-LATCH",
            "--Werror-MULTIDRIVEN", "--top-module", bundle.top, *defines, *files,
        ],
        tool="verilator", log=_LINT, accepted=(0, 1), variables=verilator.environment,
    )  # fmt: skip
    if done.status and "%Error" not in done.output:
        # It did not come to judge the design.
        log = folder / _LINT
        raise FlowError(f"verilator {done.ending}: {last_lines(done.output)} (log: {log})")


def _plan(build: Build, options: Any) -> MemoryPlan:
    family = families()[_pdks()[options.pdk]["family"]]
    if options.kit is not None:
        family = family.measured(Path(options.kit).expanduser())
    return plan_of_build(build, family)


def _library(options: Any) -> str:
    return str(options.library or _pdks()[options.pdk]["libraries"][0])


def _config(
    bundle: Bundle, plan: MemoryPlan, places: Floorplan | None, options: Any
) -> dict[str, Any]:
    """The content of config.json, in the order in which a reader looks for it."""
    config: dict[str, Any] = {
        "meta": {"version": 2, "flow": "Classic"},
        "PDK": options.pdk,
        "STD_CELL_LIBRARY": _library(options),
        "DESIGN_NAME": bundle.top,
        "VERILOG_FILES": [f"dir::rtl/{name}" for name in bundle.verilog],
        "VERILOG_DEFINES": list(bundle.defines),
        "CLOCK_PORT": "clk",
        "CLOCK_PERIOD": float(f"{bundle.period_ns:.9g}"),
        "PNR_SDC_FILE": f"dir::{SDC_FILE}",
        "SIGNOFF_SDC_FILE": f"dir::{SDC_FILE}",
        "SYNTH_STRATEGY": options.strategy,
        "SYNTH_HIERARCHY_MODE": options.hierarchy,
    }
    if places is None:
        config |= {"FP_SIZING": "relative", "FP_CORE_UTIL": options.utilization}
    else:
        config |= {"FP_SIZING": "absolute", "DIE_AREA": [0, 0, places.width_um, places.height_um]}
    config["PL_TARGET_DENSITY_PCT"] = min(95, options.utilization + 10)
    if plan.family is not None and plan.macros:
        power, ground = _pdks()[options.pdk]["nets"].split()
        config |= {
            "VDD_NETS": [power],
            "GND_NETS": [ground],
            "PDN_MACRO_CONNECTIONS": [
                f".*bank_[0-9]+_part_[0-9]+ {power} {ground} {pins}"
                for pins in plan.family.power_pins
            ],
            "MACROS": _macros(bundle, plan, places),
        }
    return config


def _macros(bundle: Bundle, plan: MemoryPlan, places: Floorplan | None) -> dict[str, Any]:
    assert plan.family is not None
    macros = {}
    for name, paths in plan.instances().items():
        macro = plan.macros[name]
        files = plan.family.files(macro)
        macros[name] = {
            **{kind: [f"pdk_dir::{path}"] for kind, path in files.items()},
            "vh": [f"dir::{bundle.boxes}"],
            "lib": {
                corner: [f"pdk_dir::{path}"] for corner, path in plan.family.liberty(macro).items()
            },
            "instances": {
                path: (
                    {"location": None, "orientation": None}
                    if places is None
                    else {"location": list(places.places[path]), "orientation": "N"}
                )
                for path in paths
            },
        }
    return macros


def _types_check(answer: dict[str, Any]) -> Check:
    problems = [*answer.get("errors", ["it wrote no answer"]), *answer.get("warnings", [])]
    detail = "; ".join(problems) or f"{answer['variables']} variables of the flow Classic"
    return Check(name="LibreLane accepts config.json", passed=not problems, detail=detail[:500])


def _files_check(bundle: Bundle, values: dict[str, Any]) -> Check:
    # It sorts them.
    actual = sorted(values.get("VERILOG_FILES") or [])
    expected = sorted(f"rtl/{name}" for name in bundle.verilog)
    return Check(
        name="LibreLane resolves every Verilog file",
        passed=bool(actual) and actual == expected,
        detail=f"{len(actual)} of {len(expected)}",
    )


def _floorplan_check(values: dict[str, Any]) -> Check:
    sizing, die = values.get("FP_SIZING"), values.get("DIE_AREA")
    relative = values.get("FP_CORE_UTIL")
    methods = [
        *(["DIE_AREA"] if die else []),
        *(["FP_CORE_UTIL"] if relative is not None else []),
    ]
    fits = (sizing, methods) in (("absolute", ["DIE_AREA"]), ("relative", ["FP_CORE_UTIL"]))
    return Check(
        name="one way to size the floorplan",
        passed=fits,
        detail=f"FP_SIZING {sizing} with {' and '.join(methods) or 'nothing'}",
    )


def _macros_check(bundle: Bundle, values: dict[str, Any]) -> Check:
    actual = {
        name: sorted(each["instances"]) for name, each in (values.get("MACROS") or {}).items()
    }
    expected = {name: sorted(paths) for name, paths in bundle.macros.items()}
    count, planned = (sum(map(len, each.values())) for each in (actual, expected))
    return Check(
        name="MACROS lists every macro of the Verilog",
        passed=actual == expected,
        detail=f"{count} of {planned}",
    )


def _lint_check(folder: Path) -> Check:
    path = folder / _LINT
    log = read_text(path) if path.is_file() else "%Error: Verilator was not run"
    counts = {name: len(pattern.findall(log)) for name, pattern in _STOPS.items()}
    problems = [f"{count} {name}" for name, count in counts.items() if count]
    first = next((line for line in log.splitlines() if line.startswith("%Error")), "")
    warnings = len(re.findall(r"^%Warning-", log, re.MULTILINE))
    detail = f"{', '.join(problems)}: {first}" if problems else f"{warnings} warnings"
    return Check(
        name="Verilator's lint, as in LibreLane's first step", passed=not problems, detail=detail
    )


def _place_notes(macros: dict[str, Any]) -> tuple[str, ...]:
    instances = [inst for macro in macros.values() for inst in macro["instances"].values()]
    if not instances or all(each["location"] is not None for each in instances):
        return ()
    return (
        f"{len(instances)} macros have no place: name the folder of the kit with the option kit, "
        "or set their locations and DIE_AREA before a run",
    )


FLOW = LibreLane()
