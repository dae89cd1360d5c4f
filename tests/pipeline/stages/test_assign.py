import json
from pathlib import Path

import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.storage import load_graph

MIXED = """columns: 4
blocks:
  layers:
    conv1:
      - {block: "array(2,2,0)", filters: 0-1}
      - {block: exact}
    fc1: "drum(k=4)"
"""


def ran(outcomes) -> list[str]:
    return [outcome.stage for outcome in outcomes if outcome.ran]


def results(project: Path) -> dict:
    return json.loads((project / "build" / "assign.json").read_text())


def test_exact_blocks_leave_the_graph_alone(project: Path, run) -> None:
    run(project, "assign")
    build = project / "build"
    assert results(project)["exact"]
    assert (build / "assigned.npz").read_bytes() == (build / "quantized.npz").read_bytes()
    assert (build / "assigned.json").read_text() == (build / "quantized.json").read_text()


def test_blocks_are_compensated(project: Path, run, edit) -> None:
    edit(project, "columns: 4\n", MIXED)
    run(project, "assign")
    result = results(project)
    assert 0 <= result["accuracy"]["uncompensated"] <= result["accuracy"]["assigned"] <= 1
    assert "searched" not in result["accuracy"]
    changed = {entry["layer"]: entry["weights_changed"] for entry in result["compensation"]}
    assert changed["conv1"] > 0 and changed["fc1"] > 0 and changed["fc2"] == 0
    graph, original = (load_graph(project / "build" / n) for n in ("assigned", "quantized"))
    weights, before = graph.nodes[0].weight, original.nodes[0].weight
    assert (weights[:2] != before[:2]).any() and (weights[2:] == before[2:]).all()


@pytest.mark.parametrize("key", ["bias: false", "weights: none"])
def test_each_part_can_be_switched_off(project: Path, run, edit, key: str) -> None:
    edit(project, "columns: 4\n", MIXED)
    edit(project, "blocks:\n", f"compensation: {{{key}}}\nblocks:\n")
    run(project, "assign")
    entries = {entry["layer"]: entry for entry in results(project)["compensation"]}
    if key == "weights: none":
        assert entries["conv1"]["weights_changed"] == 0
    else:
        assert entries["conv1"]["error_after"] == entries["conv1"]["error_before"]


def test_other_blocks_are_assigned_anew(project: Path, run, edit) -> None:
    run(project, "assign")
    edit(project, "columns: 4\n", MIXED)
    assert ran(run(project, "assign")) == ["pick", "assign"]
    edit(project, "images: 2", "images: 1")
    assert ran(run(project, "assign")) == []


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("conv1:", "conv9:", "conv9"),
        ("filters: 0-1", "filters: 0-99", "blocks.layers.conv1.0.filters"),
        ('"drum(k=4)"', '"drum(k=99)"', "blocks.layers.fc1"),
    ],
)
def test_bad_rules(project: Path, run, edit, before: str, after: str, message: str) -> None:
    edit(project, "columns: 4\n", MIXED)
    edit(project, before, after)
    with pytest.raises(UserError) as caught:
        run(project, "assign")
    assert message in str(caught.value)
    assert str(caught.value).startswith(str(project / "tiny.yaml"))
