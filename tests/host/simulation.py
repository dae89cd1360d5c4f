"""A simulated board: an accelerator in one of its tops, compiled, and driven by cocotb."""

from __future__ import annotations

import contextlib
import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from cocotb_tools.runner import get_runner

from hawx_hw.architectures.base import Plan
from hawx_hw.design.emission import emit_accelerator
from hawx_hw.design.sources import WAIVERS, verilog_sources
from hawx_hw.host.tops import Board, Kind, Top, write_top
from hawx_hw.simulation.build import Simulation, build_simulation
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.util import processes
from hawx_hw.util.environment import python_path

__all__ = ["BOARD", "HASH", "SimulatedBoard"]

#: Four cycles a bit, the fewest: a simulation is quick.
BOARD = Board(clock_mhz=0.04, baud=10_000)
HASH = 0x600D600D
_SIGNALS = ("reset_button", "uart_rx", "uart_tx", "led")
_SECONDS = 300.0


@dataclass
class SimulatedBoard:
    """A compiled top.

    Parameters
    ----------
    plan : Plan
    folder : Path
        With ``accelerator/`` as it was emitted, and ``top/``.
    top : Top
    simulation : Simulation
    """

    plan: Plan
    folder: Path
    top: Top
    simulation: Simulation

    @classmethod
    def build(
        cls,
        kind: Kind,
        plan: Plan,
        images: np.ndarray,
        folder: Path,
        *,
        board: Board = BOARD,
        simulator: str = "auto",
    ) -> SimulatedBoard:
        """Emit the accelerator, write the top and compile both."""
        emit_accelerator(plan, folder / "accelerator", config_hash=HASH)
        top = write_top(kind, plan, images, board, folder / "top")
        return cls(plan, folder, top, cls._compiled(folder, top, simulator))

    @staticmethod
    def _compiled(folder: Path, top: Top, simulator: str) -> Simulation:
        sources = [
            *verilog_sources(folder / "accelerator"),
            *(folder / "top" / "rtl" / name for name in top.sources),
        ]
        return build_simulation(
            find_simulator(simulator),
            sources,
            top=top.name,
            workdir=folder / "work",
            waivers=[folder / "accelerator" / "rtl" / WAIVERS],
            signals=_SIGNALS,
        )

    def run(self, testcase: str, **settings: Any) -> dict[str, Any]:
        """Run a test of ``tests/host/bench.py``; returns what it reports.

        Parameters
        ----------
        testcase : str
        settings
            What it reads, JSON-able.
        """
        run = self.folder / "run"
        shutil.rmtree(run, ignore_errors=True)
        run.mkdir()
        for folder in (self.folder / "accelerator" / "mem", self.folder / "top"):
            for image in folder.glob("*.hex"):
                shutil.copyfile(image, run / image.name)
        (run / "settings.json").write_text(json.dumps({"divisor": BOARD.divisor, **settings}))
        runner = get_runner(self.simulation.simulator.name)
        runner._execute = lambda commands, cwd: _execute(commands, cwd, runner.env)
        with contextlib.suppress(SystemExit, RuntimeError):
            runner.test(
                test_module="tests.host.bench",
                hdl_toplevel=self.top.name,
                hdl_toplevel_lang="verilog",
                testcase=[testcase],
                build_dir=self.simulation.folder.resolve(),
                test_dir=run.resolve(),
                results_xml=str((run / "results.xml").resolve()),
                extra_env={
                    "HAWX_BENCH": str(run.resolve()),
                    "COCOTB_LOG_LEVEL": "WARNING",
                },
            )
        report: dict[str, Any] = json.loads((run / "report.json").read_text())
        return report


def _execute(commands: Sequence[Sequence[str]], cwd: Path, variables: Mapping[str, str]) -> None:
    for command in commands:
        done = processes.run(
            command,
            tool="The simulation",
            limit=_SECONDS,
            folder=Path(cwd),
            variables=dict(variables) | python_path(),
        )
        (Path(cwd) / "simulation.log").write_text(done.output)
        if done.status:
            raise RuntimeError(done.output)
