"""design.json: one writer, one reader, and the same bytes for the same design."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.design.design import Design, read_origin
from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.random_graphs import random_graph

CONFIG = ARCHITECTURES["systolic"].config(architecture="systolic", rows=4, columns=6)
GRAPH = random_graph(np.random.default_rng(4), layers=2, max_size=6, max_channels=5)


BLOCKS = tuple(by_name(name) for name in ("exact", "drum(k=4)", "array(ha=1,hb=0,v=4)"))


def assignment() -> Assignment:
    """The blocks by turns, in all layers with weights."""
    return {
        node.name: LayerBlocks(
            BLOCKS, (np.arange(node.weight.size) % 3).astype(np.uint8).reshape(node.weight.shape)
        )
        for node in GRAPH.nodes
        if isinstance(node, Conv2d | Linear) and node.weight.size > 2
    }


@pytest.fixture
def design() -> Design:
    return Design(CONFIG, assignment(), origin=3)


def test_a_design_is_read_as_it_was_written(tmp_path: Path, design: Design) -> None:
    path = tmp_path / "design.json"
    design.save(path)
    again = Design.load(path)
    assert again.accelerator == CONFIG
    assert again.origin == read_origin(path) == 3
    assert again.as_dict() == design.as_dict()
    again.save(tmp_path / "again.json")
    assert (tmp_path / "again.json").read_bytes() == path.read_bytes()


def test_the_clock_is_not_part_of_a_design(design: Design) -> None:
    clocked = CONFIG.model_copy(update={"clock_mhz": 500.0})
    assert Design(clocked, design.assignment, 3).as_dict() == design.as_dict()


def test_a_plan_has_the_designs_blocks_and_accelerator(design: Design) -> None:
    made = design.plan(GRAPH)
    assert made.multipliers == 24
    names = {block.name for layer in design.assignment.values() for block in layer.blocks}
    assert names <= {block.name for block in made.blocks}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"schema": 1}, "The design is of schema 1, not 2"),
        ({"accelerator": {"architecture": "other"}}, "The design cannot be read: "),
        ({"accelerator": {"architecture": "systolic", "rows": 0}}, "The design cannot be read: "),
        ({"index": "first"}, "The design cannot be read: "),
        ({"more": 1}, "The design cannot be read: "),
    ],
)
def test_damaged_designs_are_refused(
    tmp_path: Path, design: Design, change: dict[str, object], message: str
) -> None:
    path = tmp_path / "design.json"
    path.write_text(json.dumps(design.as_dict() | change))
    with pytest.raises(UserError) as caught:
        Design.load(path)
    assert caught.value.what.startswith(message)
    assert caught.value.where == str(path)
    assert caught.value.hint == "Pick a design again, with hawx pick."
    with pytest.raises(UserError):
        read_origin(path)


@pytest.mark.parametrize("text", [None, "", "{", "[]"])
def test_no_design(tmp_path: Path, text: str | None) -> None:
    path = tmp_path / "design.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(UserError, match="The design cannot be read"):
        Design.load(path)


def test_an_unknown_block_is_named(tmp_path: Path, design: Design) -> None:
    path = tmp_path / "design.json"
    content = json.dumps(design.as_dict())
    path.write_text(content.replace('"drum(k=4)"', '"drum(k=99)"'))
    with pytest.raises(UserError, match="k must be"):
        Design.load(path)
    assert read_origin(path) == 3
