"""Input for OpenROAD-flow-scripts: config.mk, evaluated by GNU make."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
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
from hawx_hw.flows.memories.families import families
from hawx_hw.flows.memories.plan import MemoryPlan
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.templates import write_template
from hawx_hw.util.files import read_bytes, read_text, write_bytes
from hawx_hw.util.plain_paths import is_plain
from hawx_hw.util.resources import flows

__all__ = ["FLOW"]

_NAME = "orfs"
_CONFIG, _EVALUATE, _LOG, _VERSION = "config.mk", "evaluate.mk", "make.log", "make_version.log"
_REQUIRED = ("DESIGN_NAME", "PLATFORM", "SDC_FILE", "VERILOG_FILES")
#: As flow/scripts/floorplan.tcl counts them: exactly one must be given.
_FLOORPLANS = (
    ("CORE_UTILIZATION",),
    ("DIE_AREA", "CORE_AREA"),
    ("FLOORPLAN_DEF",),
    ("FOOTPRINT",),
)
_DEPRECATED = ("REMOVE_ABC_BUFFERS",)
#: Variables of config.mk's own.
_OWN = ("HAWX_KIT",)
_LINE = re.compile(r"^([A-Z][A-Z0-9_]*) ?= ?(.*)$", re.MULTILINE)


@cache
def _platforms() -> dict[str, Any]:
    return tomllib.loads(read_text(flows() / _NAME / "platforms.toml"))


@cache
def _known() -> frozenset[str]:
    lines = read_text(flows() / _NAME / "variables.txt").splitlines()
    return frozenset(line for line in lines if not line.startswith("#"))


class Orfs:
    """See flows/orfs/flow.toml."""

    name = _NAME

    def check(self, build: Build, options: Any) -> None:
        """Refuse memories that no macro serves, and a checkout that cannot be used."""
        refuse_exploration(_plan(build, options), exploration=options.exploration)
        if options.checkout is None:
            return
        if not is_plain(build.folder.absolute()):
            raise UserError(
                "The Makefile of a checkout cannot read this path.",
                where=str(build.folder.absolute()),
                hint="Use a folder without a space or another special character in its path.",
            )
        if not (_flow(options.checkout) / "Makefile").is_file():
            raise UserError(
                "This is no checkout of OpenROAD-flow-scripts: it has no flow/Makefile.",
                where=options.checkout,
                hint="Leave the option out, and make evaluates config.mk by itself.",
            )

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write the bundle."""
        platform = _platforms()[options.platform]
        plan = _plan(build, options)
        clock = platform["clock_mhz"] if options.clock_mhz is None else options.clock_mhz
        bundle = write_rtl(build, folder, plan, clock_mhz=clock, unit_ns=platform["unit_ns"])
        write_template(
            folder / _CONFIG,
            _NAME,
            "config.mk.j2",
            top=bundle.top,
            platform=options.platform,
            nickname=f"hawx_{build.config.name}",
            variant=build.digest()[:12],
            verilog=bundle.verilog,
            defines=" ".join(f"-D {each}" for each in bundle.defines),
            sdc=SDC_FILE,
            period_ps=f"{1000 * bundle.period_ns:.9g}",
            memory_bits=max(4096, bundle.memory_bits),
            hierarchical=options.hierarchical,
            utilization=f"{options.utilization:.9g}",
            macros=sorted(plan.macros),
            family=None if plan.family is None else plan.family.title,
            manufacturable=plan.family is None or plan.family.manufacturable,
            files=_macro_files(plan),
            kit=platform.get("kit"),
            halo=platform["halo"],
            exploration=plan.exploration_only,
        )
        write_bytes(folder / _EVALUATE, read_bytes(flows() / _NAME / _EVALUATE))

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Evaluate config.mk and read the Verilog."""
        # A make that runs hawx passes its own options on.
        quiet = {"MAKEFLAGS": "", "MFLAGS": ""}
        runner.run(["make", "--version"], tool="make", log=_VERSION, variables=quiet)
        if options.checkout is None:
            command = ["make", "-f", _EVALUATE, f"DESIGN_CONFIG={_CONFIG}"]
        else:
            config = (folder / _CONFIG).absolute()
            floorplans = (name for each in _FLOORPLANS for name in each)
            names = sorted({*_REQUIRED, *floorplans, *_set_variables(folder)})
            command = ["make", "--no-print-directory", "-C", str(_flow(options.checkout)),
                       f"DESIGN_CONFIG={config}",
                       *(f"print-{name}" for name in names)]  # fmt: skip
        runner.run(command, tool="make", log=_LOG, variables=quiet)
        yosys_check(folder, Bundle.read(folder), runner)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """What make, Yosys and slang made of the bundle."""
        bundle = Bundle.read(folder)
        values = _values(folder)
        version = re.search(r"GNU Make (\S+)", _text(folder / _VERSION))
        by = "its own Makefile" if options.checkout else "GNU make alone, without a checkout"
        period = values.get("ABC_CLOCK_PERIOD_IN_PS", "")
        number = float(period) / 1000 if re.fullmatch(r"[0-9.]+", period) else 0.0
        return FlowReport(
            target=f"{options.platform}, at {bundle.clock_mhz:g} MHz",
            versions={"make": version[1] if version else "?"},
            numbers={"macros": float(sum(map(len, bundle.macros.values())))},
            checks=(
                _names_check(folder, by),
                _required_check(values),
                _files_check(folder, bundle, values),
                _floorplan_check(values),
                clock_check(folder, bundle, number, "ABC_CLOCK_PERIOD_IN_PS"),
                elaboration_check(folder, bundle),
                yosys_result(folder, bundle),
            ),
            files=(_CONFIG, SDC_FILE, "MEMORIES.md"),
            notes=(
                *bundle.notes,
                f"config.mk was evaluated by {by}",
                "place and route were not run",
            ),
        )


def _plan(build: Build, options: Any) -> MemoryPlan:
    family = _platforms()[options.platform].get("family")
    return plan_of_build(build, None if family is None else families()[family])


def _flow(checkout: str) -> Path:
    return Path(checkout).expanduser() / "flow"


def _macro_files(plan: MemoryPlan) -> list[tuple[str, list[str]]]:
    """Variables of macros' files, with their paths in the kit."""
    if plan.family is None or not plan.macros:
        return []
    macros = plan.macros.values()
    views = [plan.family.files(each) for each in macros]
    # The scripts take one corner: the first is the typical one.
    liberty = [next(iter(plan.family.liberty(each).values())) for each in macros]
    gds = [each["gds"] for each in views if "gds" in each]
    files = [("ADDITIONAL_LEFS", [each["lef"] for each in views]), ("ADDITIONAL_LIBS", liberty)]
    return [*files, ("ADDITIONAL_GDS", gds)] if gds else files


