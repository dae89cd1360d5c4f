"""The scores of a profile, as the report shows them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.report.html.content import HeatMap, LayerScoresContent, ScoresContent

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hawx_hw.scores.profile import Profile

__all__ = ["scores_content"]

#: Digits of a score: a colour has no more.
_DIGITS = 3
#: Points of a curve of operations.
_POINTS = 64
#: Units of a layer that a heat map shows; of more, evenly spaced ones.
_UNITS = 256


def scores_content(profile: Profile, images: int) -> ScoresContent:
    """Activations, operations and filters of each layer.

    Parameters
    ----------
    profile : Profile
    images : int
        That it was measured on.
    """
    from hawx_hw.scores.scores import filter_scores

    scores = filter_scores(profile, "fidelity")
    sliced = bool(profile.unit_slice.max() > 0)
    return ScoresContent(
        blocks=profile.blocks,
        layers=tuple(
            LayerScoresContent(
                name=name,
                activations=_rounded(profile.activations[layer] / profile.activations[layer].sum()),
                operations=_operations(profile, layer),
                filters=HeatMap(
                    scores=tuple(map(_rounded, _thinned(scores[profile.unit_layer == layer]).T))
                ),
            )
            for layer, name in enumerate(profile.layers)
        ),
        unit="slice of a filter" if sliced else "filter",
        images=images,
    )


def _operations(
    profile: Profile, layer: int
) -> dict[str, tuple[tuple[float, ...], tuple[float, ...]]]:
    """Mean absolute errors of products and the share of operations above, of blocks that err."""
    counts = profile.weights[layer]
    curves = {}
    for block, name in enumerate(profile.blocks):
        values = profile.operation_absolute[layer, block]
        if not values[counts > 0].any():
            continue
        order = np.argsort(values, kind="stable")
        above = np.maximum(1 - np.cumsum(counts[order]) / counts.sum(), 0)
        at = np.unique(np.linspace(0, len(order) - 1, _POINTS).astype(int))
        curves[name] = (_rounded(values[order][at]), _rounded(above[at]))
    return curves


def _thinned(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    if len(scores) <= _UNITS:
        return scores
    return scores[np.linspace(0, len(scores) - 1, _UNITS).astype(int)]


def _rounded(values: NDArray[np.float64]) -> tuple[float, ...]:
    return tuple(float(f"{value:.{_DIGITS}g}") for value in values.tolist())
