"""Plots: the same bytes for the same profile, and their contents."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.scores import plots as plots
from hawx_hw.scores.predictor import AccuracyPredictor
from tests.scores.networks import NAMES, profiled

PROFILE = profiled(3)


def drawn(name: str, path: Path) -> str:
    if name == "accuracy":
        scores, accuracies = np.array([0.1, 2.0, 9.0]), np.array([0.9, 0.89, 0.7])
        predictor = AccuracyPredictor(0.9, scores.tolist(), accuracies.tolist())
        plots.draw_accuracy(scores, accuracies, predictor, path)
    else:
        getattr(plots, f"draw_{name}")(PROFILE, path)
    return path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", ["activations", "operations", "filters", "accuracy"])
def test_the_same_profile_gives_the_same_bytes(name: str, tmp_path) -> None:
    first = drawn(name, tmp_path / "a.svg")
    assert drawn(name, tmp_path / "b.svg") == first
    if name != "accuracy":
        assert all(f">{layer}<" in first for layer in PROFILE.layers)
    if name in ("operations", "filters"):
        shown = [block for block in PROFILE.blocks if f">{block}<" in first]
        assert shown == list(PROFILE.blocks[1 if name == "operations" else 0 :])
        assert len(shown) >= len(NAMES) - 1
    if name == "accuracy":
        assert all(f">{word}<" in first for word in ("predicted", "evaluated"))


def test_png(tmp_path) -> None:
    plots.draw_activations(PROFILE, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_other_suffixes_are_refused(tmp_path) -> None:
    with pytest.raises(UserError, match=r"must be a file .png or .svg, not 'a.pdf'"):
        plots.draw_filters(PROFILE, tmp_path / "a.pdf")
