"""Plots of a profile. The same profile gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import filter_scores
from hawx_hw.util.plotting import picture

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from hawx_hw.scores.predictor import AccuracyPredictor

__all__ = ["draw_accuracy", "draw_activations", "draw_filters", "draw_operations"]

_CODES = np.arange(-128, 128)
_PLOTS_ACROSS = 4
#: Least score that a heat map distinguishes from zero, as a share of the largest.
_LEAST = 1e-6


def draw_activations(profile: Profile, path: Path) -> None:
    """Draw the share of each code in the input of each layer, padding included.

    Parameters
    ----------
    profile : Profile
    path : Path
        A file ``.png`` or ``.svg``; so in all functions here.

    Raises
    ------
    UserError
        The file's name ends otherwise, or matplotlib is missing; so in all functions here.
    """
    with picture(path, _figure_size(len(profile.layers))) as figure:
        for axes, name, counts in zip(
            _subplots(figure, len(profile.layers)), profile.layers, profile.activations, strict=True
        ):
            axes.stairs(counts / counts.sum(), np.append(_CODES, 128) - 0.5, fill=True)
            axes.set_yscale("log")
            axes.set_title(name, fontsize=9)
        figure.supxlabel("activation code")
        figure.supylabel("share")


def draw_operations(profile: Profile, path: Path) -> None:
    """Draw the distribution of hawx(o) in each layer: the share of operations above a mean error.

    An operation is one weight with one block; its score is the mean absolute error of its product
    over the activations of its layer.
    """
    with picture(path, _figure_size(len(profile.layers))) as figure:
        subplots = _subplots(figure, len(profile.layers))
        for layer, (axes, name) in enumerate(zip(subplots, profile.layers, strict=True)):
            counts = profile.weights[layer]
            for block, label in enumerate(profile.blocks):
                values = profile.operation_absolute[layer, block]
                order = np.argsort(values)
                above = 1 - np.cumsum(counts[order]) / counts.sum()
                if values[counts > 0].any():
                    axes.step(values[order], np.maximum(above, 0), where="post", label=label)
            axes.set_xscale("symlog", linthresh=1)
            axes.set_title(name, fontsize=9)
        figure.supxlabel("hawx(o): mean absolute error of a product")
        figure.supylabel("share of operations above")
        handles, labels = subplots[0].get_legend_handles_labels()
        figure.legend(handles, labels, loc="outside right upper", fontsize=8)


def draw_filters(profile: Profile, path: Path, variant: str = "fidelity") -> None:
    """Draw hawx(f) of every unit with every block, a heat map for each layer on a common scale."""
    from matplotlib.colors import LogNorm

    scores = filter_scores(profile, variant)
    largest = float(scores.max())
    largest = largest if largest > 0 else 1.0
    norm = LogNorm(_LEAST * largest, largest)
    with picture(path, _figure_size(len(profile.layers))) as figure:
        subplots = _subplots(figure, len(profile.layers))
        image = None
        for layer, (axes, name) in enumerate(zip(subplots, profile.layers, strict=True)):
            of_layer = scores[profile.unit_layer == layer]
            image = axes.imshow(
                np.maximum(of_layer, _LEAST * largest).T,
                norm=norm,
                cmap="viridis",
                aspect="auto",
                interpolation="nearest",
            )
            axes.set_title(name, fontsize=9)
            labels = profile.blocks if layer % _PLOTS_ACROSS == 0 else [""] * len(profile.blocks)
            axes.set_yticks(range(len(profile.blocks)), labels, fontsize=7)
            axes.xaxis.get_major_locator().set_params(integer=True)
        figure.supxlabel("filter" if profile.unit_slice.max() == 0 else "filter, slice")
        assert image is not None
        figure.colorbar(image, ax=subplots, label=f"hawx(f), {variant}")


def draw_accuracy(
    scores: np.ndarray,
    accuracies: np.ndarray,
    predictor: AccuracyPredictor,
    path: Path,
) -> None:
    """Draw measured accuracies against hawx(model), and the prediction with its deviation.

    Parameters
    ----------
    scores : ndarray of float64
        ``(n,)``: scores of the evaluated assignments, from
        :func:`~hawx_hw.scores.predictor.expected_changes`.
    accuracies : ndarray of float64
        ``(n,)``, in [0, 1].
    predictor : AccuracyPredictor
    path : Path
    """
    line = np.geomspace(1e-2, max(1.0, float(scores.max())), 200)
    predicted, _ = predictor.predict(line)
    with picture(path, (6.4, 4.4)) as figure:
        axes = figure.add_subplot()
        low, high = predictor.interval(line)
        axes.fill_between(line, 100 * low, 100 * high, alpha=0.25, label="two standard deviations")
        axes.plot(line, 100 * predicted, label="predicted")
        axes.plot(scores, 100 * accuracies, "o", markersize=4, label="evaluated")
        axes.set_xscale("symlog", linthresh=0.1)
        axes.set_xlabel("hawx(model): images expected to change class, %")
        axes.set_ylabel("accuracy in %")
        axes.legend()


def _figure_size(count: int) -> tuple[float, float]:
    across = min(_PLOTS_ACROSS, count)
    return 2.6 * across + 2.2, 1.9 * -(-count // across) + 0.8


def _subplots(figure: Figure, count: int) -> list[Any]:
    across = min(_PLOTS_ACROSS, count)
    down = -(-count // across)
    return [figure.add_subplot(down, across, index + 1) for index in range(count)]
