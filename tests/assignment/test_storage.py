"""Assignments go to JSON and back."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest

from hawx_hw.assignment import from_json, to_json
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import Assignment, LayerBlocks
from hawx_hw.errors import UserError

BLOCKS = [by_name(name) for name in ("exact", "drum(k=4)", "array(1,0,4)", "precision(5,8)")]


def round_trip(assignment: Assignment) -> dict[str, Any]:
    content = to_json(assignment)
    restored = from_json(json.loads(json.dumps(content)))
    assert list(restored) == list(assignment)
    for name, layer in assignment.items():
        assert restored[name].shape == layer.shape
        for index in np.ndindex(layer.shape):
            before = layer.blocks[layer.choice[index]].name
            assert restored[name].blocks[restored[name].choice[index]].name == before
    assert to_json(restored) == content
    return content


def test_filters() -> None:
    by_filter = LayerBlocks.by_filter([BLOCKS[k] for k in (1, 1, 2, 1, 0)], (5, 2, 3, 3))
    content = round_trip({"conv": by_filter})
    assert content["layers"]["conv"] == {
        "shape": [5, 2, 3, 3],
        "groups": [
            {"filters": "0-1,3", "block": "drum(k=4)"},
            {"filters": "2", "block": "array(ha=1,hb=0,v=4)"},
            {"filters": "4", "block": "exact"},
        ],
    }
    assert content["blocks"]["exact"] == BLOCKS[0].digest


def test_slices() -> None:
    choice = np.zeros((3, 2, 2, 2), dtype=np.uint8)
    choice[1:, 1, 0] = 1
    content = round_trip({"conv": LayerBlocks((BLOCKS[0], BLOCKS[3]), choice)})
    assert content["layers"]["conv"]["groups"] == [
        {"filters": "0", "block": "exact"},
        {"filters": "1-2", "taps": {"exact": "0-3,6-7", "precision(w=5,a=8)": "4-5"}},
    ]


def test_weights_at_will() -> None:
    rng = np.random.default_rng(5)
    table = np.array(BLOCKS, dtype=object)
    layers = {
        f"layer{n}": LayerBlocks.by_weight(table[rng.integers(0, 4, shape)])
        for n, shape in enumerate([(4, 3, 2, 2), (7, 30), (1, 1)])
    }
    round_trip(layers)


def test_none() -> None:
    assert round_trip({}) == {"blocks": {}, "layers": {}}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"blocks": {"exact": "0" * 64}}, "The products of exact have changed since it was chosen"),
        ({"blocks": {"exakt": "0" * 64}}, "Unknown block 'exakt'"),
        ({"layers": {"conv": {"shape": [2, 2], "groups": []}}}, "some weights have no block"),
        ({"layers": 3}, "This is no assignment of blocks: AttributeError"),
        (
            {"layers": {"conv": {"shape": [2, 2], "groups": [{"filters": "2", "block": "exact"}]}}},
            "This is no assignment of blocks: IndexError",
        ),
        (
            {"layers": {"conv": {"shape": [1, 2], "groups": [{"filters": "0", "block": "drum"}]}}},
            "This is no assignment of blocks: ValueError",
        ),
    ],
)
def test_refused(change: dict[str, Any], message: str) -> None:
    content = {"blocks": {"exact": BLOCKS[0].digest}, "layers": {}} | change
    with pytest.raises(UserError) as caught:
        from_json(content)
    assert message in str(caught.value)
