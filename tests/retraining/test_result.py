"""retrain.json comes back as it was written."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.retraining.result import RetrainedDesign, RetrainResult, Seen, TrainingSettings
from hawx_hw.util.results import Header

SEEN = Seen(images=9, exact=1.0, before=0.5, after=0.875, lost=2, gained=1)
RESULT = RetrainResult(
    settings=TrainingSettings(
        epochs=2, gradient="gain", learning_rate=0.5, distillation=True, seed=1, images=90,
        device="cpu", threads=1,
    ),
    designs=(
        RetrainedDesign(
            index=3, number=8, blocks=("drum(k=4)",), files="retrained/0",
            select=SEEN, test=SEEN, searched=SEEN,
        ),
        RetrainedDesign(
            index=None, number=None, blocks=(), files="retrained/1", select=None, test=SEEN
        ),
    ),
)  # fmt: skip


@pytest.mark.parametrize("result", [RESULT, RetrainResult()])
def test_it_comes_back(tmp_path: Path, result: RetrainResult) -> None:
    result.write(tmp_path, Header(stage="retrain", config="c", versions={}))
    assert RetrainResult.read(tmp_path) == result


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    RESULT.write(tmp_path)
    path = tmp_path / "retrain.json"
    path.write_text(path.read_text().replace('"gain"', '"steep"'))
    with pytest.raises(UserError, match=r"settings\.gradient.*hawx run CONFIG --until retrain"):
        RetrainResult.read(tmp_path)
