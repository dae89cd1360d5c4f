"""The report that the testbench writes while it runs, and the tool reads."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from hawx_hw.util.files import read_text, write_json
from hawx_hw.util.json_text import read_json
from hawx_hw.util.results import Record
from hawx_hw.verification.result import ScenarioResult

__all__ = ["TestbenchReport"]


class TestbenchReport(Record):
    """What the testbench observed so far.

    Parameters
    ----------
    scenarios : mapping of str to ScenarioResult
        Those that have begun.
    images : int
        Different images whose results were compared.
    traced : int
        Images of which every layer was compared.
    inferences, inferences_total : int
        Results that were compared, and that will be.
    mismatches : int
        Results that differ.
    wrong_images : mapping of str to int
        By scenario: the first image whose result differs, or did not come.
    wrong_writes : mapping of str to str
        By scenario: the first write that differs, in words, where writes were compared.
    cycles : tuple of int
        Of each inference in which nothing stalled.
    layer_cycles : tuple of int
        Of each layer of the last traced image.
    """

    #: For pytest: no class of tests.
    __test__ = False

    scenarios: Mapping[str, ScenarioResult]
    images: int
    traced: int
    inferences: int
    inferences_total: int
    mismatches: int
    wrong_images: Mapping[str, int]
    wrong_writes: Mapping[str, str]
    cycles: tuple[int, ...]
    layer_cycles: tuple[int, ...]

    def write(self, path: Path) -> None:
        """Write it as JSON."""
        write_json(path, self.as_dict())

    @classmethod
    def read(cls, path: Path) -> TestbenchReport:
        """Read what :meth:`write` wrote.

        Raises
        ------
        OSError, ValueError
            There is no complete report.
        """
        return cls.model_validate(read_json(read_text(path)))
