"""A heat map of the errors of a block."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from hawx_hw.blocks.block import CODES, Block
from hawx_hw.blocks.statistics import statistics
from hawx_hw.util.plotting import picture

__all__ = ["write_heat_map"]


def write_heat_map(block: Block, path: Path) -> None:
    """Draw the error ``product - a * b`` of every pair of codes that the block accepts.

    The scale is symmetric, so that white is exact. The same block gives the same bytes.

    Parameters
    ----------
    block : Block
    path : Path
        Ends with ``.png`` or ``.svg``.

    Raises
    ------
    UserError
        The file's name ends otherwise, or matplotlib is missing.
    """
    weights, activations = block.weights, block.activations
    exact = CODES[:, None].astype(np.int64) * CODES
    error_table = (block.table - exact)[
        weights.start + 128 : weights.stop + 128, activations.start + 128 : activations.stop + 128
    ]
    metrics = statistics(block)
    limit = max(1, metrics.wce)
    with picture(path, (6.4, 5.6), where="--plot") as figure:
        axes = figure.add_subplot()
        image = axes.imshow(
            error_table,
            cmap="RdBu_r",
            vmin=-limit,
            vmax=limit,
            origin="lower",
            interpolation="nearest",
            aspect="auto",
            extent=(
                activations.start - 0.5,
                activations.stop - 0.5,
                weights.start - 0.5,
                weights.stop - 0.5,
            ),
        )
        axes.set_xlabel("activation b")
        axes.set_ylabel("weight a")
        axes.set_title(
            f"{block.name}\nmean error {metrics.mean_error:.2f}, MAE {metrics.mae:.2f}, "
            f"WCE {metrics.wce}",
            fontsize=10,
        )
        figure.colorbar(image, ax=axes, label="product - a b")
