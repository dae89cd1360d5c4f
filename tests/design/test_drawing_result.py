"""drawing.json."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.drawing_result import DrawingResult, drawing_result
from tests.architectures.serial import Serial, SerialConfig, graph
from tests.architectures.simt.networks import lenet5


def test_it_is_read_as_it_was_written_and_small(tmp_path: Path) -> None:
    result = drawing_result(plan(lenet5(), ArrayShape.complete(16, 16)))
    result.write(tmp_path)
    assert DrawingResult.read(tmp_path) == result
    assert len(result.drawing.cells) == 256
    assert len(result.timelines) == 5
    assert (tmp_path / "drawing.json").stat().st_size < 120_000


def test_an_architecture_without_timelines() -> None:
    result = drawing_result(Serial().plan(graph(), SerialConfig(), {}))
    assert result.timelines == ()
    assert [cell.blocks for cell in result.drawing.cells] == [(0,)]