def _text(path: Path) -> str:
    return read_text(path) if path.is_file() else ""


def _values(folder: Path) -> Mapping[str, str]:
    """Every variable that make printed, with its value."""
    return {name: value.strip() for name, value in _LINE.findall(_text(folder / _LOG))}


def _set_variables(folder: Path) -> list[str]:
    """The names that config.mk sets, in order."""
    pattern = re.compile(r"^(?:export )?(\w+) *[:?+]?=", re.MULTILINE)
    return pattern.findall(_text(folder / _CONFIG))


def _names_check(folder: Path, by: str) -> Check:
    names = _set_variables(folder)
    unknown = [each for each in names if each not in _known() and each not in _OWN]
    unknown += [f"{each} (deprecated)" for each in names if each in _DEPRECATED]
    detail = f"{len(names)} variables" if not unknown else f"unknown: {', '.join(unknown)}"
    return Check(
        name="the scripts have every variable of config.mk",
        passed=bool(names) and not unknown,
        detail=f"{detail}; evaluated by {by}",
    )


def _required_check(values: Mapping[str, str]) -> Check:
    missing = [name for name in _REQUIRED if not values.get(name)]
    return Check(
        name="required variables have values",
        passed=not missing,
        detail=f"missing: {', '.join(missing)}" if missing else ", ".join(_REQUIRED),
    )


def _files_check(folder: Path, bundle: Bundle, values: Mapping[str, str]) -> Check:
    """Whether the paths that make printed are the files of the bundle, and exist."""
    given = [Path(path) for path in values.get("VERILOG_FILES", "").split()]
    given += [Path(path) for path in values.get("SDC_FILE", "").split()]
    actual = {(folder / path).resolve() for path in given}
    expected = {(folder / "rtl" / name).resolve() for name in bundle.verilog}
    expected.add((folder / SDC_FILE).resolve())
    exist = sum(path.is_file() for path in actual)
    return Check(
        name="make resolves every Verilog file and the constraints",
        passed=bool(bundle.verilog) and actual == expected and exist == len(expected),
        detail=f"{exist} of {len(expected)}",
    )


def _floorplan_check(values: Mapping[str, str]) -> Check:
    # A part of a method counts here: with another one beside it, it is a mistake.
    given = [names for names in _FLOORPLANS if any(values.get(name) for name in names)]
    whole = [names for names in given if all(values.get(name) for name in names)]
    titles = " and ".join("+".join(names) for names in given) or "none"
    return Check(
        name="one way to size the floorplan",
        passed=len(given) == 1 and len(whole) == 1,
        detail=titles,
    )


FLOW = Orfs()
