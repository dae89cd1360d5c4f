"""Scores of filters, layers and networks, by loops over their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import (
    VARIANTS,
    filter_scores,
    layer_scores,
    losses,
    model_scores,
    shifted_logits,
)
from tests.scores.networks import profiled

PROFILES = {
    False: profiled(3, bias_correction=False, weights="none"),
    True: profiled(3),
}


def probabilities(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits)
    return powers / powers.sum()


def ref_score(profile: Profile, choice: np.ndarray, variant: str) -> float:
    """Unit by unit and image by image."""
    total = 0.0
    count = len(profile.labels)
    for image, label in enumerate(profile.labels):
        before = profile.logits[image]
        after = before.copy()
        for unit, block in enumerate(choice):
            if variant == "moments":
                after += profile.mean[unit, block] * profile.gain[unit, image]
            elif variant in ("logits", "fidelity", "tempered"):
                after += profile.shifts[unit, block, image]
        heat = 1.5 if variant == "tempered" else 1.0
        p, q = probabilities(before / heat), probabilities(after / heat)
        if variant == "fidelity":
            total += float((p * np.log(p / q)).sum()) / count
        else:
            total += float(np.log(p[label] / q[label])) / count
    for unit, block in enumerate(choice):
        if variant in ("moments", "variance"):
            total += profile.fisher[unit] * profile.variance[unit, block] / 2
        elif variant == "codes":
            total += profile.code_square[unit, block]
        elif variant == "operations":
            taps = (profile.slices[profile.unit_layer[unit]] == profile.unit_slice[unit]).sum()
            total += profile.absolute[unit, block] * profile.macs[unit] / taps
    return total


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_models(variant: str, corrected: bool) -> None:
    profile = PROFILES[corrected]
    choices = np.random.default_rng(0).integers(0, len(profile.blocks), (9, profile.units))
    result = model_scores(profile, choices, variant)
    expected = [ref_score(profile, choice, variant) for choice in choices]
    np.testing.assert_allclose(result, expected, rtol=1e-5, atol=1e-8)
    assert model_scores(profile, profile.uniform(0), variant) == pytest.approx([0.0], abs=1e-12)


@pytest.mark.parametrize("corrected", [False, True])
@pytest.mark.parametrize("variant", VARIANTS)
def test_filters_and_layers_are_models_with_all_else_exact(variant: str, corrected: bool) -> None:
    profile = PROFILES[corrected]
    by_filter, by_layer = filter_scores(profile, variant), layer_scores(profile, variant)
    assert by_filter.shape == (profile.units, len(profile.blocks))
    assert by_layer.shape == (len(profile.layers), len(profile.blocks))
    for block in range(len(profile.blocks)):
        single = np.diag(profile.uniform(block))
        np.testing.assert_allclose(
            by_filter[:, block], model_scores(profile, single, variant), rtol=1e-5, atol=1e-8
        )
        layers = np.eye(len(profile.layers), dtype=int)[:, profile.unit_layer] * block
        np.testing.assert_allclose(
            by_layer[:, block], model_scores(profile, layers, variant), rtol=1e-5, atol=1e-8
        )


def test_many_assignments_are_taken_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    profile = PROFILES[False]
    choices = np.random.default_rng(0).integers(0, len(profile.blocks), (9, profile.units))
    whole = model_scores(profile, choices)
    monkeypatch.setattr("hawx_hw.scores.scores._PART", 2 * profile.logits.size)
    np.testing.assert_allclose(model_scores(profile, choices), whole, rtol=1e-9)


@pytest.mark.parametrize("corrected", [False, True])
def test_assignments_by_layer_unit_by_unit(corrected: bool) -> None:
    profile = PROFILES[corrected]
    rng = np.random.default_rng(1)
    layers = rng.integers(0, len(profile.blocks), (6, len(profile.layers)))
    choices = np.stack([profile.by_layer(row) for row in layers])
    result = shifted_logits(profile, choices)
    for choice, logits in zip(choices, result, strict=True):
        expected = profile.logits.copy()
        for unit, block in enumerate(choice):
            expected += profile.shifts[unit, block]
        np.testing.assert_allclose(logits, expected, rtol=1e-5, atol=1e-6)


def test_shifts_can_be_scaled() -> None:
    profile = PROFILES[False]
    choice = profile.uniform(1)
    np.testing.assert_array_equal(shifted_logits(profile, choice, scale=0)[0], profile.logits)
    full, half = (shifted_logits(profile, choice, scale=s)[0] for s in (1.0, 0.5))
    np.testing.assert_allclose(half - profile.logits, (full - profile.logits) / 2)


def test_losses() -> None:
    logits = np.log([[[0.2, 0.8], [0.5, 0.5]]])
    np.testing.assert_allclose(losses(logits, np.array([0, 1])), [-np.log([0.2, 0.5]).mean()])


def test_unknown_variants() -> None:
    for function in (filter_scores, layer_scores):
        with pytest.raises(ValueError, match="variant must be one of logits"):
            function(PROFILES[True], "nothing")
    with pytest.raises(ValueError, match="not 'nothing'"):
        model_scores(PROFILES[True], PROFILES[True].uniform(0), "nothing")
