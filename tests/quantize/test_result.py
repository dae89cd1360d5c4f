import json
from pathlib import Path

from hawx_hw.quantize.result import DatasetSummary, NetworkAccuracy, QuantizeResult, RolesSummary
from hawx_hw.util.results import Header

RESULT = QuantizeResult(
    model="lenet5",
    dataset=DatasetSummary(
        name="digits",
        classes=10,
        shape=(1, 28, 28),
        train_images=1442,
        test_images=355,
        sha256="ab",
        note="",
    ),
    roles=RolesSummary(learn=1, select=0, test=1000, unseen=False),
    calibration_images=512,
    accuracy=NetworkAccuracy(float=0.99, int8=0.985, images=355),
    parameters=61706,
)


def test_quantize_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    RESULT.write(tmp_path, Header(stage="quantize", config="c", versions={"torch": "2"}))
    assert QuantizeResult.read(tmp_path) == RESULT
    content = json.loads((tmp_path / "quantize.json").read_text())
    assert content["accuracy"] == {"float": 0.99, "int8": 0.985, "images": 355}
