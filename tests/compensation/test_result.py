from pathlib import Path

import pytest

from hawx_hw.compensation.result import (
    AssignedAccuracy,
    AssignResult,
    Compensation,
    TrainingImages,
)
from hawx_hw.util.results import Header

EXACT = AssignResult(exact=True, accuracy=None, compensation=(), training=None)
SEARCHED = AssignResult(
    exact=False,
    accuracy=AssignedAccuracy(images=355, uncompensated=0.9, assigned=0.98, searched=0.97),
    compensation=(
        Compensation(
            layer="conv1",
            weights_changed=3,
            weights=150,
            step=1,
            error_before=12.5,
            error_after=0.5,
        ),
    ),
    training=TrainingImages(images=512, by_filter=0.97, by_layer=0.98),
)


@pytest.mark.parametrize("result", [EXACT, SEARCHED])
def test_assign_json_is_read_as_it_was_written(tmp_path: Path, result: AssignResult) -> None:
    result.write(tmp_path, Header(stage="assign", config="c", versions={}))
    assert AssignResult.read(tmp_path) == result
