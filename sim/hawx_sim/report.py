"""The report of a simulation, for the tool that started it."""

from __future__ import annotations

import os
from pathlib import Path

from hawx_hw.verification.result import ScenarioResult
from hawx_hw.verification.testbench_report import TestbenchReport

__all__ = ["Report"]


class Report:
    """Collects observations; written after each scenario and inference, in case of a crash.

    Parameters
    ----------
    path : Path
    total : int
        Inferences that are going to be compared.
    """

    def __init__(self, path: Path, total: int):
        self._path = path
        self._tool = os.getppid()
        self._total = total
        self._inferences = 0
        self._mismatches = 0
        self._scenario = ""
        self._failures: dict[str, list[str]] = {}
        self._wrong: dict[str, int] = {}
        self._writes: dict[str, str] = {}
        self._passed: set[str] = set()
        self._images: set[int] = set()
        self._traced: set[int] = set()
        self._cycles: list[int] = []
        self._layer_cycles: list[int] = []

    def begin(self, scenario: str) -> list[str]:
        """Open a scenario; what is appended to the list is a failure of it."""
        failures: list[str] = []
        self._failures[scenario] = failures
        self._scenario = scenario
        self._passed.discard(scenario)
        return failures

    def end(self, scenario: str) -> None:
        """Close a scenario; it has passed if it has no failures."""
        if not self._failures[scenario]:
            self._passed.add(scenario)
        self._write()

    def compared(self, image: int, *, equal: bool) -> None:
        """One result was compared."""
        self._inferences += 1
        self._mismatches += not equal
        if not equal:
            self.lost(image)
        self._images.add(image)
        self._write()

    def lost(self, image: int) -> None:
        """The result of ``image`` is wrong, or did not come."""
        self._wrong.setdefault(self._scenario, image)

    def located(self, difference: str) -> None:
        """A write differs, in ``difference``."""
        self._writes.setdefault(self._scenario, difference)

    def measured(self, cycles: int) -> None:
        """An inference without stalls took ``cycles``."""
        self._cycles.append(cycles)

    def traced(self, image: int, layer_cycles: list[int]) -> None:
        """Every layer of ``image`` was compared, and its cycles were read from the registers."""
        self._traced.add(image)
        self._layer_cycles = layer_cycles

    def _write(self) -> None:
        if os.getppid() != self._tool:
            # The tool was killed: nobody waits for the rest.
            os._exit(1)
        TestbenchReport(
            scenarios={
                name: ScenarioResult(passed=name in self._passed, failures=tuple(failures))
                for name, failures in self._failures.items()
            },
            images=len(self._images),
            traced=len(self._traced),
            inferences=self._inferences,
            inferences_total=self._total,
            mismatches=self._mismatches,
            wrong_images=self._wrong,
            wrong_writes=self._writes,
            cycles=tuple(self._cycles),
            layer_cycles=tuple(self._layer_cycles),
        ).write(self._path)
