"""What a stage came to in a few words."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.pipeline.order import STAGES
from hawx_hw.report.stage_lines import stage_line
from hawx_hw.scores.profiling import ProfileFile
from hawx_hw.search.result import SearchFile
from tests.report.html.pages import ALL, whole_summary
from tests.report.samples import ASSIGN, RETRAIN, build_folder

LINES = {
    "quantize": "float 99.31 %, int8 99.28 %",
    "accelerator": "8 x 4: rows 8, columns 4",
    "search": "3 designs on the front, 3 evaluated",
    "retrain": "no retraining",
    "pick": "design 1",
    "assign": "98.50 % with the blocks",
    "predict": "100,000 um2, 300.0 nJ an image",
    "emit": "8 x 4 array, 32 PEs, 64,413 bytes of parameters",
    "verify": "20 images bit for bit, 8,906 cycles",
    "synth": "83,394 um2, 2.13 ns",
    "power": "10.00 mW, 200.0 nJ an image",
    "references": "exact blocks 200.0 nJ",
}


def test_every_stage_has_a_line_that_fits_a_terminal(tmp_path: Path) -> None:
    assert tuple(stage.name for stage in STAGES) == ALL
    whole_summary(tmp_path)
    lines = {stage: stage_line(stage, tmp_path) for stage in ALL}
    profile = lines.pop("profile")
    assert profile.endswith(" blocks") and " units, " in profile
    assert lines == LINES
    assert all(len(line) <= 55 for line in lines.values())


@pytest.mark.parametrize(
    ("result", "line"),
    [
        (ProfileFile(profile=None), "no search"),
        (SearchFile(search=None), "no search"),
        (ASSIGN.model_copy(update={"accuracy": None, "exact": True}), "exact blocks"),
    ],
    ids=lambda value: "",
)
def test_stages_without_anything_to_do(tmp_path: Path, result, line: str) -> None:
    build_folder(tmp_path, result)
    assert stage_line(result.STAGE, tmp_path) == line


def test_a_result_that_cannot_be_read_has_no_line(tmp_path: Path) -> None:
    (tmp_path / "verify.json").write_text("{")
    assert stage_line("verify", tmp_path) == ""
    assert stage_line("a stage of another pipeline", tmp_path) == ""


def test_what_retraining_came_to(tmp_path: Path) -> None:
    RETRAIN.write(tmp_path)
    assert stage_line("retrain", tmp_path) == "90.00 % to 97.50 %"
    (design,) = RETRAIN.designs
    numbered = [design.model_copy(update={"index": n, "number": n + 5}) for n in (2, 4)]
    RETRAIN.model_copy(update={"designs": tuple(numbered)}).write(tmp_path)
    text = "design 2: 90.00 % to 97.50 %, design 4: 90.00 % to 97.50 %"
    assert stage_line("retrain", tmp_path) == text
