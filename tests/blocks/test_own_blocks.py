"""The user's own blocks, by name, wherever they are named."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.blocks import registry
from hawx_hw.blocks.own_blocks import own_circuits, own_names
from hawx_hw.errors import UserError


def test_every_text_counts() -> None:
    content = {
        "default": "import:a",
        "layers": {"conv1": [{"block": "drum(k=4)"}, {"block": " python:m:b "}]},
        "blocks": {"import:key": "digest"},
        "more": (["import:a"], None, 3, 1.5, True, "imported", "x import:no"),
    }
    assert own_names(content) == ["import:a", "import:key", "python:m:b"]
    assert own_names({}) == []


def test_circuits(monkeypatch: pytest.MonkeyPatch) -> None:
    class Known:
        def __init__(self, name: str, folder: Path):
            if name == "import:gone":
                raise UserError("No such block")
            self.circuit_digest = f"{name} in {folder}"

    monkeypatch.setattr(registry, "by_name", Known)
    assert own_circuits(["import:a", "import:gone"], Path("base")) == {
        "import:a": "import:a in base",
        "import:gone": None,
    }
