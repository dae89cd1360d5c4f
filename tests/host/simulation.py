"""A simulated board: an accelerator in one of its tops, compiled, and driven by cocotb."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cocotb_tools.runner import get_runner
from filelock import FileLock

from hawx_hw.architectures.base import Plan
from hawx_hw.design.sources import WAIVERS, verilog_sources
from hawx_hw.graph.reference import run as reference
from hawx_hw.host.tops import Board, Kind, Top, packets, write_top
from hawx_hw.pipeline.hosted_build import HostedBuild
from hawx_hw.simulation.build import Simulation, build_simulation
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util import processes
from hawx_hw.util.environment import python_path
from tests.host.builds import array_design, network, write_build

__all__ = ["BOARD", "Served", "SharedBoard", "SimulatedBoard", "shared_board", "shared_build"]

#: Four cycles a bit, the fewest: a simulation is quick.
BOARD = Board(clock_mhz=0.04, baud=10_000)
_SIGNALS = ("reset_button", "uart_rx", "uart_tx", "led")
_SECONDS = 120.0


@dataclass(frozen=True)
class Served:
    """A board behind a pseudo-terminal.

    Parameters
    ----------
    folder : Path
        Of the run.
    port : str
        The pseudo-terminal.
    """

    folder: Path
    port: str

    def faults(self, *faults: Mapping[str, object]) -> None:
        """Break bytes that come from now on; see ``Line`` in ``bench.py``."""
        aside = self.folder / "faults.part"
        aside.write_text(json.dumps(faults))
        aside.rename(self.folder / "faults.json")


@dataclass(frozen=True)
class SimulatedBoard:
    """A compiled top.

    Parameters
    ----------
    accelerator : Path
        The folder that it was emitted into.
    folder : Path
        With the memory images of the top in ``top/``.
    top : Top
    simulation : Simulation
    """

    accelerator: Path
    folder: Path
    top: Top
    simulation: Simulation

    @classmethod
    def build(
        cls,
        kind: Kind,
        plan: Plan,
        images: np.ndarray,
        accelerator: Path,
        folder: Path,
        *,
        simulator: str = "auto",
        changed: Mapping[str, str] | None = None,
    ) -> SimulatedBoard:
        """Write the top of an emitted accelerator, and compile both.

        ``changed`` has texts of ``hawx_top.v`` that are others.
        """
        top = write_top(kind, plan, images, BOARD, folder / "top")
        path = folder / "top" / "rtl" / "hawx_top.v"
        for before, after in (changed or {}).items():
            text = path.read_text()
            assert before in text
            path.write_text(text.replace(before, after))
        sources = [
            *verilog_sources(accelerator),
            *(folder / "top" / "rtl" / name for name in top.sources),
        ]
        simulation = build_simulation(
            find_simulator(simulator),
            sources,
            top=top.name,
            workdir=folder / "work",
            waivers=[accelerator / "rtl" / WAIVERS],
            signals=_SIGNALS,
        )
        return cls(accelerator, folder, top, simulation)

    def run(self, testcase: str, **settings: Any) -> dict[str, Any]:
        """Run a test of ``bench.py`` with settings that it reads; returns what it reports."""
        return self._run(testcase, self._run_folder(), settings)

    @contextlib.contextmanager
    def served(self) -> Iterator[Served]:
        """The board behind a pseudo-terminal."""
        run = self._run_folder()
        with ThreadPoolExecutor(1) as pool:
            simulated = pool.submit(self._run, "serve", run, {})
            try:
                while not (run / "port").exists():
                    if simulated.done():
                        simulated.result()
                    time.sleep(0.02)
                yield Served(run, (run / "port").read_text())
            finally:
                (run / "stop").touch()
                simulated.result()

    def _run_folder(self) -> Path:
        run = Path(tempfile.mkdtemp(prefix="run-", dir=self.folder))
        for folder in (self.accelerator / "mem", self.folder / "top"):
            for image in folder.glob("*.hex"):
                shutil.copyfile(image, run / image.name)
        return run

    def _run(self, testcase: str, run: Path, settings: Mapping[str, Any]) -> dict[str, Any]:
        (run / "settings.json").write_text(json.dumps({"divisor": BOARD.divisor, **settings}))
        runner = get_runner(self.simulation.simulator.name)

        def execute(commands: Sequence[Sequence[str]], cwd: Path) -> None:
            # A served board waits for programs, as long as the test runs.
            alive = time.monotonic if testcase == "serve" else None
            for command in commands:
                done = processes.run(
                    command,
                    tool="The simulation",
                    limit=_SECONDS,
                    folder=Path(cwd),
                    variables=dict(runner.env) | python_path(),
                    log=run / "simulation.log",
                    alive=alive,
                )
                if done.status:
                    raise RuntimeError(done.output)

        runner._execute = execute
        with contextlib.suppress(SystemExit):
            runner.test(
                test_module="tests.host.bench",
                hdl_toplevel=self.top.name,
                hdl_toplevel_lang="verilog",
                testcase=[testcase],
                build_dir=self.simulation.folder.resolve(),
                test_dir=run.resolve(),
                results_xml=str((run / "results.xml").resolve()),
                extra_env={"HAWX_BENCH": str(run.resolve()), "COCOTB_LOG_LEVEL": "WARNING"},
            )
        report: dict[str, Any] = json.loads((run / "report.json").read_text())
        return report


@dataclass(frozen=True)
class SharedBoard:
    """The host top of an array whose parameters are loaded, and its build folder.

    Parameters
    ----------
    build : HostedBuild
        Not to be changed.
    board : SimulatedBoard
    """

    build: HostedBuild
    board: SimulatedBoard

    def images(self, count: int) -> tuple[list[bytes], list[bytes]]:
        """Packets of random images, and of their results."""
        graph, plan = self.build.graph, self.build.plan
        shape = (count, *graph.tensors[graph.input].shape)
        codes = np.random.default_rng(1).integers(-128, 128, shape).astype(np.int8)
        return packets(codes), packets(reference(graph, codes, plan.assignment))


def shared_build(base: Path) -> HostedBuild:
    """One build folder for all tests of a run, not to be changed: to emit it takes seconds.

    Parameters
    ----------
    base : Path
        pytest's folder of this process.
    """
    folder = _shared_folder(base)
    with FileLock(folder / "build.lock"):
        build = folder / "build" / "tiny"
        if build.exists():
            return HostedBuild.read(build)
        return write_build(build, array_design("loaded"), network())


def shared_board(base: Path) -> SharedBoard:
    """One board for all tests of a run: to compile it takes longer than all that it does.

    Parameters
    ----------
    base : Path
        pytest's folder of this process.
    """
    build, folder = shared_build(base), _shared_folder(base)
    none = np.zeros((0, 0, 0, 0), dtype=np.int8)
    with FileLock(folder / "board.lock"):
        board = SimulatedBoard.build(
            "host", build.plan, none, build.folder, folder, simulator="verilator"
        )
    return SharedBoard(build, board)


def _shared_folder(base: Path) -> Path:
    folder = (base.parent if os.environ.get("PYTEST_XDIST_WORKER") else base) / "hosted"
    folder.mkdir(exist_ok=True)
    return folder
