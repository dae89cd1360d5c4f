"""Scores, as the report shows them."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.report.html import sensitivity
from hawx_hw.report.html.sensitivity import scores_content
from hawx_hw.scores.scores import filter_scores
from tests.scores.networks import profiled

PROFILE = profiled(3)


def test_every_layer_has_its_activations_operations_and_filters() -> None:
    content = scores_content(PROFILE, 12)
    assert [layer.name for layer in content.layers] == list(PROFILE.layers)
    assert content.images == 12
    scores = filter_scores(PROFILE, "fidelity")
    for index, layer in enumerate(content.layers):
        assert len(layer.activations) == 256
        assert sum(layer.activations) == pytest.approx(1, abs=0.01)
        expected = scores[PROFILE.unit_layer == index].T
        np.testing.assert_allclose(layer.filters.scores, expected, rtol=0.01)
        for errors, above in layer.operations.values():
            assert list(errors) == sorted(errors)
            assert list(above) == sorted(above, reverse=True)
            assert above[-1] == pytest.approx(0, abs=1e-3)
        assert "exact" not in layer.operations


def test_of_many_filters_evenly_spaced_ones_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sensitivity, "_UNITS", 2)
    for layer in scores_content(PROFILE, 1).layers:
        assert all(len(line) <= 2 for line in layer.filters.scores)
