"""Simulates a generated accelerator and compares what it computes with the reference."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from cocotb_tools import config as cocotb_config
from find_libpython import find_libpython

from hawx_hw.design.sources import WAIVERS, verilog_sources
from hawx_hw.errors import UserError, VerificationError
from hawx_hw.simulation.build import RANDOM_START, Simulation, build_simulation
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util import processes
from hawx_hw.util.disk import check_space
from hawx_hw.util.environment import python_path
from hawx_hw.util.files import read_text
from hawx_hw.util.plain_paths import is_plain, plain_path
from hawx_hw.util.resources import sim
from hawx_hw.util.scratch import scratch_folder
from hawx_hw.verification.job import Job, save_job
from hawx_hw.verification.result import SimulationResult
from hawx_hw.verification.testbench_report import TestbenchReport

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Mismatch", "failure", "verify"]

_TOP = "hawx_accelerator"
_MODULE = "hawx_sim.scenarios"
_POLL_SECONDS = 0.3
_SIMULATION = "The simulation"
#: Statuses of a simulation that means nothing about the accelerator. Verilator ends one in which it
#: finds an error by SIGABRT.
_CRASHES = tuple(
    -number for number in (signal.SIGSEGV, signal.SIGBUS, signal.SIGILL, signal.SIGKILL)
)
#: Of a simulation that counts no inference: the start of the testbench, and a cycle of a large
#: array in the slower simulator.
_IDLE_SECONDS = 1800.0
_CYCLE_SECONDS = 0.1
_LOG_LINES = 12


class Mismatch(VerificationError):
    """The accelerator and the reference disagree.

    Parameters
    ----------
    message : str
        The first difference.
    result : SimulationResult
        What would have been returned.
    scenario : str or None
        The first scenario that failed.
    image : int or None
        The first image, of the job, whose result differs in it, or did not come.
    write : str or None
        The first write that differs, in words, where the scenario compares writes.
    """

    def __init__(
        self,
        message: str,
        result: SimulationResult,
        *,
        scenario: str | None = None,
        image: int | None = None,
        write: str | None = None,
    ):
        super().__init__(message)
        self.result = result
        self.scenario = scenario
        self.image = image
        self.write = write


def verify(
    directory: Path,
    job: Job,
    *,
    workdir: Path,
    simulator: str = "auto",
    netlist: bool = False,
    progress: Progress | None = None,
) -> SimulationResult:
    """Run ``job`` on the accelerator in ``directory``.

    Parameters
    ----------
    directory : Path
        Has ``rtl/filelist.f`` with the names of the Verilog files beside it, and ``mem/`` with the
        images of built-in memories.
    job : Job
    workdir : Path
        For the compiled simulation, its log and its report; it remains, so that the next run need
        not compile.
    simulator : str
        ``verilator``, ``icarus``, or ``auto``.
    netlist : bool
        Whether the Verilog is a mapped netlist with its cells; under Verilator all registers and
        memories then start with random bits, drawn by the job's seed. It has no write trace.
    progress : callable
        Gets the number of inferences compared so far, and of all.

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
    simulation = build_simulation(
        find_simulator(simulator),
        verilog_sources(directory),
        top=_TOP,
        workdir=workdir,
        waivers=[directory / "rtl" / WAIVERS],
        netlist=netlist,
    )

    for old in workdir.glob("run-*"):
        shutil.rmtree(old, ignore_errors=True)
    # A folder of its own: a simulation whose tool was killed may still write into an old one.
    run = Path(tempfile.mkdtemp(prefix="run-", dir=workdir))
    for image in sorted((directory / "mem").glob("*.hex")):
        shutil.copyfile(image, run / image.name)
    _simulate(simulation, job, run, progress, _start(simulation, job) if netlist else ())
    return _judge(_read_report(run), job, simulation, run)


def _simulate(
    simulation: Simulation,
    job: Job,
    run: Path,
    progress: Progress | None,
    arguments: Sequence[str],
) -> None:
    with scratch_folder("simulation") as links:
        _run(simulation, job, run, progress, links, arguments)


def _start(simulation: Simulation, job: Job) -> list[str]:
    """Arguments by which registers of a netlist start at random; in Icarus they are undefined."""
    if simulation.simulator.name != "verilator":
        return []
    # Verilator takes the seed 0 for none.
    return [argument.format(seed=job.seed % 2**31 + 1) for argument in RANDOM_START]


def _run(
    simulation: Simulation,
    job: Job,
    run: Path,
    progress: Progress | None,
    links: Path,
    arguments: Sequence[str],
) -> None:
    from cocotb_tools.runner import get_runner

    environment = {
        **_entry_point(links),
        "HAWX_JOB": str(save_job(job, run).resolve()),
        "HAWX_REPORT": str((run / "report.json").resolve()),
        "TMPDIR": str(run.resolve()),
        "COCOTB_LOG_LEVEL": "WARNING",
        # cocotbext-axi still uses names that cocotb 2 has deprecated.
        "PYTHONWARNINGS": "ignore::DeprecationWarning",
    }
    runner = _limited(get_runner(simulation.simulator.name), job, run / "report.json")
    # In a list of paths none may have a colon.
    with _python_path(plain_path(sim(), links)), _watched(run / "report.json", progress):
        # How the runner signals failure depends on its environment: the report alone decides.
        with contextlib.suppress(SystemExit, RuntimeError):
            runner.test(
                test_module=_MODULE,
                hdl_toplevel=simulation.top,
                hdl_toplevel_lang="verilog",
                testcase=list(job.scenarios),
                seed=job.seed,
                plusargs=list(arguments),
                build_dir=simulation.folder.resolve(),
                test_dir=run.resolve(),
                results_xml=str((run / "results.xml").resolve()),
                extra_env=environment,
                log_file=run / "simulation.log",
            )


