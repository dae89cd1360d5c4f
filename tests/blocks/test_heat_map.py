"""The heat map of a block's errors."""

from __future__ import annotations

import builtins
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.heat_map import write_heat_map
from hawx_hw.errors import UserError


@pytest.mark.parametrize("suffix", [".png", ".svg"])
def test_same_bytes_each_time(tmp_path: Path, suffix: str) -> None:
    block = by_name("drum(3)")
    for name in ("first", "second"):
        write_heat_map(block, tmp_path / f"{name}{suffix}")
    content = (tmp_path / f"first{suffix}").read_bytes()
    assert content == (tmp_path / f"second{suffix}").read_bytes()
    assert content.startswith(b"\x89PNG" if suffix == ".png" else b"<?xml")


def test_what_is_drawn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from matplotlib.axes import Axes

    drawn: list[tuple[np.ndarray, dict[str, Any]]] = []
    original = Axes.imshow

    def imshow(self: Axes, image: np.ndarray, **options: Any) -> Any:
        drawn.append((image, options))
        return original(self, image, **options)

    monkeypatch.setattr(Axes, "imshow", imshow)
    write_heat_map(by_name("drum(3)"), tmp_path / "map.svg")
    ((image, options),) = drawn
    # 15 is 1111 in binary: the window is 111 and stands for 14; 9 = 1001 is read as 101.
    assert image[128 + 15, 128 + 1] == 14 - 15
    assert image[128 + 1, 128 - 9] == -(10 - 9)
    assert options["vmin"] == -options["vmax"] == -np.abs(image).max()
    text = (tmp_path / "map.svg").read_text()
    assert "drum(k=3)" in text
    assert "weight a" in text


def test_other_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"--plot: A picture must be a file \.png or \.svg, not"):
        write_heat_map(by_name("exact"), tmp_path / "map.jpg")


def test_without_matplotlib(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    original = builtins.__import__

    def import_(name: str, *arguments: Any, **options: Any) -> Any:
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return original(name, *arguments, **options)

    monkeypatch.setattr(builtins, "__import__", import_)
    with pytest.raises(UserError, match=r"missing. Install it with: python -m pip install matplo"):
        write_heat_map(by_name("exact"), tmp_path / "map.png")
