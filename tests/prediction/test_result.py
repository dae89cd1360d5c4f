import json
from pathlib import Path

import pytest

from hawx_hw.prediction.result import PredictResult
from hawx_hw.util.results import Header
from tests.report.samples import PREDICT

NONE = PREDICT.model_copy(update={"prediction": None, "reason": "There are no predictors"})


@pytest.mark.parametrize("result", [PREDICT, NONE])
def test_predict_json_is_read_as_it_was_written(tmp_path: Path, result: PredictResult) -> None:
    result.write(tmp_path, Header(stage="predict", config="c", versions={}))
    assert PredictResult.read(tmp_path) == result


def test_a_feature_out_of_range_in_the_file(tmp_path: Path) -> None:
    PREDICT.write(tmp_path)
    content = json.loads((tmp_path / "predict.json").read_text())
    assert content["prediction"]["outside"] == [
        {"feature": "pes", "meaning": "number of PEs", "value": 40.0, "low": 4.0, "high": 20.0}
    ]
    assert content["prediction"]["cycles"] == 8906
