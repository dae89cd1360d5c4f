"""The accelerator as a core of FuseSoC, whose targets are run."""

from __future__ import annotations

import os
import re
import shutil
import sysconfig
from pathlib import Path
from typing import Any

from hawx_hw import __version__
from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.base import Build
from hawx_hw.flows.environments import environment_program
from hawx_hw.flows.result import Check, Clock, FlowReport, Resource
from hawx_hw.flows.runner import Runner, last_lines
from hawx_hw.flows.simulations import cocotb_check, lint_check, simulation_check
from hawx_hw.flows.templates import write_template
from hawx_hw.flows.vectors import build_vectors
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_json
from hawx_hw.util.json_text import read_json
from hawx_hw.util.processes import run
from hawx_hw.util.resources import flows

__all__ = ["FLOW"]

_CORE = "hawx.core"
#: Constants of the testbenches, and what the result is compared with.
_PLAN = "tb/hawx_tb.json"
#: A memory of so many words, and no more, may be of flip-flops: a distributed RAM has as many.
_FEW_WORDS = 16
_IN_FLIP_FLOPS = re.compile(r"^using FF mapping for memory (\S+)$", re.MULTILINE)
#: In the name of a ROM that Yosys has made of a case statement: nothing writes it.
_CASE = "$auto$proc_rom."
#: What the words of a memory macro are called in the instance that a memory is named by.
_WORDS = ".macro.words"
_MAPPED = re.compile(r"^mapping memory \S+ via \S+$", re.MULTILINE)
_YOSYS = re.compile(r"^ ?Yosys (\S+)", re.MULTILINE)
_NO_TOOLS = "The target ecp5 needs {}, which is missing."


class FuseSocFlow:
    """A core file with the accelerator's files, and two testbenches with their vectors."""

    name = "fusesoc"

    def check(self, build: Build, options: Any) -> None:
        """Raise UserError where the target ecp5 is asked for, and its tools are missing."""
        path = os.pathsep.join((_scripts(), os.environ.get("PATH", "")))
        if not options.bitstream:
            return
        yosys = shutil.which("yosys", path=path)
        if yosys is None or not _has_tcl(yosys):
            raise UserError(
                _NO_TOOLS.format("Yosys as a program, with Tcl"), hint="apt-get install yosys"
            )
        for tool in ("nextpnr-ecp5", "ecppack"):
            if not any(shutil.which(name, path=path) for name in (tool, f"yowasp-{tool}")):
                raise UserError(_NO_TOOLS.format(tool), hint="pip install 'hawx_hw[fpga]'")

    def setup(self, build: Build, options: Any, folder: Path) -> None:
        """Write the core and all that it names."""
        sources = build.copy_rtl(folder)
        waivers = sorted(path.name for path in (build.folder / "rtl").glob("*.vlt"))
        for name in waivers:
            write_bytes(folder / "rtl" / name, read_bytes(build.folder / "rtl" / name))
        loadable = build.program.loadable
        (folder / "mem").mkdir()
        memories = [] if loadable else build.copy_memories(folder / "mem")
        vectors = build_vectors(build, options.images)
        (folder / "tb").mkdir()
        values = {"top": build.program.top, **vectors.values()}
        write_template(folder / "tb" / "hawx_tb.sv", self.name, "hawx_tb.sv.j2", **values)
        plan = {
            **values,
            "sources": len(sources),
            "words": {memory.name: memory.depth for memory in build.program.memories},
            "loadable": loadable,
        }
        write_json(folder / _PLAN, plan)
        write_template(
            folder / _CORE,
            self.name,
            "hawx.core.j2",
            title=build.program.title,
            core=core_name(build.config.name, options.core),
            top=build.program.top,
            sources=sources,
            waivers=waivers,
            memories=memories,
            vectors=vectors.write(folder / "tb", "hawx_tb"),
            options=options,
        )
        write_template(
            folder / "syn" / "hawx.lpf", self.name, "hawx.lpf.j2", clock_mhz=options.clock_mhz
        )
        for name, place in _COPIED.items():
            _copy(name, folder / place)
        if options.generator:
            for name in _GENERATOR:
                _copy(name, folder / "generator" / name)

    def run(self, folder: Path, options: Any, runner: Runner) -> None:
        """Run the targets that the options ask for."""
        self._target(folder, runner, "lint", accepted=(0, 1))
        if options.testbench == "cocotb":
            self._target(folder, runner, "cocotb", accepted=(0, 1))
        else:
            simulator = ("--tool", options.simulator)
            self._target(folder, runner, "sim", *simulator, accepted=(0, 1))
        if options.bitstream:
            # nextpnr ends with 1 where the clock is missed, which its report shows.
            self._target(folder, runner, "ecp5", "--build", accepted=(0, 1))

    def result(self, folder: Path, options: Any) -> FlowReport:
        """Judge the targets by what they wrote."""
        plan = read_json(read_text(folder / _PLAN))
        size = plan["images"] * plan["result_bytes"]
        target = "cocotb" if options.testbench == "cocotb" else "sim"
        checks = [
            lint_check(_log(folder, "lint"), plan["sources"]),
            simulation_check(_log(folder, target), plan["images"], size),
        ]
        simulator = "icarus" if target == "cocotb" else options.simulator
        versions = {**_packages(), "verilator": find_simulator("verilator").version}
        versions[simulator] = find_simulator(simulator).version
        if target == "cocotb":
            checks.append(cocotb_check(folder / "build" / "cocotb" / "results.xml"))
        report = FlowReport(
            target=f"FuseSoC core {_name_in(folder)}",
            versions=versions,
            checks=tuple(checks),
            files=(_CORE,),
        )
        return _with_bitstream(report, folder, plan, options) if options.bitstream else report

    def _target(
        self,
        folder: Path,
        runner: Runner,
        target: str,
        *more: str,
        accepted: tuple[int, ...] = (0,),
    ) -> None:
        verilator = find_simulator("verilator")
        fusesoc = environment_program(flow_named(self.name), "fusesoc")
        places = (str(fusesoc.parent), str(verilator.executable.parent), _scripts())
        runner.run(
            [
                *(str(fusesoc), "--config", "fusesoc.conf", "--cores-root", "."),
                *("run", "--target", target, "--work-root", f"build/{target}", *more),
                _name_in(folder),
            ],
            tool=f"FuseSoC {target}",
            log=f"{target}.log",
            accepted=accepted,
            variables={
                **verilator.environment,
                "PATH": os.pathsep.join((*places, os.environ.get("PATH", ""))),
                # Nothing of hawx's own environment; cocotb finds the test in the current folder.
                "PYTHONPATH": "",
                "PYTHONSAFEPATH": "",
                "EDALIZE_LAUNCHER": "sh ../../tools/yowasp.sh",
            },
        )


