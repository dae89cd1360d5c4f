"""The description of a block for users and tools."""

from __future__ import annotations

from typing import Any

from hawx_hw.blocks.block import CODES, Block
from hawx_hw.blocks.catalogue import other_names
from hawx_hw.blocks.evoapprox import circuit_of
from hawx_hw.blocks.rank import integer_rank
from hawx_hw.blocks.statistics import ErrorMoments, statistics

__all__ = ["describe"]


def describe(block: Block, moments: ErrorMoments | None = None) -> dict[str, Any]:
    """Describe ``block``, for JSON: names, statistics, ranks, factors, codes, gateware.

    Parameters
    ----------
    block : Block
    moments : ErrorMoments or None
        Included in the description where given.
    """
    factors, published = block.factors(), circuit_of(block)
    content: dict[str, Any] = {
        "name": block.name,
        "digest": block.digest,
        "also": list(other_names(block)),
        "statistics": statistics(block).as_dict(),
        "rank": integer_rank(block.table),
        "error_rank": integer_rank(block.table - CODES[:, None] * CODES),
        "factors": None
        if factors is None
        else {
            "terms": int(factors[0].shape[1]),
            "weights": [int(factors[0].min()), int(factors[0].max())],
            "activations": [int(factors[1].min()), int(factors[1].max())],
        },
        "weights": [block.weights[0], block.weights[-1]],
        "activations": [block.activations[0], block.activations[-1]],
        "weight_step": block.weight_step,
        "activation_step": block.activation_step,
        "activation_offset": block.activation_offset,
        "product_bits": block.product_bits,
        "implementations": list(block.implementations),
    }
    if published is not None:
        content["published"] = {
            "process": "45 nm",
            "power_mw": published.power_mw,
            "area_um2": published.area_um2,
            "delay_ns": published.delay_ns,
        }
    if moments is not None:
        content["on_histograms"] = {"mean_error": moments.mean_error, "variance": moments.variance}
    return content