def _entry_point(links: Path) -> dict[str, str]:
    """Where the simulator finds cocotb, in which neither a comma nor a semicolon may stand."""
    library, function = cocotb_config.pygpi_entry_point().rsplit(",", 1)
    if is_plain(Path(library)):
        return {}
    users = (find_libpython(), f"{plain_path(Path(library), links)},{function}")
    return {"GPI_USERS": ";".join(filter(None, users))}


def _limited(runner: Any, job: Job, report: Path) -> Any:
    """The runner, which starts the simulator as this project starts every program.

    Its time begins anew with each inference that the report counts.
    """
    limit = _IDLE_SECONDS + _CYCLE_SECONDS * job.cycles

    def execute(commands: Sequence[Sequence[str]], cwd: Path) -> None:
        for command in commands:
            done = processes.run(
                command,
                tool=_SIMULATION,
                limit=limit,
                folder=cwd,
                variables=_added(runner.env) | python_path(),
                log=Path(runner.log_file),
                alive=lambda: _changed(report),
                hint="Or make the accelerator smaller.",
            )
            if done.status in _CRASHES:
                raise UserError(
                    f"{_SIMULATION} {done.ending}.",
                    where=str(runner.log_file),
                    hint="The system may have ended it for lack of memory; the log has more.",
                )
            if done.status:
                raise RuntimeError(f"{_SIMULATION} {done.ending}")

    runner._execute = execute
    return runner


def _added(variables: Mapping[str, str]) -> dict[str, str]:
    """The variables that are not this process's own."""
    return {name: text for name, text in variables.items() if os.environ.get(name) != text}


def _changed(report: Path) -> int:
    """A number that changes with the report; 0 before there is one."""
    try:
        return report.stat().st_mtime_ns
    except OSError:
        return 0


@contextlib.contextmanager
def _python_path(folder: Path) -> Iterator[None]:
    """Add ``folder`` to the paths of this process, which the runner passes to the simulator."""
    sys.path.insert(0, str(folder))
    try:
        yield
    finally:
        sys.path.remove(str(folder))


@contextlib.contextmanager
def _watched(report: Path, progress: Progress | None) -> Iterator[None]:
    """Call ``progress`` while the simulation runs."""
    if progress is None:
        yield
        return
    stop = threading.Event()

    def watch() -> None:
        while not stop.wait(_POLL_SECONDS):
            with contextlib.suppress(OSError, ValueError):
                state = TestbenchReport.read(report)
                progress(state.inferences, state.inferences_total)

    thread = threading.Thread(target=watch, name="simulation", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def _read_report(run: Path) -> TestbenchReport:
    try:
        return TestbenchReport.read(run / "report.json")
    except (OSError, ValueError):
        check_space(run, log=_end_of_log(run))
        raise VerificationError(f"The testbench did not report.\n{_end_of_log(run)}") from None


def _judge(
    report: TestbenchReport, job: Job, simulation: Simulation, run: Path
) -> SimulationResult:
    measured = zip(job.layers, report.layer_cycles, strict=False)
    result = SimulationResult(
        images=report.images,
        traced=report.traced,
        inferences=report.inferences,
        mismatches=report.mismatches,
        cycles_per_image=max(report.cycles, default=None),
        cycles_predicted=job.cycles,
        cycles_of_layers={layer.name: cycles for layer, cycles in measured},
        scenarios=report.scenarios,
        simulator=simulation.simulator.name,
    )
    for name in job.scenarios:
        scenario = report.scenarios.get(name)
        if scenario is not None and scenario.failures:
            raise Mismatch(
                failure(name, scenario.failures[0]),
                result,
                scenario=name,
                image=report.wrong_images.get(name),
                write=report.wrong_writes.get(name),
            )
    for name in job.scenarios:
        scenario = report.scenarios.get(name)
        if scenario is None or not scenario.passed:
            raise VerificationError(
                f"The testbench did not report on scenario {name!r}.\n{_end_of_log(run)}"
            )
    if report.mismatches:
        raise Mismatch(f"{report.mismatches} results differ from the reference.", result)
    _check_coverage(report, job)
    return result


def failure(scenario: str, difference: str) -> str:
    """The message of a failed scenario."""
    return f"Verification failed in scenario {scenario!r}: {difference}"


def _check_coverage(report: TestbenchReport, job: Job) -> None:
    """All that was to be compared must have been compared."""
    if "inference" in job.scenarios:
        for what, compared, expected in (
            ("images", report.images, len(job.images)),
            ("traced images", report.traced, job.traced),
        ):
            if compared < expected:
                raise VerificationError(
                    f"Only {compared} of {expected} {what} were compared with the reference."
                )
        if len(report.cycles) != len(job.images):
            raise VerificationError("The cycles of some image were not measured.")
    elif set(job.scenarios) - {"registers"} and not report.inferences:
        raise VerificationError("No image was compared with the reference.")


def _end_of_log(run: Path) -> str:
    try:
        text = read_text(run / "simulation.log", errors="replace")
    except OSError:
        return "There is no log."
    return "\n".join(text.strip().splitlines()[-_LOG_LINES:])
