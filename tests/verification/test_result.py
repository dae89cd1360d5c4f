import json
from pathlib import Path

from hawx_hw.util.results import Header
from hawx_hw.verification.result import Cause, CyclesOfLayer, ScenarioResult, VerifyResult

CAUSES = {"useful": 6.5, "weight_loading": 3.0, "other": 0.5}
RESULT = VerifyResult(
    images=2,
    traced=1,
    inferences=2,
    mismatches=0,
    cycles_per_image=10,
    cycles_predicted=10,
    cycles_of_layers={"conv1": 10},
    scenarios={"inference": ScenarioResult(passed=True, failures=())},
    simulator="icarus",
    macs=26,
    multipliers=4,
    utilization=0.65,
    causes=tuple(Cause(name=name, title=name.title()) for name in CAUSES),
    ledger=(CyclesOfLayer(name="conv1", cycles=10, macs=26, causes=CAUSES),),
)


def test_verify_json_is_read_as_it_was_written(tmp_path: Path) -> None:
    RESULT.write(tmp_path, Header(stage="verify", config="c", versions={"cocotb": "2"}))
    assert VerifyResult.read(tmp_path) == RESULT


def test_causes_keep_their_order_in_the_file(tmp_path: Path) -> None:
    """JSON objects are written with sorted keys; the order of a table's columns is not theirs."""
    RESULT.write(tmp_path)
    content = json.loads((tmp_path / "verify.json").read_text())
    assert [cause["name"] for cause in content["causes"]] == ["useful", "weight_loading", "other"]
    assert content["ledger"][0]["causes"] == CAUSES
