"""A picture of where a block errs."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np

from hawx_hw.blocks.block import CODES, Block
from hawx_hw.blocks.statistics import statistics
from hawx_hw.errors import UserError
from hawx_hw.files import write_bytes

__all__ = ["SUFFIXES", "write_heat_map"]

SUFFIXES = (".png", ".svg")


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
    if path.suffix not in SUFFIXES:
        raise UserError(
            f"A picture must be a file {' or '.join(SUFFIXES)}, not {path.name!r}", where="--plot"
        )
    try:
        import matplotlib as mpl
        from matplotlib.figure import Figure
    except ImportError as error:
        raise UserError(
            "Pictures need matplotlib, which is missing.",
            mend="Install it with: python -m pip install matplotlib",
        ) from error
    weights, activations = block.weights, block.activations
    exact = CODES[:, None].astype(np.int64) * CODES
    error_table = (block.table - exact)[
        weights.start + 128 : weights.stop + 128, activations.start + 128 : activations.stop + 128
    ]
    figures = statistics(block)
    limit = max(1, figures.wce)
    content = io.BytesIO()
    # Text as text, and no random identifiers.
    with mpl.rc_context({"svg.hashsalt": "hawx", "svg.fonttype": "none"}):
        figure = Figure(figsize=(6.4, 5.6), layout="constrained")
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
            f"{block.name}\nmean error {figures.mean_error:.2f}, MAE {figures.mae:.2f}, "
            f"WCE {figures.wce}",
            fontsize=10,
        )
        figure.colorbar(image, ax=axes, label="product - a b")
        # Neither the date nor the version of matplotlib.
        metadata = {"Date": None} if path.suffix == ".svg" else {"Software": None}
        figure.savefig(content, format=path.suffix[1:], dpi=144, metadata=metadata)
    write_bytes(path, content.getvalue())
