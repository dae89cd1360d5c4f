"""A design, and design.json."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.systolic.config import SystolicConfig
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.drum import Drum
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.design import design
from hawx_hw.design.design import Design, read_origin
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.random_graphs import random_graph
from tests.damage import damaged

ASSIGNMENT = {"conv": LayerBlocks.by_filter([Exact(), Drum(4)], (2, 1, 1, 1))}
DESIGN = Design(SystolicConfig(rows=3, columns=4, parameters="loaded"), ASSIGNMENT, origin=2)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "design.json"
    DESIGN.save(path)
    return path


def test_what_is_saved_is_loaded(file: Path) -> None:
    loaded = Design.load(file)
    assert loaded.accelerator == DESIGN.accelerator
    assert loaded.origin == 2
    assert loaded.as_dict() == DESIGN.as_dict()
    (layer,) = loaded.assignment.values()
    assert layer.blocks == (Exact(), Drum(4))
    assert layer.choice[:, 0, 0, 0].tolist() == [0, 1]


def test_the_origin_alone(file: Path, tmp_path: Path) -> None:
    assert read_origin(file) == 2
    Design(DESIGN.accelerator, ASSIGNMENT).save(tmp_path / "given.json")
    assert read_origin(tmp_path / "given.json") is None


def test_a_plan_has_the_designs_blocks_and_accelerator() -> None:
    graph = random_graph(np.random.default_rng(4), layers=2, max_size=6, max_channels=5)
    layers = {
        node.name: LayerBlocks.uniform(Drum(4), node.weight.shape)
        for node in graph.nodes
        if isinstance(node, Conv2d | Linear)
    }
    made = Design(DESIGN.accelerator, layers).plan(graph)
    assert made.multipliers == 12
    assert made.loadable
    assert Drum(4) in made.blocks


def test_the_same_design_is_the_same_file(file: Path, tmp_path: Path) -> None:
    Design.load(file).save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()


def test_the_clock_is_no_part_of_a_design(file: Path, tmp_path: Path) -> None:
    """It is a matter of synthesis: another clock does not make another design."""
    clocked = SystolicConfig(rows=3, columns=4, parameters="loaded", clock_mhz=200.0)
    Design(clocked, ASSIGNMENT, origin=2).save(tmp_path / "clocked.json")
    assert (tmp_path / "clocked.json").read_bytes() == file.read_bytes()
    assert Design.load(file).accelerator.clock_mhz is None


def circuits(monkeypatch: pytest.MonkeyPatch, **known: str) -> None:
    """Let the user's own blocks have these circuits, by the names' ends."""

    def own_circuits(names, folder):
        return {name: known.get(name.rpartition(":")[2]) for name in names}

    monkeypatch.setattr(design, "own_circuits", own_circuits)


def test_the_circuits_of_the_users_own_blocks_stand_beside_the_design(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another circuit is another file, also of a block that only some PE holds."""
    holding = [{"blocks": ["exact", "import:mine"]}]
    mine = Design(SystolicConfig(rows=3, columns=4, pe_blocks=holding), ASSIGNMENT)
    path = tmp_path / "mine.json"
    for circuit in ("one", "other"):
        circuits(monkeypatch, mine=circuit)
        mine.save(path)
        assert json.loads(path.read_text("utf-8"))["circuits"] == {"import:mine": circuit}
        assert Design.load(path).as_dict() == mine.as_dict()
    assert "circuits" not in json.loads(file.read_text("utf-8"))


@pytest.mark.parametrize("now", [{"mine": "other"}, {}])
def test_a_block_that_has_changed_since_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, now: dict[str, str]
) -> None:
    holding = [{"blocks": ["exact", "import:mine"]}]
    circuits(monkeypatch, mine="one")
    Design(SystolicConfig(pe_blocks=holding), ASSIGNMENT).save(tmp_path / "mine.json")
    circuits(monkeypatch, **now)
    with pytest.raises(UserError) as caught:
        Design.load(tmp_path / "mine.json")
    assert str(caught.value) == (
        f"{tmp_path / 'mine.json'}: The block import:mine has changed since the design was picked. "
        "Pick a design again, with hawx pick."
    )


def change_key(content: dict) -> None:
    content["accelerator"]["rows"] = 65


def drop_key(content: dict) -> None:
    del content["index"]


def rename_architecture(content: dict) -> None:
    content["accelerator"]["architecture"] = "wavefront"


@pytest.mark.parametrize("change", [change_key, drop_key, rename_architecture])
def test_a_design_that_is_none_is_refused(file: Path, change) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    change(content)
    file.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(UserError) as caught:
        Design.load(file)
    assert caught.value.where == str(file)
    assert caught.value.what.startswith("The design cannot be read: ")
    assert caught.value.hint == "Pick a design again, with hawx pick."
    with pytest.raises(UserError, match="The design cannot be read"):
        read_origin(file)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        pytest.param("[" * 100_000, id="deep"),
        '{"schema": 1, "schema": 1}',
        pytest.param("9" * 5000, id="digits"),
    ],
)
def test_a_damaged_file_is_refused(file: Path, text: str) -> None:
    file.write_text(text, encoding="utf-8")
    with pytest.raises(UserError, match="The design cannot be read"):
        Design.load(file)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="The design cannot be read"):
        Design.load(tmp_path / "design.json")


def test_another_schema_is_refused(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    file.write_text(json.dumps(content | {"schema": 1}), encoding="utf-8")
    with pytest.raises(UserError, match="The design is of schema 1, not 2"):
        Design.load(file)


def test_an_unknown_block_is_refused(file: Path) -> None:
    file.write_text(
        file.read_text(encoding="utf-8").replace("drum(k=4)", "drum(k=9)"), encoding="utf-8"
    )
    with pytest.raises(UserError, match="k must be from 2 to 7, not 9"):
        Design.load(file)
    assert read_origin(file) == 2


def test_a_file_of_a_wrong_structure_is_refused(file: Path) -> None:
    content = json.loads(file.read_text(encoding="utf-8"))
    refused = 0
    for what, other in damaged(content):
        file.write_text(json.dumps(other), encoding="utf-8")
        for read in (Design.load, read_origin):
            try:
                read(file)
            except UserError as error:
                assert str(error.where).startswith(str(file)), what
                assert error.hint, what
                refused += 1
    assert refused > 500
