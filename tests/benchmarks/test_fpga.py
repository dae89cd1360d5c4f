"""The benchmark of FPGAs: its configs and its rows."""

from __future__ import annotations

import argparse
from pathlib import Path

import fpga
import pytest

from hawx_hw.config.flows import flow_named
from hawx_hw.errors import UserError
from hawx_hw.flows.result import Clock, FlowReport, Resource


@pytest.mark.parametrize("architecture", ["systolic", "simt"])
@pytest.mark.parametrize("case", fpga.CASES)
def test_configs_are_legal(architecture: str, case: tuple[str, str, bool]) -> None:
    config = fpga.config(architecture, 3, 4, case[1])
    assert config.accelerator.block_implementation == "first"
    assert config.accelerator.architecture == architecture


def test_the_board_of_the_benchmark_is_one_of_the_flow() -> None:
    assert "ulx3s-85f" in flow_named("ecp5").options["board"].choices


def test_a_row_has_what_is_compared() -> None:
    report = FlowReport(
        target="x",
        versions={},
        resources=(
            Resource(kind="TRELLIS_COMB", used=1234, available=2000),
            Resource(kind="MULT18X18D", used=4, available=28),
        ),
        clocks=(
            Clock(name="a", required_mhz=50.0, achieved_mhz=61.24),
            Clock(name="b", required_mhz=50.0, achieved_mhz=70.0),
        ),
    )
    cells = fpga.cells_of("exact", report)
    assert cells == ("exact", "1,234", "0", "4", "0", "61.2")
    assert len(cells) == len(fpga.COLUMNS)


def test_a_device_that_is_too_small_is_a_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*given: object, **named: object) -> FlowReport:
        raise UserError("it needs 57 block RAMs of 56, 1 too many")

    monkeypatch.setattr(fpga, "_report", refuse)
    cells = fpga.row("exact", argparse.Namespace(), "exact", dsp=True, folder=tmp_path)
    assert cells == ("exact", "it needs 57 block RAMs of 56, 1 too many")
