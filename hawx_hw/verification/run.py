"""Simulates a generated accelerator and reports whether it computes what the reference says."""

from __future__ import annotations

import contextlib
import json
import platform
import shutil
import sys
import tempfile
import threading
from collections.abc import Iterator
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation.build import Simulation, build_simulation
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util.resources import sim
from hawx_hw.verification.job import Job, save_job

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Mismatch", "verify"]

_TOP = "hawx_accelerator"
_MODULE = "hawx_sim.scenarios"
_POLL_SECONDS = 0.3
_LOG_LINES = 12


class Mismatch(VerificationError):
    """The accelerator and the reference disagree.

    Parameters
    ----------
    message : str
        The first difference.
    report : dict
        What :func:`verify` would have returned.
    """

    def __init__(self, message: str, report: dict[str, Any]):
        super().__init__(message)
        self.report = report


def verify(
    directory: Path,
    job: Job,
    *,
    workdir: Path,
    simulator: str = "auto",
    progress: Progress | None = None,
) -> dict[str, Any]:
    """Run ``job`` on the accelerator in ``directory``.

    Parameters
    ----------
    directory : Path
        Has ``rtl/filelist.f`` with the names of the Verilog files beside it, and ``mem/`` with the
        images of built-in memories.
    job : Job
    workdir : Path
        For the compiled simulation, its log and its report; kept, so that the next run need not
        compile.
    simulator : str
        ``verilator``, ``icarus``, or ``auto``.
    progress : callable
        Gets the number of inferences compared so far, and of all.

    Returns
    -------
    dict
        ``images`` (different ones that were compared), ``traced`` (of which every layer was
        compared), ``inferences`` (results compared), ``mismatches``, ``cycles_per_image``,
        ``cycles_predicted``, ``cycles_of_layers``, ``scenarios`` (name to {passed, failures}),
        ``simulator``, ``versions``.

    Raises
    ------
    UserError
        The simulator, or a file, is missing.
    Mismatch
        Something differs, or takes another time than predicted.
    VerificationError
        The simulation could not be built, did not end, or compared nothing.
    """
    if not len(job.images):
        raise VerificationError("There are no images to verify.")
    found = find_simulator(simulator)
    sources, waivers = _sources(directory / "rtl")
    simulation = build_simulation(found, sources, top=_TOP, workdir=workdir, waivers=waivers)

    for old in workdir.glob("run-*"):
        shutil.rmtree(old, ignore_errors=True)
    # A folder of its own: a simulation whose tool was killed may still write into an old one.
    run = Path(tempfile.mkdtemp(prefix="run-", dir=workdir))
    for image in sorted((directory / "mem").glob("*.hex")):
        shutil.copyfile(image, run / image.name)
    _simulate(simulation, job, run, progress)
    return _judge(_read_report(run), job, simulation, run)


def _sources(rtl: Path) -> tuple[list[Path], list[Path]]:
    try:
        names = (rtl / "filelist.f").read_text("utf-8").split()
    except OSError:
        raise UserError(
            f"There is no accelerator in {rtl.parent}.", hint="Emit it first: hawx emit CONFIG"
        ) from None
    return [rtl / name for name in names], sorted(rtl.glob("*.vlt"))


def _simulate(
    simulation: Simulation,
    job: Job,
    run: Path,
    progress: Progress | None,
) -> None:
    from cocotb_tools.runner import get_runner

    environment = {
        "HAWX_JOB": str(save_job(job, run).resolve()),
        "HAWX_REPORT": str((run / "report.json").resolve()),
        "TMPDIR": str(run.resolve()),
        "COCOTB_LOG_LEVEL": "WARNING",
        # cocotbext-axi still uses names that cocotb 2 has deprecated.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }
    runner = get_runner(simulation.simulator.name)
    with _python_path(sim()), _watched(run / "report.json", progress):
        # The runner's word on success depends on who runs it; the report has the last word.
        with contextlib.suppress(SystemExit, RuntimeError):
            runner.test(
                test_module=_MODULE,
                hdl_toplevel=simulation.top,
                hdl_toplevel_lang="verilog",
                testcase=list(job.scenarios),
                seed=job.seed,
                build_dir=simulation.folder.resolve(),
                test_dir=run.resolve(),
                results_xml=str((run / "results.xml").resolve()),
                extra_env=environment,
                log_file=run / "simulation.log",
            )


@contextlib.contextmanager
def _python_path(folder: Path) -> Iterator[None]:
    """Let the runner hand ``folder`` on: it gives the simulator the paths of this process."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@contextlib.contextmanager
def _watched(report: Path, progress: Progress | None) -> Iterator[None]:
    """Tell ``progress`` how far the simulation is while it runs."""
    if progress is None:
        yield
        return
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_POLL_SECONDS):
            with contextlib.suppress(OSError, ValueError):
                state = json.loads(report.read_text("utf-8"))
                progress(state["inferences"], state["inferences_total"])

    thread = threading.Thread(target=watch, name="simulation", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read_report(run: Path) -> dict[str, Any]:
    try:
        report: dict[str, Any] = json.loads((run / "report.json").read_text("utf-8"))
    except (OSError, ValueError):
        raise VerificationError(f"The testbench did not report.\n{_end_of_log(run)}") from None
    return report


def _judge(report: dict[str, Any], job: Job, simulation: Simulation, run: Path) -> dict[str, Any]:
    scenarios = report["scenarios"]
    cycles = report["cycles"]
    result = {
        "images": report["images"],
        "traced": report["traced"],
        "inferences": report["inferences"],
        "mismatches": report["mismatches"],
        "cycles_per_image": max(cycles) if cycles else None,
        "cycles_predicted": job.cycles,
        "cycles_of_layers": {
            layer.name: seen
            for layer, seen in zip(job.layers, report["layer_cycles"], strict=False)
        },
        "scenarios": scenarios,
        "simulator": simulation.simulator.name,
        "versions": {
            simulation.simulator.name: simulation.simulator.version,
            "cocotb": metadata.version("cocotb"),
            "cocotbext-axi": metadata.version("cocotbext-axi"),
            "python": platform.python_version(),
        },
    }
    for name in job.scenarios:
        failures = scenarios.get(name, {}).get("failures", [])
        if failures:
            raise Mismatch(f"Verification failed in scenario {name!r}: {failures[0]}", result)
    unfinished = [n for n in job.scenarios if not scenarios.get(n, {}).get("passed", False)]
    if unfinished:
        raise VerificationError(
            f"The testbench did not report on scenario {unfinished[0]!r}.\n{_end_of_log(run)}"
        )
    if report["mismatches"]:
        raise Mismatch(f"{report['mismatches']} results differ from the reference.", result)
    _check_coverage(report, job)
    return result


def _check_coverage(report: dict[str, Any], job: Job) -> None:
    """What was to be compared must have been compared."""
    if "inference" in job.scenarios:
        for what, expected in (("images", len(job.images)), ("traced", job.traced)):
            if report[what] < expected:
                raise VerificationError(
                    f"Only {report[what]} of {expected} {what} were compared with the reference."
                )
        if len(report["cycles"]) != len(job.images):
            raise VerificationError("The cycles of some image were not measured.")
    elif set(job.scenarios) - {"registers"} and not report["inferences"]:
        raise VerificationError("No image was compared with the reference.")


def _end_of_log(run: Path) -> str:
    try:
        text = (run / "simulation.log").read_text("utf-8", errors="replace")
    except OSError:
        return "There is no log."
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])
