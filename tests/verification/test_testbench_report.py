from pathlib import Path

import pytest

from hawx_hw.verification.result import ScenarioResult
from hawx_hw.verification.testbench_report import TestbenchReport

REPORT = TestbenchReport(
    scenarios={"inference": ScenarioResult(passed=False, failures=("Image 0: no result",))},
    images=2,
    traced=1,
    inferences=3,
    inferences_total=9,
    mismatches=1,
    wrong_images={"inference": 3},
    wrong_writes={"inference": "Image 3"},
    cycles=(80, 81),
    layer_cycles=(40, 41),
)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    REPORT.write(tmp_path / "report.json")
    assert TestbenchReport.read(tmp_path / "report.json") == REPORT


@pytest.mark.parametrize("text", ["", "{", "[]", '{"images": 1}'])
def test_incomplete_reports_are_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / "report.json").write_text(text)
    with pytest.raises(ValueError):
        TestbenchReport.read(tmp_path / "report.json")


def test_no_report(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        TestbenchReport.read(tmp_path / "report.json")