def core_name(config: str, given: str | None) -> str:
    """Name of the core: VENDOR:LIBRARY:NAME:VERSION.

    Parameters
    ----------
    config : str
        Name of the config.
    given : str or None
        What the user wants.
    """
    return f"::hawx_{config}:{__version__}" if given is None else given


#: Files of the flow that are copied as they are, and their places.
_COPIED = {
    "hawx_cocotb.py": "tb/hawx_cocotb.py",
    "yowasp.sh": "tools/yowasp.sh",
    "fusesoc.conf": "fusesoc.conf",
}
_GENERATOR = ("hawx_generator.core", "hawx_generate.py")


def _copy(name: str, place: Path) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(place, read_bytes(flows() / "fusesoc" / name))


def _scripts() -> str:
    """Where programs of packages beside hawx are."""
    return sysconfig.get_path("scripts")


def _name_in(folder: Path) -> str:
    match = re.search(r'^name: "(.*)"$', read_text(folder / _CORE), re.MULTILINE)
    assert match is not None
    return match[1]


def _packages() -> dict[str, str]:
    environment = flow_named("fusesoc").environment
    assert environment is not None
    return dict(package.split("==") for package in environment.packages)


def _has_tcl(yosys: str) -> bool:
    """Whether Yosys executes the scripts that Edalize writes; its builds of pip do not."""
    done = run([yosys, "-Q", "-p", "help tcl"], tool="Yosys", limit=60)
    return done.status == 0 and "No such command" not in done.output


def _log(folder: Path, target: str) -> str:
    return read_text(folder / f"{target}.log")


def _with_bitstream(report: FlowReport, folder: Path, plan: Any, options: Any) -> FlowReport:
    """The report with what the target ecp5 has made."""
    work = folder / "build" / "ecp5"
    bits = [path for path in sorted(work.glob("*.bit")) if path.stat().st_size]
    logs = [work / name for name in ("report.json", "yosys.log")]
    if not all(path.is_file() for path in logs):
        end = last_lines(_log(folder, "ecp5"))
        check = Check(name="ecp5: placed and routed", passed=False, detail=end)
        return report.model_copy(update={"checks": (*report.checks, check)})
    content, synthesis = read_json(read_text(logs[0])), read_text(logs[1])
    yosys = _YOSYS.search(synthesis)
    clocks = tuple(
        Clock(
            name=name.removeprefix("$glbnet$").partition("$")[0],
            required_mhz=options.clock_mhz,
            achieved_mhz=round(timing["achieved"], 2),
        )
        for name, timing in content["fmax"].items()
    )
    resources = tuple(
        Resource(kind=kind, used=number["used"], available=number["available"])
        for kind, number in content["utilization"].items()
        if number["used"]
    )
    detail = ", ".join(f"{path.name}: {path.stat().st_size:,} bytes" for path in bits)
    checks = (
        Check(name="ecp5: a bitstream", passed=len(bits) == 1, detail=detail or "there is none"),
        Check(name="ecp5: a clock was analysed", passed=len(clocks) == 1),
        flip_flop_check(synthesis, plan["words"], plan["loadable"]),
    )
    return report.model_copy(
        update={
            "target": f"{report.target}, LFE5U-{options.device.upper()}",
            "versions": {**report.versions, "yosys": yosys[1] if yosys else "unknown"},
            "resources": resources,
            "clocks": clocks,
            "checks": (*report.checks, *checks),
            "files": (*report.files, *(str(path.relative_to(folder)) for path in bits)),
            "notes": ("Pins are where nextpnr put them: utilization and Fmax, for no board.",),
        }
    )


def flip_flop_check(log: str, words: dict[str, int], loadable: bool) -> Check:
    """Whether Yosys has made no writable memory of flip-flops.

    Parameters
    ----------
    log : str
        Of Yosys.
    words : dict of str to int
        Words of each parameter memory, by its name.
    loadable : bool
        Whether parameter memories are written.
    """
    wrong = [] if _MAPPED.search(log) else ["Yosys's log states of no memory what it became"]
    for memory in _IN_FLIP_FLOPS.findall(log):
        if _CASE in memory:
            continue
        path = memory.removesuffix(_WORDS)
        # A memory that is none of the accelerator's macros has the name of no parameter memory.
        name = path.rpartition(".")[2] if path != memory else None
        if name in words and (not loadable or words[name] <= _FEW_WORDS):
            continue
        wrong.append(path)
    detail = ", ".join(wrong) or "none"
    return Check(name="ecp5: writable memories in flip-flops", passed=not wrong, detail=detail)


FLOW = FuseSocFlow()
