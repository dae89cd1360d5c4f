"""Input for SiliconCompiler: a project in Python, checked and linted by SiliconCompiler."""

from __future__ import annotations

import shutil
import tomllib
from functools import cache
from pathlib import Path
from typing import Any

from hawx_hw.config.flows import flow_named
from hawx_hw.flows.base import Build
from hawx_hw.flows.bundles import (
    SDC_FILE,
    Bundle,
    elaboration_check,
    plan_of_build,
    refuse_exploration,
    sdc_check,
    write_rtl,
    yosys_check,
    yosys_result,
)
from hawx_hw.flows.environments import environment_python
from hawx_hw.flows.memories.families import Family, families
from hawx_hw.flows.memories.plan import MemoryPlan
from hawx_hw.flows.result import Check, FlowReport
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.templates import write_template
from hawx_hw.util.files import read_bytes, read_text, write_bytes
from hawx_hw.util.json_text import read_json
from hawx_hw.util.resources import flows
from hawx_hw.util.scratch import scratch_folder

__all__ = ["FLOW"]

_NAME = "siliconcompiler"
_PROJECT, _CHECKER, _ANSWER = "project.py", "check_project.py", "check_project.json"


@cache
def _targets() -> dict[str, Any]:
    return tomllib.loads(read_text(flows() / _NAME / "targets.toml"))


class SiliconCompiler:
    """See flows/siliconcompiler/flow.toml."""

    name = _NAME

    def check(self, build: Build, options: Any) -> None:
        """Refuse memories that no macro serves."""
        refuse_exploration(_plan(build, options), exploration=options.exploration)

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write the bundle."""
        target = _targets()[options.target]
        plan = _plan(build, options)
        clock = target["clock_mhz"] if options.clock_mhz is None else options.clock_mhz
        bundle = write_rtl(build, folder, plan, clock_mhz=clock, unit_ns=target["unit_ns"])
        write_template(
            folder / _PROJECT,
            _NAME,
            "project.py.j2",
            top=bundle.top,
            target=options.target,
            exploration=plan.exploration_only,
            files=_files(bundle),
            defines=bundle.defines,
            sdc=SDC_FILE,
            module=target.get("module"),
            libraries=[target["libraries"][name] for name in plan.macros],
            density=f"{options.density:.9g}",
        )
        write_bytes(folder / _CHECKER, read_bytes(flows() / _NAME / _CHECKER))

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Check the project and read the Verilog; :meth:`result` judges what was written."""
        python = environment_python(flow_named(_NAME))
        shutil.rmtree(folder / "build", ignore_errors=True)
        # Without -P: the checker imports project.py from this folder. Its processes talk through a
        # socket among the temporary files, whose path must be short.
        with scratch_folder(_NAME[:2]) as temporary:
            variables = {"PYTHONPATH": "", "PYTHONSAFEPATH": "", "PYTHONDONTWRITEBYTECODE": "1",
                         "TMPDIR": str(temporary)}  # fmt: skip
            runner.run([str(python), _CHECKER], tool=_NAME, variables=variables)
        yosys_check(folder, Bundle.read(folder), runner)

    def result(self, folder: Path, options: Any) -> FlowReport:
        """What SiliconCompiler, Yosys and slang made of the bundle."""
        bundle = Bundle.read(folder)
        answer = read_json(read_text(folder / _ANSWER)) if (folder / _ANSWER).is_file() else {}
        return FlowReport(
            target=f"{options.target}, at {bundle.clock_mhz:g} MHz",
            versions=answer.get("versions", {}),
            numbers={"macros": float(sum(map(len, bundle.macros.values())))},
            checks=(
                _manifest_check(bundle, answer),
                _files_check(bundle, answer),
                _lint_check(answer),
                sdc_check(folder, bundle),
                elaboration_check(folder, bundle),
                yosys_result(folder, bundle),
            ),
            files=(_PROJECT, SDC_FILE, "MEMORIES.md"),
            notes=(*bundle.notes, "place and route were not run"),
        )


def _plan(build: Build, options: Any) -> MemoryPlan:
    return plan_of_build(build, _family(options.target))


def _family(target: str) -> Family | None:
    """The macros that SiliconCompiler has libraries for."""
    settings = _targets()[target]
    if "family" not in settings:
        return None
    family = families()[settings["family"]]
    macros = tuple(each for each in family.macros if each.name in settings["libraries"])
    return family.model_copy(update={"macros": macros})


def _files(bundle: Bundle) -> list[str]:
    files = [f"rtl/{name}" for name in bundle.verilog]
    return files if bundle.boxes is None else [*files, bundle.boxes]


def _manifest_check(bundle: Bundle, answer: dict[str, Any]) -> Check:
    missing = sorted(set(bundle.macros) - set(answer.get("libraries", ())))
    problems = [f"there is no library {name}" for name in missing]
    if not answer.get("manifest"):
        problems.append("check_manifest has reported errors" if answer else "it wrote no answer")
    if answer.get("constraints") != [SDC_FILE] or answer.get("filesets") != ["rtl", "sdc"]:
        problems.append("the constraints are not part of the project")
    libraries = len(answer.get("libraries", ()))
    return Check(
        name="SiliconCompiler accepts the manifest",
        passed=not problems,
        detail="; ".join(problems) or f"{libraries} libraries",
    )


def _files_check(bundle: Bundle, answer: dict[str, Any]) -> Check:
    read, expected = answer.get("read") or [], sorted(_files(bundle))
    return Check(
        name="its lint reads every file of the design",
        passed=bool(read) and read == expected and bool(answer.get("paths")),
        detail=f"{len(set(read) & set(expected))} of {len(expected)} files",
    )


def _lint_check(answer: dict[str, Any]) -> Check:
    errors, warnings = answer.get("errors"), answer.get("warnings")
    return Check(
        name="its lint with slang counts no errors",
        passed=errors == 0,
        detail="it counted nothing" if errors is None else f"{errors} errors, {warnings} warnings",
    )


FLOW = SiliconCompiler()
